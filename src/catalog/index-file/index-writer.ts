// Writes the index file of a dump from lines in any order, in bounded memory. The file has its name only when all of it is durable.
// Format: docs/formats/index-file.md.

import { assert } from '../../kernel/assert.ts'
import type { ByteSource } from '../../kernel/byte-stream.ts'
import { parentOf, type Disk } from '../../kernel/disk.ts'
import { plainIndexLine } from '../../wire/tar/index-entry.ts'
import { BLOCK_BYTES, crcOf, encodeBlock, encodeTail, INDEX_MAGIC, LINE_BYTES_MAX, type IndexBlock } from './index-format.ts'
import { SortedRuns } from './sorted-runs.ts'

const LINE_FEED = 10

export interface IndexWriter {
  /** Adds one line without its newline. Lines that do not begin with `/` are left out, as Amanda does; so are those that are too long. */
  add(line: string): Promise<void>
  /** Sorts and writes the file; durable and named when it resolves. */
  finish(): Promise<IndexTotals>
  /** Removes what was written. Never rejects. */
  abandon(): Promise<void>
}

export interface IndexTotals {
  readonly lineCount: number
  readonly leftOut: number
  readonly bytes: number
}

/** Starts the index that will lie at `path`. Ends with `finish` or `abandon`. Lines are bytes as latin1 strings. */
export async function createIndexWriter(disk: Disk, path: string): Promise<IndexWriter> {
  await disk.makeDir(parentOf(path))
  const runs = new SortedRuns(disk, `${path}.run`)
  const temporary = `${path}.tmp`
  let leftOut = 0
  let isEnded = false
  return {
    async add(line) {
      assert(!isEnded, 'a line for an index that has ended')
      if (!line.startsWith('/') || line.length > LINE_BYTES_MAX || line.includes('\n')) leftOut++
      else if (runs.add(line)) await runs.spill()
    },
    async finish() {
      assert(!isEnded, 'an index ends once')
      isEnded = true
      try {
        const totals = await writeFile(disk, temporary, runs)
        await disk.rename(temporary, path)
        await disk.syncDir(parentOf(path))
        return { ...totals, leftOut }
      } catch (error) {
        await disk.remove(temporary).catch(() => undefined)
        throw error
      } finally {
        await runs.discard()
      }
    },
    async abandon() {
      isEnded = true
      await runs.discard()
      await disk.remove(temporary).catch(() => undefined)
    },
  }
}

async function writeFile(disk: Disk, temporary: string, runs: SortedRuns): Promise<{ lineCount: number; bytes: number }> {
  await using file = await disk.open(temporary, 'create')
  const blocks: IndexBlock[] = []
  let position = INDEX_MAGIC.length
  let lineCount = 0
  const text = Buffer.allocUnsafeSlow(BLOCK_BYTES + LINE_BYTES_MAX + 1)
  let textBytes = 0
  let firstName = ''
  await file.write([INDEX_MAGIC], 0)
  const flush = async (): Promise<void> => {
    if (textBytes === 0) return
    const bytes = encodeBlock(text.subarray(0, textBytes))
    await file.write([bytes], position)
    blocks.push({ offset: position, bytes: bytes.length, crc: crcOf(bytes), firstName })
    position += bytes.length
    textBytes = 0
  }
  for await (const batch of runs.sorted()) {
    for (const line of batch) {
      if (textBytes === 0) firstName = plainIndexLine(line)
      textBytes += text.write(line, textBytes, 'latin1')
      text[textBytes++] = LINE_FEED
      lineCount++
      if (textBytes >= BLOCK_BYTES) await flush()
    }
  }
  await flush()
  const tail = encodeTail({ blocks, lineCount }, position)
  await file.write([tail], position)
  await file.sync()
  return { lineCount, bytes: position + tail.length }
}

/**
 * Adds every line of an INDEX stream, in pieces cut anywhere. A line that is longer than any name is left out whole. Rejects with the
 * fault the stream ended with; the writer is then still to be ended by the caller.
 */
export async function addIndexStream(writer: IndexWriter, source: ByteSource): Promise<void> {
  let rest = ''
  let isOverlong = false
  for (let piece = await source.read(); piece !== null; piece = await source.read()) {
    const lines = (rest + Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength).toString('latin1')).split('\n')
    rest = lines.pop() ?? ''
    for (const line of lines) {
      if (isOverlong) isOverlong = false
      else if (line !== '') await writer.add(withTabsEscaped(line))
    }
    if (rest.length > LINE_BYTES_MAX) {
      // The tail of a line whose head is dropped here; adding the head counts it as left out.
      if (!isOverlong) await writer.add(rest)
      isOverlong = true
      rest = ''
    }
  }
  if (rest !== '' && !isOverlong) await writer.add(withTabsEscaped(rest))
}

/** Programs that write names as they are would have them cut at a tab. */
function withTabsEscaped(line: string): string {
  const tab = line.indexOf('\t')
  return tab < 0 || ATTRIBUTES.test(line.slice(tab, tab + 4)) ? line : line.replaceAll('\t', '\\t')
}

const ATTRIBUTES = /^\t[fdlhcbpw] [-\d]/
