// What a bench is: our figure and a real peer's on the same data, interleaved in one run. It never asserts a time; it prints ratios
// (> 1: we are better). Benches live in bench/cases, one a file, and export `benchCase`.

export interface BenchResult {
  /** Name of the bench, with the case if it has several. */
  readonly bench: string
  readonly ours: number
  readonly peer: number
  readonly peerName: string
  readonly unit: string
  /** > 1: we are better. */
  readonly ratio: number
  /** On which data. */
  readonly on: string
  /** CPU seconds, all processes. */
  readonly cpuOurs?: number
  readonly cpuPeer?: number
}

export interface BenchContext {
  /** A fresh directory in memory (tmpfs) where there is one. */
  readonly dir: string
  /** Words given behind the bench's name, as in `NAME:WORD,WORD`. */
  readonly parts: readonly string[]
  readonly emit: (result: BenchResult) => void
  readonly note: (text: string) => void
}

export interface BenchCase {
  readonly name: string
  /** One line for the list. */
  readonly summary: string
  run(context: BenchContext): Promise<void>
}

/** The middle value; the mean of the two middle ones for an even count. */
export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] ?? upper)) / 2
}
