// Properties in the order in which stock Amanda prints them and hands them on: that of GLib's hash table, in which it keeps them. A table has a power of two of slots. A name is
// put at its hash modulo a prime, and further on when the slot is taken; what is taken away leaves a mark, over which a search goes on and into which the next name may be put.
// The order so depends on all that was put in and taken away, and each table keeps its slots.

/** One property of an application, script, device, …: a name with values. */
export interface AmandaProperty {
  readonly isVisible: boolean
  /** Whether it goes before the one that the client has. */
  readonly hasPriority: boolean
  /** Whether it adds to what a section has that inherits it. */
  readonly isAppended: boolean
  readonly values: readonly string[]
}

interface Entry {
  readonly name: string
  readonly property: AmandaProperty
}

/** `gone`: something was taken away from here; undefined: there never was anything. */
type Slot = Entry | 'gone' | undefined

/** A table that would have more takes no new name: far more than any section has, and far less than the largest table holds. */
const PROPERTIES_MAX = 1000
const SHIFT_MIN = 3
/** The largest prime below each power of two, as GLib has them; a table is not larger than the last. */
const PRIMES = [1, 2, 3, 7, 13, 31, 61, 127, 251, 509, 1021, 2039, 4093, 8191, 16_381, 32_749, 65_521, 131_071]
const SHIFT_MAX = PRIMES.length - 1
/** GLib makes room for so many times the names that there are. */
const ROOM = 1.333

function hashOf(name: string): number {
  let hash = 0
  for (const character of Buffer.from(name, 'latin1')) hash = (Math.imul(hash, 31) + ((character << 24) >> 24)) >>> 0
  return hash < 2 ? 2 : hash
}

/** The slot at which the search for a name in a table of 2^`shift` begins. */
function firstSlot(name: string, shift: number): number {
  return (Math.imul(hashOf(name), 11) >>> 0) % (PRIMES[shift] ?? 1)
}

export class PropertyTable {
  readonly #slots: readonly Slot[]

  private constructor(slots: readonly Slot[]) {
    this.#slots = slots
  }

  static readonly empty = new PropertyTable(Array.from<Slot>({ length: 2 ** SHIFT_MIN }))

  /** In the order of the table. */
  entries(): (readonly [name: string, property: AmandaProperty])[] {
    return this.#slots.flatMap((slot) => (isEntry(slot) ? [[slot.name, slot.property] as const] : []))
  }

  get isFull(): boolean {
    return this.#slots.filter(isEntry).length >= PROPERTIES_MAX
  }

  get(name: string): AmandaProperty | undefined {
    const slot = this.#slots[this.#find(name)]
    return isEntry(slot) ? slot.property : undefined
  }

  /** The table in which `name` has that property. One that had another keeps its slot; a new one is left out of a table that is full. */
  with(name: string, property: AmandaProperty): PropertyTable {
    const at = this.#find(name)
    if (!isEntry(this.#slots[at]) && this.isFull) return this
    const isNew = this.#slots[at] === undefined
    const slots = this.#slots.with(at, { name, property })
    return new PropertyTable(isNew ? resized(slots) : slots)
  }

  without(name: string): PropertyTable {
    const at = this.#find(name)
    return isEntry(this.#slots[at]) ? new PropertyTable(resized(this.#slots.with(at, 'gone'))) : this
  }

  /** The slot of the name, or the one that it would be put into. */
  #find(name: string): number {
    const size = this.#slots.length
    let at = firstSlot(name, Math.log2(size))
    let free: number | undefined
    for (let step = 1; this.#slots[at] !== undefined; step++) {
      const slot = this.#slots[at]
      if (isEntry(slot) && slot.name === name) return at
      if (slot === 'gone') free ??= at
      at = (at + step) & (size - 1)
    }
    return free ?? at
  }
}

function isEntry(slot: Slot): slot is Entry {
  return slot !== undefined && slot !== 'gone'
}

/** The slots as they are, or those of a table of the size that their number asks for. */
function resized(slots: readonly Slot[]): readonly Slot[] {
  const count = slots.filter(isEntry).length
  const used = slots.filter((slot) => slot !== undefined).length
  const isSparse = slots.length > count * 4 && slots.length > 2 ** SHIFT_MIN
  if (!isSparse && slots.length > used + Math.floor(used / 16)) return slots
  return rehashed(slots, Math.min(SHIFT_MAX, Math.max(SHIFT_MIN, 32 - Math.clz32(Math.floor(count * ROOM)))))
}

/**
 * Puts all names where they belong in a table of 2^`shift` slots, in the place of the old one: a name that is put where another still stands drives that out, which is put into its own
 * slot next.
 */
function rehashed(old: readonly Slot[], shift: number): readonly Slot[] {
  const size = 2 ** shift
  const slots: Slot[] = Array.from({ length: Math.max(old.length, size) }, (_, at) => (isEntry(old[at]) ? old[at] : undefined))
  const settled = new Set<number>()
  for (let from = 0; from < old.length; from++) {
    if (settled.has(from)) continue
    let moved = slots[from]
    slots[from] = undefined
    while (isEntry(moved)) {
      let at = firstSlot(moved.name, shift)
      for (let step = 1; settled.has(at); step++) at = (at + step) & (size - 1)
      settled.add(at)
      const driven = slots[at]
      slots[at] = moved
      moved = driven
    }
  }
  return slots.slice(0, size)
}
