// One line of progress on a terminal: what, how much, how fast, how long still. Nothing is shown in the first two seconds, so that
// short work leaves no trace, and nothing at all when the output is not a terminal.

import type { Clock } from '../kernel/clock.ts'
import { formatDuration, formatSize } from '../config/units.ts'

const QUIET_MS = 2000
const REPAINT_MS = 200
/** The rate is measured over this long: shorter jumps, longer lags. */
const RATE_WINDOW_MS = 10_000

export interface ProgressValue {
  readonly what: string
  readonly bytes: number
  /** Undefined when nobody knows. */
  readonly totalBytes?: number
  /** What is counted, if not bytes: `slots`. */
  readonly unit?: string
}

/** `home 1.2 GiB of 3.4 GiB  35 %  110 MiB/s  ETA 20 s`, at most `columns` wide. */
export function formatProgress(value: ProgressValue, bytesPerSecond: number, columns: number): string {
  const { unit } = value
  const amount = (count: number): string => (unit === undefined ? formatSize(count) : `${count} ${unit}`)
  const words = [value.what, amount(value.bytes)]
  if (value.totalBytes !== undefined && value.totalBytes > 0) {
    words[1] = `${unit === undefined ? formatSize(value.bytes) : value.bytes} of ${amount(value.totalBytes)}`
    words.push(`${Math.min(100, Math.floor((100 * value.bytes) / value.totalBytes))} %`)
  }
  if (unit === undefined) words.push(`${formatSize(Math.round(bytesPerSecond))}/s`)
  const leftBytes = (value.totalBytes ?? 0) - value.bytes
  if (leftBytes > 0 && bytesPerSecond > 0) words.push(`ETA ${formatDuration(Math.ceil(leftBytes / bytesPerSecond) * 1000)}`)
  return words.join('  ').slice(0, Math.max(0, columns - 1))
}

/** Bytes per second over the last ten seconds. */
export class RateMeter {
  #samples: { readonly atMs: number; readonly bytes: number }[] = []

  add(atMs: number, bytes: number): number {
    // Less than before means a new piece of work.
    if (bytes < (this.#samples.at(-1)?.bytes ?? 0)) this.#samples = []
    this.#samples.push({ atMs, bytes })
    while (this.#samples.length > 2 && atMs - (this.#samples[0]?.atMs ?? atMs) > RATE_WINDOW_MS) this.#samples.shift()
    const first = this.#samples[0]
    if (first === undefined || atMs <= first.atMs) return 0
    return ((bytes - first.bytes) * 1000) / (atMs - first.atMs)
  }
}

export interface ProgressOutput {
  readonly isTerminal: boolean
  readonly columns: number
  readonly write: (text: string) => void
}

export class ProgressLine {
  readonly #clock: Clock
  readonly #output: ProgressOutput
  readonly #startedMs: number
  readonly #meter = new RateMeter()
  #paintedMs = Number.NEGATIVE_INFINITY

  constructor(clock: Clock, output: ProgressOutput) {
    this.#clock = clock
    this.#output = output
    this.#startedMs = clock.monotonicMs()
  }

  show(value: ProgressValue): void {
    if (!this.#output.isTerminal) return
    const nowMs = this.#clock.monotonicMs()
    if (nowMs - this.#paintedMs < REPAINT_MS) return
    const rate = this.#meter.add(nowMs, value.bytes)
    if (nowMs - this.#startedMs < QUIET_MS) return
    this.#paintedMs = nowMs
    this.#output.write(`\r\u001b[K${formatProgress(value, rate, this.#output.columns)}`)
  }

  /** Removes the line, so that other text can be printed. */
  clear(): void {
    if (this.#paintedMs > Number.NEGATIVE_INFINITY) this.#output.write('\r\u001b[K')
    this.#paintedMs = Number.NEGATIVE_INFINITY
  }
}
