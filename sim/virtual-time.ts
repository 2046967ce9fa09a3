// Virtual time: what happens next, and when. Things that are due at the same instant run in the order in which they were asked for, so the
// same calls give the same run. It never reads a real clock.

interface Timed {
  readonly atMs: number
  readonly order: number
  readonly run: () => void
}

export class VirtualTime {
  nowMs = 0
  #order = 0
  #heap: Timed[] = []

  at(atMs: number, run: () => void): void {
    this.#heap.push({ atMs: Math.max(atMs, this.nowMs), order: this.#order++, run })
    let child = this.#heap.length - 1
    while (child > 0) {
      const parent = (child - 1) >> 1
      if (this.#isBefore(parent, child)) break
      this.#swap(parent, child)
      child = parent
    }
  }

  get nextMs(): number {
    return this.#heap[0]?.atMs ?? Number.POSITIVE_INFINITY
  }

  /** Runs the next thing. */
  runNext(): void {
    const first = this.#heap[0]
    const last = this.#heap.pop()
    if (first === undefined || last === undefined) return
    if (this.#heap.length > 0) {
      this.#heap[0] = last
      let parent = 0
      for (;;) {
        let least = parent
        for (const child of [2 * parent + 1, 2 * parent + 2]) if (child < this.#heap.length && !this.#isBefore(least, child)) least = child
        if (least === parent) break
        this.#swap(parent, least)
        parent = least
      }
    }
    this.nowMs = Math.max(this.nowMs, first.atMs)
    first.run()
  }

  runUntil(endMs: number): void {
    while (this.nextMs <= endMs) this.runNext()
    this.nowMs = Math.max(this.nowMs, endMs)
  }

  #isBefore(a: number, b: number): boolean {
    const left = this.#heap[a]
    const right = this.#heap[b]
    if (left === undefined || right === undefined) return true
    return left.atMs < right.atMs || (left.atMs === right.atMs && left.order < right.order)
  }

  #swap(a: number, b: number): void {
    const left = this.#heap[a]
    const right = this.#heap[b]
    if (left === undefined || right === undefined) return
    this.#heap[a] = right
    this.#heap[b] = left
  }
}
