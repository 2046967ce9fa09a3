// Where the directories of a base tree lie after some of them were moved. A directory that was moved takes along what is below it. Paths are relative to the
// top, which is `.`.

/** In the place of a path: the directory has the temporary name. */
export const PARKED = Symbol('parked')

export type Place = string | typeof PARKED

/** `path` and the paths above it, without the top, nearest first. */
function nearestIn<Value>(map: ReadonlyMap<string, Value>, path: string): { readonly above: string; readonly value: Value } | undefined {
  if (map.size === 0) return undefined
  for (let above = path; ; ) {
    const value = map.get(above)
    if (value !== undefined) return { above, value }
    const slash = above.lastIndexOf('/')
    if (slash < 0) return undefined
    above = above.slice(0, slash)
  }
}

export class MovedPaths {
  readonly #placeOf = new Map<string, Place>()
  readonly #baseAt = new Map<string, string>()

  /** The base's directory `base` lies at `place` from now on. */
  move(base: string, place: Place): void {
    const before = this.#placeOf.get(base)
    if (typeof before === 'string') this.#baseAt.delete(before)
    this.#placeOf.set(base, place)
    if (place !== PARKED) this.#baseAt.set(place, base)
  }

  clear(): void {
    this.#placeOf.clear()
    this.#baseAt.clear()
  }

  /** Where the base's `base` lies now. */
  placeOf(base: string): Place {
    const found = nearestIn(this.#placeOf, base)
    if (found === undefined) return base
    return found.value === PARKED ? PARKED : found.value + base.slice(found.above.length)
  }

  /** What of the base would lie at `path` now; undefined when nothing of it can. */
  baseAt(path: string): string | undefined {
    const found = nearestIn(this.#baseAt, path)
    const candidate = found === undefined ? path : found.value + path.slice(found.above.length)
    return this.placeOf(candidate) === path ? candidate : undefined
  }

  /** The base's directory that was itself moved to `path`. */
  movedTo(path: string): string | undefined {
    return this.#baseAt.get(path)
  }
}
