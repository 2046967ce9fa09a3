// Sorts more lines than fit into memory: lines are gathered, sorted and written as runs beside the index; runs of one tier are merged
// into one of the next, so that every line is written a logarithmic number of times. Runs are scratch files and are never synced. Lines
// wait as bytes, outside of the engine's heap, and are strings only while they are sorted or compared: twenty dumps index at once.

import type { Disk, DiskFile } from '../../kernel/disk.ts'
import { LineBuffer } from '../../kernel/line-buffer.ts'

/** Sorting more at once would stop the event loop for longer than a few tens of milliseconds. */
const GATHER_BYTES = 256 * 1024
const GATHER_BYTES_FIRST = 16 * 1024
/** Runs of one tier. With the tiers of a hundred million names, a merge reads from some sixty files at most. */
const FAN_IN = 16
/** Buffer of one run in a merge; it grows for a longer line. */
const READ_BYTES = 16 * 1024
const LINE_FEED = 10

export class SortedRuns {
  readonly #disk: Disk
  readonly #prefix: string
  readonly #gathered = new LineBuffer({ bytesFirst: GATHER_BYTES_FIRST, bytesUsual: GATHER_BYTES })
  /** Paths of runs by tier. */
  readonly #tiers: string[][] = []
  readonly #made = new Set<string>()
  #nextRun = 0

  /** Runs are written to files whose names begin with `prefix`. */
  constructor(disk: Disk, prefix: string) {
    this.#disk = disk
    this.#prefix = prefix
  }

  /** Gathers `line`, a string of bytes (latin1). When it returns true, `spill` must be awaited before the next call. */
  add(line: string): boolean {
    return this.#gathered.add(line) >= GATHER_BYTES
  }

