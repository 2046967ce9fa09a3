// How fast a link delivers: the largest rate at which acknowledged bytes left, over the last seconds. A sample spans the time from
// the sending of a frame to its acknowledgement, so it is at least a round trip long and bunched acknowledgements cannot inflate it much.

import { RATE_MEMORY_MS } from './limits.ts'

/** Milliseconds. Shorter samples say more about timers than about the path. */
const SAMPLE_MS_MIN = 1

/** What a frame remembers of the moment it was sent. */
export interface SendMark {
  readonly deliveredBytes: number
  readonly deliveredAtMs: number
  /** There was nothing more to send, so a sample of this frame can only show that the path is faster. */
  readonly isLastOfBurst: boolean
}

export class DeliveryRate {
  #deliveredBytes = 0
  #deliveredAtMs: number
  #current = 0
  #previous = 0
  #rotatedAtMs: number

  constructor(nowMs: number) {
    this.#deliveredAtMs = nowMs
    this.#rotatedAtMs = nowMs
  }

  /** Bytes a millisecond; 0 while nothing was measured. */
  get bytesPerMs(): number {
    return Math.max(this.#current, this.#previous)
  }

  /** The mark for a frame sent now. `isIdle`: nothing else is unacknowledged, so the time before this moment must not count. */
  mark(nowMs: number, isIdle: boolean, isLastOfBurst: boolean): SendMark {
    if (isIdle) this.#deliveredAtMs = nowMs
    return { deliveredBytes: this.#deliveredBytes, deliveredAtMs: this.#deliveredAtMs, isLastOfBurst }
  }

  /** `bytes` were acknowledged at once; `newest` is the mark of the frame sent last among them. */
  note(bytes: number, newest: SendMark, nowMs: number): void {
    this.#deliveredBytes += bytes
    this.#deliveredAtMs = nowMs
    const sample = (this.#deliveredBytes - newest.deliveredBytes) / Math.max(SAMPLE_MS_MIN, nowMs - newest.deliveredAtMs)
    if (!newest.isLastOfBurst && nowMs - this.#rotatedAtMs >= RATE_MEMORY_MS) {
      this.#previous = this.#current
      this.#current = 0
      this.#rotatedAtMs = nowMs
    }
    if (sample > this.#current) this.#current = sample
  }
}
