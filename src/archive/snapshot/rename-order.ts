// Puts moves of directories into an order in which each can be carried out on the base's tree: its new path free, the directory above it in place. A circle is
// opened with the one temporary name there is. A move that cannot be ordered (its new path has something of the base that only goes when the archive is
// extracted, a circle through a parent) is given up: the directory then counts as gone and new, which is always right.
//
// A move is `waiting` until it is looked at, `active` while what it depends on is looked at, then `done` or `given-up`.

import type { RenameRecord } from '../../wire/tar/dumpdir.ts'
import { MovedPaths, PARKED } from './moved-paths.ts'

export interface Move {
  /** Path in the base. */
  readonly from: string
  /** Path in the new tree. */
  readonly to: string
}

export interface OrderedMoves {
  readonly records: readonly RenameRecord[]
  /** What the records move, in their order. */
  readonly done: readonly Move[]
  /** New paths of the others. */
  readonly givenUp: readonly string[]
}

interface Task extends Move {
  state: 'waiting' | 'active' | 'done' | 'given-up'
  isParked: boolean
}

type Step = { readonly kind: 'go' } | { readonly kind: 'give-up' } | { readonly kind: 'after'; readonly task: Task; readonly isOccupant: boolean }

const GO: Step = { kind: 'go' }
const GIVE_UP: Step = { kind: 'give-up' }

interface Done {
  readonly task: Task
  readonly records: readonly RenameRecord[]
  readonly place: string | typeof PARKED
}

export function parentPath(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash < 0 ? '.' : path.slice(0, slash)
}

/** Moves in tree order of their new paths. `inBase` tells what the base has at a path of its own. */
export function orderMoves(moves: readonly Move[], inBase: (path: string) => 'directory' | 'other' | undefined): OrderedMoves {
  return new MoveOrder(moves, inBase).run()
}

class MoveOrder {
  readonly #inBase: (path: string) => 'directory' | 'other' | undefined
  readonly #tasks: Task[]
  readonly #byFrom: ReadonlyMap<string, Task>
  readonly #byTo: ReadonlyMap<string, Task>
  readonly #moved = new MovedPaths()
  /** Directories that a move makes above its new path. */
  readonly #made = new Set<string>()
  readonly #stack: Task[] = []
  #history: Done[] = []
  #parked: { readonly task: Task; readonly historyLength: number } | undefined

  constructor(moves: readonly Move[], inBase: (path: string) => 'directory' | 'other' | undefined) {
    this.#inBase = inBase
    this.#tasks = moves.map((move) => ({ ...move, state: 'waiting', isParked: false }))
    this.#byFrom = new Map(this.#tasks.map((task) => [task.from, task]))
    this.#byTo = new Map(this.#tasks.map((task) => [task.to, task]))
  }

  run(): OrderedMoves {
    for (const task of this.#tasks) {
      if (task.state === 'waiting') this.#activate(task)
      for (let top = this.#stack.at(-1); top !== undefined; top = this.#stack.at(-1)) this.#advance(top)
    }
    const isDone = (task: Task): boolean => task.state === 'done' && this.#moved.placeOf(task.from) === task.to
    const done = this.#history.flatMap(({ task, place }) => (place === PARKED ? [] : [{ from: task.from, to: task.to }]))
    const givenUp = this.#tasks.flatMap((task) => (isDone(task) ? [] : [task.to]))
    return { records: this.#history.flatMap(({ records }) => records), done, givenUp }
  }

  #activate(task: Task): void {
    task.state = 'active'
    this.#stack.push(task)
  }

  #advance(task: Task): void {
    const step = this.#nextStep(task)
    if (step.kind === 'go') this.#carryOut(task)
    else if (step.kind === 'give-up') this.#giveUp(task)
    else if (step.task.state === 'waiting') this.#activate(step.task)
    else if (!step.isOccupant || !this.#park(step.task)) this.#giveUp(task)
  }

  /** What must happen first. */
  #nextStep(task: Task): Step {
    if (!task.isParked && this.#moved.placeOf(task.from) === PARKED) return GIVE_UP
    if (this.#moved.placeOf(task.from) === task.to) return GO
    for (let slash = task.to.indexOf('/'); slash >= 0; slash = task.to.indexOf('/', slash + 1)) {
      const above = task.to.slice(0, slash)
      const mover = this.#byTo.get(above)
      if (mover !== undefined && isOpen(mover)) return { kind: 'after', task: mover, isOccupant: false }
      const occupant = this.#occupantOf(above)
      if (occupant === 'other') return GIVE_UP
      if (typeof occupant === 'object') return { kind: 'after', task: occupant, isOccupant: false }
    }
    const occupant = this.#occupantOf(task.to)
    if (occupant === undefined) return GO
    return typeof occupant === 'object' ? { kind: 'after', task: occupant, isOccupant: true } : GIVE_UP
  }

  /** What is at `path` now: a directory that is yet to be moved, one that stays, something else, nothing. */
  #occupantOf(path: string): Task | 'directory' | 'other' | undefined {
    const base = this.#moved.baseAt(path)
    const kind = base === undefined ? undefined : this.#inBase(base)
    if (base === undefined || kind === undefined) return this.#made.has(path) ? 'directory' : undefined
    const task = this.#byFrom.get(base)
    return task !== undefined && isOpen(task) ? task : kind
  }

  /** Gives `task`, which waits for others to make room, the temporary name. False when that does not help. */
  #park(task: Task): boolean {
    const place = this.#moved.placeOf(task.from)
    if (this.#parked !== undefined || place === PARKED || task.isParked) return false
    // Those that wait for each other must be reachable while it is away.
    const isInside = (other: Task): boolean => String(this.#moved.placeOf(other.from)).startsWith(`${place}/`)
    if (this.#stack.slice(this.#stack.indexOf(task)).some(isInside)) return false
    this.#parked = { task, historyLength: this.#history.length }
    task.isParked = true
    this.#record({ task, place: PARKED, records: [{ kind: 'temporary', directory: parentPath(place) }, { kind: 'move', from: place, to: '' }] })
    return true
  }

  #carryOut(task: Task): void {
    this.#stack.pop()
    task.state = 'done'
    const from = this.#moved.placeOf(task.from)
    for (let above = parentPath(task.to); above !== '.' && this.#occupantOf(above) === undefined; above = parentPath(above)) this.#made.add(above)
    // The move of a directory above may have brought it there already.
    if (from !== task.to) this.#record({ task, place: task.to, records: [{ kind: 'move', from: from === PARKED ? '' : from, to: task.to }] })
    if (this.#parked?.task === task) this.#parked = undefined
    task.isParked = false
  }

  #giveUp(task: Task): void {
    this.#stack.pop()
    task.state = 'given-up'
    if (this.#parked?.task !== task) return
    // Nothing may keep the temporary name: what came after it was given is taken back.
    const { historyLength } = this.#parked
    for (const { task: undone } of this.#history.slice(historyLength)) undone.state = 'given-up'
    this.#history = this.#history.slice(0, historyLength)
    this.#parked = undefined
    task.isParked = false
    this.#moved.clear()
    for (const { task: each, place } of this.#history) this.#moved.move(each.from, place)
  }

  #record(done: Done): void {
    this.#history.push(done)
    this.#moved.move(done.task.from, done.place)
  }
}

function isOpen(task: Task): boolean {
  return task.state === 'waiting' || task.state === 'active'
}
