// Reads the index file of a dump: all lines in order, one directory, or the lines from a place on, found by bisection. Only the block
// table and one block are in memory. Every block's checksum is checked. Format: docs/formats/index-file.md.

import type { Disk, DiskFile } from '../../kernel/disk.ts'
import { Fault } from '../../kernel/fault.ts'
import { decodeBlock, decodeFooter, decodeTable, FOOTER_BYTES, type IndexTable } from './index-format.ts'
import { compareLines } from './sorted-runs.ts'

export class IndexReader implements AsyncDisposable {
  readonly #file: DiskFile
  readonly #path: string
  readonly #table: IndexTable
  #cached: { readonly block: number; readonly lines: readonly string[] } | undefined

  constructor(file: DiskFile, path: string, table: IndexTable) {
    this.#file = file
    this.#path = path
    this.#table = table
  }

  /** Rejects with `file-missing` (as the disk's ENOENT) or `index-damaged`. */
  static async open(disk: Disk, path: string): Promise<IndexReader> {
    const file = await disk.open(path, 'read')
    try {
      const bytes = await file.size()
      if (bytes < FOOTER_BYTES) throw new Fault('index-damaged', `${path} is too short`)
      const footer = decodeFooter(await readExactly(file, bytes - FOOTER_BYTES, FOOTER_BYTES, path), bytes, path)
      return new IndexReader(file, path, decodeTable(await readExactly(file, footer.tableOffset, footer.tableBytes, path), footer, path))
    } catch (error) {
      await file.close()
      throw error
    }
  }

  get lineCount(): number {
    return this.#table.lineCount
  }

  /** Lines from the first that is not less than `from` (default: all), in order. */
  async *linesFrom(from = ''): AsyncGenerator<string> {
    for await (const lines of this.#blocksFrom(from)) yield* lines
  }

  /** Whether this very line is in the index. */
  async has(line: string): Promise<boolean> {
    for await (const found of this.linesFrom(line)) return found === line
    return false
  }

  /**
   * What lies directly in `directory` (`/` or `/a/b/`), in order: files as they stand, directories with their slash. Directories that
   * appear only as a part of a longer line are given too. Costs a bisection for each sub-directory, not a read of what is below it.
   */
  async *list(directory: string): AsyncGenerator<string> {
    const prefix = directory.endsWith('/') ? directory : `${directory}/`
    let from = prefix
    search: for (;;) {
      for await (const line of this.linesFrom(from)) {
        if (!line.startsWith(prefix)) return
        const rest = line.slice(prefix.length)
        if (rest === '') continue
        const slash = rest.indexOf('/')
        if (slash < 0) {
          yield line
          continue
        }
        const child = prefix + rest.slice(0, slash + 1)
        yield child
        // `0` is the byte after `/`: the first line that is not below the child.
        from = `${child.slice(0, -1)}0`
        continue search
      }
      return
    }
  }

  async *#blocksFrom(from: string): AsyncGenerator<readonly string[]> {
    const { blocks } = this.#table
    let low = 0
    let high = blocks.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (compareLines(blocks[middle]?.firstLine ?? '', from) <= 0) low = middle + 1
      else high = middle
    }
    for (let index = Math.max(0, low - 1); index < blocks.length; index++) {
      const lines = await this.#load(index)
      const start = lowerBound(lines, from)
      if (start < lines.length) yield start === 0 ? lines : lines.slice(start)
    }
  }

  async #load(index: number): Promise<readonly string[]> {
    if (this.#cached?.block === index) return this.#cached.lines
    const block = this.#table.blocks[index]
    if (block === undefined) return []
    const lines = decodeBlock(await readExactly(this.#file, block.offset, block.bytes, this.#path), block.crc, this.#path)
    // A search in lines that are out of order may never end.
    if (!isInPlace(lines, block.firstLine, this.#table.blocks[index + 1]?.firstLine)) throw new Fault('index-damaged', `${this.#path}: block ${index} is out of order`)
    this.#cached = { block: index, lines }
    return lines
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close()
  }
}

/** Whether `lines` ascend, begin with `first` and end before `next`. */
function isInPlace(lines: readonly string[], first: string, next: string | undefined): boolean {
  let last: string | undefined
  for (const line of lines) {
    if (last === undefined ? line !== first : line <= last) return false
    last = line
  }
  return last !== undefined && (next === undefined || last < next)
}

function lowerBound(lines: readonly string[], from: string): number {
  let low = 0
  let high = lines.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (compareLines(lines[middle] ?? '', from) < 0) low = middle + 1
    else high = middle
  }
  return low
}

async function readExactly(file: DiskFile, position: number, bytes: number, path: string): Promise<Uint8Array> {
  const fileBytes = await file.size()
  if (position + bytes > fileBytes) throw new Fault('index-damaged', `${path} is too short`)
  const target = Buffer.allocUnsafe(bytes)
  let filled = 0
  while (filled < bytes) {
    const count = await file.read(target.subarray(filled), position + filled)
    if (count === 0) throw new Fault('index-damaged', `${path} is too short`)
    filled += count
  }
  return target
}
