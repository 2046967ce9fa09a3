// Who works on what: the units of a dump in the order of the tree, and the blocks that are lent to them. Pure; archive-threads.ts carries out what it says.
//
// An item is `waiting` (directories nobody works on), or a unit: `running` in a worker, or `done` with blocks that are not handed out. The head is the first item.
// A free worker takes the first waiting item, so the head is never without one: what waits at the head came back from a worker that is free then, or was handed
// to it before anything behind it. The head always gets blocks; what is behind it only from those that are beyond the reserve. So no two wait for each other.

import { assert } from '../kernel/assert.ts'
import type { BlockMessage, LinkQuestion, PendingGroup, UnitOrder } from './unit-messages.ts'

/** Blocks there are: 16 MiB, whatever the size of the tree. */
export const BLOCK_COUNT = 16
/** Kept for the head. */
const RESERVE = 3
/** Lent with an order: what a unit makes when it is not a large file. */
const ORDER_BLOCKS = 3
/** One unit behind the head has no more at once. */
const AHEAD_BLOCKS_MAX = 7
/** Directories in one order, however small they are. */
const ORDER_DIRECTORIES_MAX = 512

interface Waiting {
  readonly kind: 'waiting'
  groups: readonly PendingGroup[]
}

interface Unit {
  readonly kind: 'unit'
  readonly number: number
  readonly worker: number
  readonly blocks: BlockMessage[]
  /** Lent to it and not back. */
  held: number
  isDone: boolean
  isWanting: boolean
  question: LinkQuestion | undefined
}

/** The first `count` names of a packed list; how long they are. */
function prefixBytes(names: Uint8Array, count: number): number {
  let end = 0
  for (let index = 0; index < count && end < names.length; index++) end = names.indexOf(0, end) + 1
  return end
}

function countNames(names: Uint8Array, limit: number): number {
  let count = 0
  for (let at = 0; at < names.length && count < limit; count++) at = names.indexOf(0, at) + 1
  return count
}

/** Cuts what one order gets off the front: `directories`, and about half at most, so that another worker finds work next to it. Little is not cut. */
function splitGroups(groups: readonly PendingGroup[], directories: number): { readonly taken: PendingGroup[]; readonly left: PendingGroup[] } {
  let total = 0
  for (const { names } of groups) {
    total += countNames(names, 2 * directories - total)
    if (total >= 2 * directories) break
  }
  let wanted = Math.min(directories, Math.max(Math.ceil(total / 2), directories >> 2))
  const taken: PendingGroup[] = []
  const left: PendingGroup[] = []
  for (const group of groups) {
    if (wanted === 0) {
      left.push(group)
      continue
    }
    const count = countNames(group.names, wanted)
    const end = prefixBytes(group.names, count)
    wanted -= count
    taken.push(end === group.names.length ? group : { parent: group.parent, names: group.names.slice(0, end) })
    // A view: cutting a million names off one by one must not copy them each time.
    if (end < group.names.length) left.push({ parent: group.parent, names: group.names.subarray(end) })
  }
  return { taken, left }
}

export class UnitSequence {
  readonly #items: (Waiting | Unit)[]
  readonly #free = Array.from({ length: BLOCK_COUNT }, (_none, index) => index)
  readonly #units = new Map<number, Unit>()
  #nextUnit = 0
  /** What a unit is likely to get done: what is handed out beyond that comes back, and lies before what others do meanwhile. */
  #directories = 1

  constructor(groups: readonly PendingGroup[]) {
    this.#items = [{ kind: 'waiting', groups }]
  }

  get isFinished(): boolean {
    return this.#items.length === 0
  }

  /** An order for a worker that is free, if there is one for it now. */
  takeOrder(worker: number): UnitOrder | undefined {
    const at = this.#items.findIndex((item) => item.kind === 'waiting')
    const item = this.#items[at]
    if (item === undefined || item.kind !== 'waiting') return undefined
    const isHead = at === 0
    if (!isHead && this.#free.length < RESERVE + ORDER_BLOCKS) return undefined
    const { taken, left } = splitGroups(item.groups, this.#directories)
    const blocks = this.#free.splice(0, ORDER_BLOCKS)
    const unit: Unit = { kind: 'unit', number: this.#nextUnit++, worker, blocks: [], held: blocks.length, isDone: false, isWanting: false, question: undefined }
    this.#units.set(unit.number, unit)
    this.#items.splice(at, 1, unit, ...(left.length === 0 ? [] : [{ kind: 'waiting', groups: left } as const]))
    return { kind: 'unit', unit: unit.number, groups: taken, blocks }
  }

  addBlock(message: BlockMessage): void {
    this.#unit(message.unit).blocks.push(message)
  }

  /** The unit is over and dumped so many directories. Returns the worker that is free now. */
  finishUnit(number: number, rest: readonly PendingGroup[], unused: readonly number[], directories: number): number {
    this.#directories = Math.min(ORDER_DIRECTORIES_MAX, Math.max(1, rest.length > 0 ? directories : Math.max(this.#directories, 2 * directories)))
    const unit = this.#unit(number)
    unit.isDone = true
    unit.held -= unused.length
    this.#free.unshift(...unused)
    const at = this.#items.indexOf(unit)
    // What waits behind it is next to its rest in the tree as well.
    const next = this.#items[at + 1]
    if (rest.length > 0 && next?.kind === 'waiting') next.groups = [...rest, ...next.groups]
    else if (rest.length > 0) this.#items.splice(at + 1, 0, { kind: 'waiting', groups: rest })
    this.#dropEmptyHead()
    return unit.worker
  }

  addWant(number: number): void {
    this.#unit(number).isWanting = true
  }

  addQuestion(question: LinkQuestion): void {
    this.#unit(question.unit).question = question
  }

  /** A block for a worker that wants one. */
  takeGrant(): { readonly worker: number; readonly block: number } | undefined {
    for (const [index, item] of this.#items.entries()) {
      if (item.kind !== 'unit' || !item.isWanting) continue
      if (index > 0 && (this.#free.length <= RESERVE || item.held >= AHEAD_BLOCKS_MAX)) continue
      const block = this.#free.shift()
      if (block === undefined) return undefined
      item.isWanting = false
      item.held++
      return { worker: item.worker, block }
    }
    return undefined
  }

  /** The question of the head, when all before it was handed out. */
  takeQuestion(): { readonly worker: number; readonly question: LinkQuestion } | undefined {
    const head = this.#items[0]
    if (head?.kind !== 'unit' || head.question === undefined || head.blocks.length > 0) return undefined
    const { question, worker } = head
    head.question = undefined
    return { worker, question }
  }

  /** The next block in the order of the tree, when it is there. To be given back. */
  takeBlock(): BlockMessage | undefined {
    const head = this.#items[0]
    if (head?.kind !== 'unit') return undefined
    const block = head.blocks.shift()
    if (block !== undefined) {
      head.held--
      this.#dropEmptyHead()
    }
    return block
  }

  /** The block that was used last is the next one to be used: what never was needs no memory. */
  giveBack(block: number): void {
    this.#free.unshift(block)
  }

  #unit(number: number): Unit {
    const unit = this.#units.get(number)
    assert(unit !== undefined, 'a message of a unit that does not exist')
    return unit
  }

  #dropEmptyHead(): void {
    for (;;) {
      const head = this.#items[0]
      if (head?.kind !== 'unit' || !head.isDone || head.blocks.length > 0) return
      this.#items.shift()
      this.#units.delete(head.number)
    }
  }
}
