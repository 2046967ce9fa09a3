// The orders that programs of Amanda leave for each other. The file itself is the lock, as stock Amanda has it, so it is written in place: a new file in its place
// would have another lock. Orders of processes that have died are taken for nobody's. Format: docs/formats/command-file.md.

import type { Clock } from '../kernel/clock.ts'
import type { Disk } from '../kernel/disk.ts'
import { formatCommandFile, parseCommandFile, type AmandaOrder, type CommandFile } from '../wire/amanda/command-file.ts'
import { readRecord } from './record-file.ts'
import { withRecordLock, type TryLock } from './record-lock.ts'

export interface CommandMachine {
  readonly disk: Disk
  readonly clock: Clock
  readonly tryLock: TryLock
  readonly isAlive: (pid: number) => boolean
  readonly signal?: AbortSignal
}

export class CommandStore {
  readonly #machine: CommandMachine
  readonly #path: string

  constructor(machine: CommandMachine, path: string) {
    this.#machine = machine
    this.#path = path
  }

  /** Rejects with `record-damaged`. */
  async read(): Promise<CommandFile> {
    const { lastId, orders } = (await readRecord(this.#machine.disk, this.#path, parseCommandFile)) ?? { lastId: 0, orders: [] }
    const { isAlive } = this.#machine
    return { lastId, orders: orders.map((order) => (order.workingPid === 0 || isAlive(order.workingPid) ? order : { ...order, workingPid: 0 })) }
  }

  /** Gives `change` the orders while nobody else can change them, and writes what it returns; undefined: nothing is to be written. Durable when it resolves. */
  async change(change: (file: CommandFile) => CommandFile | undefined): Promise<void> {
    const { disk } = this.#machine
    await withRecordLock(this.#machine, this.#path, async () => {
      const changed = change(await this.read())
      if (changed === undefined) return
      const bytes = Buffer.from(formatCommandFile(changed), 'utf8')
      await using file = await disk.open(this.#path, 'update')
      await file.write([bytes], 0)
      await file.truncate(bytes.length)
      await file.sync()
    })
  }

  /** Adds an order under a new number, which is returned. */
  async add(order: AmandaOrder extends infer T ? (T extends AmandaOrder ? Omit<T, 'id'> : never) : never): Promise<number> {
    let id = 0
    await this.change(({ lastId, orders }) => {
      id = lastId + 1
      return { lastId: id, orders: [...orders, { ...order, id }] }
    })
    return id
  }
}
