// The names by which a driver and its children speak of one job: the lowest number that is free, and a count that no two jobs of a run share.

export class TraceHandles {
  readonly #taken = new Map<string, number>()
  #count = 0

  take(): string {
    const used = new Set(this.#taken.values())
    let slot = 0
    while (used.has(slot)) slot++
    const handle = `${String(slot).padStart(2, '0')}-${String(++this.#count).padStart(5, '0')}`
    this.#taken.set(handle, slot)
    return handle
  }

  release(handle: string): void {
    this.#taken.delete(handle)
  }
}
