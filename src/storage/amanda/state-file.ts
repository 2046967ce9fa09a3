// The state of a changer on disk: read, changed and written again under the lock that stock Amanda takes on the file itself. It is written in place, as stock does:
// who waits for the lock has the file open already, and would read an old one that was replaced. A crash in the middle leaves a file that is not understood, which
// is read as an empty one: all in it can be found out again.

import { readFile, type Disk } from '../../kernel/disk.ts'
import { systemErrorCode } from '../../kernel/fault.ts'
import { formatChangerState, parseChangerState, type StateTable, type StateValue } from '../../wire/amanda/changer-state.ts'

/** Runs `work` while no other program of Amanda has the file at `path`, which is made when it is missing. */
export type WithFileLock = <T>(path: string, work: () => Promise<T>) => Promise<T>

/** Whose current slot is meant: that of a configuration, a storage and a changer. */
export interface SlotOwner {
  readonly config: string
  readonly storage: string
  readonly changer: string
}

const STATE_BYTES_MAX = 4 * 1024 * 1024

export class ChangerStateFile {
  readonly #disk: Disk
  readonly #path: string
  readonly #lock: WithFileLock

  constructor(disk: Disk, path: string, lock: WithFileLock) {
    this.#disk = disk
    this.#path = path
    this.#lock = lock
  }

  /** Gives `change` what the file says; it may change the table. Written back when `isChanged` or the file is missing. */
  change<T>(change: (state: Map<string, StateValue>) => Promise<T> | T): Promise<T> {
    return this.#lock(this.#path, async () => {
      const text = await this.#read()
      const state = tableOf(text)
      const result = await change(state)
      const written = formatChangerState(state)
      if (written !== text) await this.#write(written)
      return result
    })
  }

  async #read(): Promise<string> {
    try {
      return (await readFile(this.#disk, this.#path, STATE_BYTES_MAX)).toString('latin1')
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT') return ''
      throw error
    }
  }

  async #write(text: string): Promise<void> {
    await using file = await this.#disk.open(this.#path, 'update')
    const bytes = Buffer.from(text, 'latin1')
    await file.write([bytes], 0)
    await file.truncate(bytes.length)
    await file.sync()
  }
}

function tableOf(text: string): Map<string, StateValue> {
  try {
    return new Map(parseChangerState(text))
  } catch {
    return new Map()
  }
}

const OWNER_KEYS = (owner: SlotOwner): readonly string[] => ['config', owner.config, 'storage', owner.storage, 'changer']

/** The table below `keys`, made where it is missing, so that it can be changed. */
export function tableAt(state: Map<string, StateValue>, keys: readonly string[]): Map<string, StateValue> {
  let at = state
  for (const key of keys) {
    const found = at.get(key)
    const next = new Map(found instanceof Map ? (found as StateTable) : [])
    at.set(key, next)
    at = next
  }
  return at
}

/** The slot or device that is current in the table `root` of the state; undefined where nothing was said. */
export function currentIn(state: Map<string, StateValue>, root: string, isShort: boolean, owner: SlotOwner): string | undefined {
  const keys = isShort ? OWNER_KEYS(owner).slice(1) : OWNER_KEYS(owner)
  let at: StateValue = state.get(root)
  for (const key of [...keys, owner.changer]) at = at instanceof Map ? (at as StateTable).get(key) : undefined
  return typeof at === 'string' ? at : undefined
}

/** The table of an owner below `root`, which is there as soon as the changer was asked for anything. */
export function ownerTable(state: Map<string, StateValue>, root: string, isShort: boolean, owner: SlotOwner): Map<string, StateValue> {
  return tableAt(state, [root, ...(isShort ? OWNER_KEYS(owner).slice(1) : OWNER_KEYS(owner))])
}

export function setCurrentIn(state: Map<string, StateValue>, root: string, isShort: boolean, owner: SlotOwner, value: string): void {
  ownerTable(state, root, isShort, owner).set(owner.changer, value)
}