  /** Writes what was gathered as a run. */
  async spill(): Promise<void> {
    // Made into bytes at once, where the lines lay before: sorting changes no byte but their places.
    for (const line of this.#takeGathered()) this.#gathered.add(line)
    await this.#store(0, async (file) => {
      await file.write([this.#gathered.take()], 0)
    })
  }

  /** All lines in order, duplicates left out. The runs stay until `discard`. */
  async *sorted(): AsyncGenerator<readonly string[]> {
    const runs = this.#tiers.flat()
    if (runs.length > 0 && this.#gathered.bytes > 0) await this.spill()
    const lines = this.#takeGathered()
    this.#gathered.release()
    yield* merge([new MemoryCursor(lines), ...this.#tiers.flat().map((path) => new RunCursor(this.#disk, path))])
  }

  /** Removes the runs. Never rejects. */
  async discard(): Promise<void> {
    this.#gathered.release()
    for (const path of this.#made) await this.#disk.remove(path).catch(() => undefined)
    this.#made.clear()
  }

  #takeGathered(): readonly string[] {
    if (this.#gathered.bytes === 0) return []
    const lines = this.#gathered.take().toString('latin1').slice(0, -1).split('\n')
    // The engine's own order of strings is the order of their bytes, as they are latin1.
    return lines.sort()
  }

  async #store(tier: number, write: (file: DiskFile) => Promise<void>): Promise<void> {
    const path = `${this.#prefix}${this.#nextRun++}`
    this.#made.add(path)
    {
      await using file = await this.#disk.open(path, 'create')
      await write(file)
    }
    const runs = (this.#tiers[tier] ??= [])
    runs.push(path)
    if (runs.length < FAN_IN) return
    await this.#store(tier + 1, (file) => writeLines(file, merge(runs.map((run) => new RunCursor(this.#disk, run)))))
    for (const run of runs.splice(0)) {
      await this.#disk.remove(run)
      this.#made.delete(run)
    }
  }
}

async function writeLines(file: DiskFile, lines: AsyncIterable<readonly string[]>): Promise<void> {
  let position = 0
  let buffer = Buffer.alloc(0)
  for await (const batch of lines) {
    const text = `${batch.join('\n')}\n`
    if (text.length > buffer.length) buffer = Buffer.allocUnsafeSlow(2 * text.length)
    const bytes = buffer.write(text, 'latin1')
    await file.write([buffer.subarray(0, bytes)], position)
    position += bytes
  }
}

export function compareLines(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Few, for the same reason. */
const BATCH_LINES = 256

/** A sorted sequence that is read in steps: `line` is its head; undefined means that `fill` must be awaited or that it is over. */
interface Cursor {
  line: string | undefined
  /** Drops the head. Returns whether a new head is there without waiting. */
  advance(): boolean
  /** Loads more; afterwards `line` is undefined only at the end. */
  fill(): Promise<void>
  close(): Promise<void>
}

class MemoryCursor implements Cursor {
  line: string | undefined
  readonly #lines: readonly string[]
  #index = 0

  constructor(lines: readonly string[]) {
    this.#lines = lines
    this.line = lines[0]
  }

  advance(): boolean {
    this.line = this.#lines[++this.#index]
    return this.line !== undefined
  }

  fill(): Promise<void> {
    return Promise.resolve()
  }

  close(): Promise<void> {
    return Promise.resolve()
  }
}

class RunCursor implements Cursor {
  line: string | undefined
  readonly #disk: Disk
  readonly #path: string
  #file: DiskFile | undefined
  #position = 0
  #buffer = Buffer.alloc(0)
  /** What of the buffer is not told yet. */
  #start = 0
  #end = 0

  constructor(disk: Disk, path: string) {
    this.#disk = disk
    this.#path = path
  }

  advance(): boolean {
    const feed = this.#buffer.indexOf(LINE_FEED, this.#start)
    if (feed < 0 || feed >= this.#end) {
      this.line = undefined
      return false
    }
    // A string of its own: a piece of a longer one would keep all of it in memory.
    this.line = this.#buffer.toString('latin1', this.#start, feed)
    this.#start = feed + 1
    return true
  }

  async fill(): Promise<void> {
    this.#file ??= await this.#disk.open(this.#path, 'read')
    while (this.line === undefined) {
      this.#makeRoom()
      const count = await this.#file.read(this.#buffer.subarray(this.#end), this.#position)
      if (count === 0) return
      this.#position += count
      this.#end += count
      this.advance()
    }
  }

  async close(): Promise<void> {
    await this.#file?.close()
  }

  /** Moves the rest to the front; into a larger buffer when it fills this one. */
  #makeRoom(): void {
    const rest = this.#end - this.#start
    const target = rest < this.#buffer.length ? this.#buffer : Buffer.allocUnsafeSlow(Math.max(READ_BYTES, 2 * rest))
    this.#buffer.copy(target, 0, this.#start, this.#end)
    this.#buffer = target
    this.#start = 0
    this.#end = rest
  }
}

async function* merge(cursors: readonly Cursor[]): AsyncGenerator<readonly string[]> {
  try {
    const live: Cursor[] = []
    for (const cursor of cursors) {
      if (cursor.line === undefined) await cursor.fill()
      if (cursor.line !== undefined) live.push(cursor)
    }
    live.sort((a, b) => compareLines(a.line ?? '', b.line ?? ''))
    let last: string | undefined
    let batch: string[] = []
    for (let head = live[0]; head !== undefined; head = live[0]) {
      if (head.line !== last && head.line !== undefined) batch.push((last = head.line))
      if (!head.advance()) await head.fill()
      if (head.line === undefined) live.shift()
      else sink(live)
      if (batch.length >= BATCH_LINES) {
        yield batch
        batch = []
      }
    }
    if (batch.length > 0) yield batch
  } finally {
    for (const cursor of cursors) await cursor.close()
  }
}

/** Moves the first cursor to its place among the others, which are in order. */
function sink(live: Cursor[]): void {
  const moved = live[0]
  const line = moved?.line
  if (moved === undefined || line === undefined) return
  let index = 0
  for (; index + 1 < live.length; index++) {
    const next = live[index + 1]
    if (next === undefined || compareLines(next.line ?? '', line) >= 0) break
    live[index] = next
  }
  live[index] = moved
}
