// Sorts more lines than fit into memory: lines are gathered, sorted and written as runs beside the index; runs of one tier are merged
// into one of the next, so that every line is written a logarithmic number of times. Runs are scratch files and are never synced.

import type { Disk, DiskFile } from '../../kernel/disk.ts'

/** Sorting more at once would stop the event loop for longer than a few tens of milliseconds. */
const GATHER_BYTES = 2 * 1024 * 1024
const FAN_IN = 32
const READ_BYTES = 64 * 1024
const WRITE_BYTES = 256 * 1024

export class SortedRuns {
  readonly #disk: Disk
  readonly #prefix: string
  #gathered: string[] = []
  #gatheredBytes = 0
  /** Paths of runs by tier. */
  readonly #tiers: string[][] = []
  readonly #made = new Set<string>()
  #nextRun = 0

  /** Runs are written to files whose names begin with `prefix`. */
  constructor(disk: Disk, prefix: string) {
    this.#disk = disk
    this.#prefix = prefix
  }

  /** Gathers `line`. When it returns true, `spill` must be awaited before the next call. */
  add(line: string): boolean {
    this.#gathered.push(line)
    // A string costs some forty bytes besides its characters.
    this.#gatheredBytes += line.length + 40
    return this.#gatheredBytes >= GATHER_BYTES
  }

  /** Writes what was gathered as a run. */
  async spill(): Promise<void> {
    const lines = this.#gathered.sort(compareLines)
    this.#gathered = []
    this.#gatheredBytes = 0
    await this.#store(0, batches(lines))
  }

  /** All lines in order, duplicates left out. The runs stay until `discard`. */
  async *sorted(): AsyncGenerator<readonly string[]> {
    const lines = this.#gathered.sort(compareLines)
    const cursors = [new MemoryCursor(lines), ...this.#tiers.flat().map((path) => new RunCursor(this.#disk, path))]
    yield* merge(cursors)
  }

  /** Removes the runs. Never rejects. */
  async discard(): Promise<void> {
    this.#gathered = []
    for (const path of this.#made) await this.#disk.remove(path).catch(() => undefined)
    this.#made.clear()
  }

  async #store(tier: number, lines: AsyncIterable<readonly string[]> | Iterable<readonly string[]>): Promise<void> {
    const path = `${this.#prefix}${this.#nextRun++}`
    await this.#write(path, lines)
    const runs = (this.#tiers[tier] ??= [])
    runs.push(path)
    if (runs.length < FAN_IN) return
    await this.#store(tier + 1, merge(runs.map((run) => new RunCursor(this.#disk, run))))
    for (const run of runs.splice(0)) {
      await this.#disk.remove(run)
      this.#made.delete(run)
    }
  }

  async #write(path: string, lines: AsyncIterable<readonly string[]> | Iterable<readonly string[]>): Promise<void> {
    this.#made.add(path)
    await using file = await this.#disk.open(path, 'create')
    let position = 0
    let text = ''
    const flush = async (): Promise<void> => {
      const bytes = Buffer.from(text, 'latin1')
      text = ''
      await file.write([bytes], position)
      position += bytes.length
    }
    for await (const batch of lines) {
      text += `${batch.join('\n')}\n`
      if (text.length >= WRITE_BYTES) await flush()
    }
    if (text !== '') await flush()
  }
}

export function compareLines(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

const BATCH_LINES = 1024

function* batches(lines: readonly string[]): Generator<readonly string[]> {
  for (let start = 0; start < lines.length; start += BATCH_LINES) yield lines.slice(start, start + BATCH_LINES)
}

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
  #rest = ''
  #lines: string[] = []
  #index = 0

  constructor(disk: Disk, path: string) {
    this.#disk = disk
    this.#path = path
  }

  advance(): boolean {
    this.line = this.#lines[++this.#index]
    return this.line !== undefined
  }

  async fill(): Promise<void> {
    this.#file ??= await this.#disk.open(this.#path, 'read')
    const buffer = Buffer.allocUnsafe(READ_BYTES)
    while (this.line === undefined) {
      const count = await this.#file.read(buffer, this.#position)
      if (count === 0) return
      this.#position += count
      this.#lines = (this.#rest + buffer.toString('latin1', 0, count)).split('\n')
      this.#rest = this.#lines.pop() ?? ''
      this.#index = 0
      this.line = this.#lines[0]
    }
  }

  async close(): Promise<void> {
    await this.#file?.close()
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
