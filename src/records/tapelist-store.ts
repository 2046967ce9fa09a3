// The tapelist of an Amanda configuration, which stock programs read and write meanwhile: changes are made under the lock that they use. The order of calls is
// theirs: lock, read, write a new file, take the link `tapelist.last_write` away, put the new file in place, set the link to the process that wrote.
// Format: docs/formats/tapelist.md.

import { parentOf, type Disk } from '../kernel/disk.ts'
import type { Clock } from '../kernel/clock.ts'
import { formatTapelist, parseTapelist, type TapelistEntry } from '../wire/amanda/tapelist.ts'
import { readRecord } from './record-file.ts'
import { withRecordLock, type TryLock } from './record-lock.ts'

export interface TapelistMachine {
  readonly disk: Disk
  readonly clock: Clock
  readonly tryLock: TryLock
  readonly pid: number
  readonly signal?: AbortSignal
}

export class TapelistStore {
  readonly #machine: TapelistMachine
  readonly #path: string

  constructor(machine: TapelistMachine, path: string) {
    this.#machine = machine
    this.#path = path
  }

  /** The volumes, newest first; none when there is no file. Rejects with `record-damaged`. */
  async read(): Promise<TapelistEntry[]> {
    return (await readRecord(this.#machine.disk, this.#path, parseTapelist)) ?? []
  }

  /**
   * Gives `change` what the list says while nobody else can change it, and writes what it returns; undefined: nothing is to be written. Durable when it
   * resolves. Rejects with `record-locked` and `record-damaged`; the file is then as it was.
   */
  async change(change: (entries: readonly TapelistEntry[]) => readonly TapelistEntry[] | undefined): Promise<void> {
    await withRecordLock(this.#machine, `${this.#path}.lock`, async () => {
      const changed = change(await this.read())
      if (changed !== undefined) await this.#write(changed)
    })
  }

  async #write(entries: readonly TapelistEntry[]): Promise<void> {
    const { disk, clock, pid } = this.#machine
    const temporary = `${this.#path}-new-${Math.floor(clock.wallMs() / 1000)}`
    {
      await using file = await disk.open(temporary, 'create')
      await file.write([Buffer.from(formatTapelist(entries), 'utf8')], 0)
      await file.sync()
    }
    await disk.remove(`${this.#path}.last_write`)
    await disk.rename(temporary, this.#path)
    await disk.symlink(String(pid), `${this.#path}.last_write`)
    await disk.syncDir(parentOf(this.#path))
  }
}
