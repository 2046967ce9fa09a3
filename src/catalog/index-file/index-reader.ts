// Reads the index file of a dump: all lines in order, one directory, or the lines from a place on, found by bisection. Only the block
// table and a few blocks are in memory. Every block's checksum is checked. Format: docs/formats/index-file.md.

import type { Disk, DiskFile } from '../../kernel/disk.ts'
import { Fault } from '../../kernel/fault.ts'
import { plainIndexLine } from '../../wire/tar/index-entry.ts'
import { IndexCursor, type BlockReader } from './index-cursor.ts'
import { decodeBlock, decodeFooter, decodeTable, FOOTER_BYTES, type IndexTable } from './index-format.ts'

/** A walk goes to and fro between a few places, such as a directory and what it was renamed from. */
const CACHED_BLOCKS = 4

export class IndexReader implements AsyncDisposable, BlockReader {
  readonly #file: DiskFile
  readonly #path: string
  readonly #table: IndexTable
  /** The one that was of use last is the last. */
  #cache: { readonly block: number; readonly lines: readonly string[] }[] = []

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

  /** A cursor at the end; `seek` moves it. */
  cursor(): IndexCursor {
    return new IndexCursor(this)
  }

  /** Whole lines, from the first whose name is not less than `from` (default: all), in order. */
  async *linesFrom(from = ''): AsyncGenerator<string> {
    const cursor = this.cursor()
    await cursor.seek(from)
    while (cursor.line !== undefined) {
      yield cursor.line
      if (!cursor.advance()) await cursor.fill()
    }
  }

  /** Whether there is a line of this very name, be it of something that is gone. */
  async has(name: string): Promise<boolean> {
    const cursor = this.cursor()
    await cursor.seek(name)
    return cursor.line !== undefined && plainIndexLine(cursor.line) === name
  }

  /**
   * What lies directly in `directory` (`/` or `/a/b/`), in order: whole lines as they stand, and of a directory that appears only as a part of longer lines
   * its name with a slash. Costs a bisection for each sub-directory, not a read of what is below it.
   */
  async *list(directory: string): AsyncGenerator<string> {
    const prefix = directory.endsWith('/') ? directory : `${directory}/`
    const cursor = this.cursor()
    await cursor.seek(prefix)
    for (let line = cursor.line; line !== undefined && line.startsWith(prefix); line = cursor.line) {
      const name = plainIndexLine(line)
      const slash = name.indexOf('/', prefix.length)
      if (slash < 0) {
        if (name !== prefix) yield line
        if (!cursor.advance()) await cursor.fill()
        continue
      }
      const child = name.slice(0, slash + 1)
      yield name === child ? line : child
      // `0` is the byte after `/`: the first line that is not below the child.
      await cursor.seek(`${child.slice(0, -1)}0`)
    }
  }

  get blockCount(): number {
    return this.#table.blocks.length
  }

  firstName(block: number): string {
    return this.#table.blocks[block]?.firstName ?? ''
  }

  cached(block: number): readonly string[] | undefined {
    const last = this.#cache.at(-1)
    if (last?.block === block) return last.lines
    const found = this.#cache.findIndex((each) => each.block === block)
    if (found < 0) return undefined
    this.#cache.push(...this.#cache.splice(found, 1))
    return this.#cache.at(-1)?.lines
  }

  async load(index: number): Promise<readonly string[]> {
    const block = this.#table.blocks[index]
    if (block === undefined) return []
    const lines = decodeBlock(await readExactly(this.#file, block.offset, block.bytes, this.#path), block.crc, this.#path)
    // A search in lines that are out of order may never end.
    if (!isInPlace(lines, block.firstName, this.#table.blocks[index + 1]?.firstName)) throw new Fault('index-damaged', `${this.#path}: block ${index} is out of order`)
    this.#cache = [...this.#cache.filter((each) => each.block !== index).slice(1 - CACHED_BLOCKS), { block: index, lines }]
    return lines
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#file.close()
  }
}

/** Whether `lines` ascend, begin with the name `first` and end no later than the name `next`. */
function isInPlace(lines: readonly string[], first: string, next: string | undefined): boolean {
  let last: string | undefined
  for (const line of lines) {
    if (last === undefined ? plainIndexLine(line) !== first : line <= last) return false
    last = line
  }
  return last !== undefined && (next === undefined || plainIndexLine(last) <= next)
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
