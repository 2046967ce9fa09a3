// Buffers of one process that are used again. What carries bulk (frames, pieces of a stream) takes its buffers here and gives them back:
// a fresh buffer of some hundred KiB costs page faults and a garbage collection each, more than all that is done with its bytes.
// Giving back is never a duty: a buffer that is forgotten is collected. Giving back what somebody still reads is a defect.

import { assert } from './assert.ts'

const KIB = 1024
/** Below this an ordinary allocation is as cheap. */
const POOLED_BYTES_MIN = 16 * KIB
/** What a burst on some connections takes again at once. */
const IDLE_BYTES_MAX = 8 * 1024 * KIB
/** The largest buffer that is kept. */
const POOLED_BYTES_MAX = 256 * KIB

export interface BufferPoolOptions {
  /** Bytes that wait unused at most; what comes back beyond them is collected. Default: IDLE_BYTES_MAX. */
  readonly idleBytesMax?: number
  /** Overwrites what is given back, so that whoever still reads it is found out. For tests and simulations. */
  readonly poisons?: boolean
}

const POISON = 0xdb

export class BufferPool {
  readonly #options: BufferPoolOptions
  /** Unused buffers by their whole size, which is a power of two. */
  readonly #idle = new Map<number, Buffer[]>()
  readonly #isIdle = new WeakSet<ArrayBufferLike>()
  #idleBytes = 0

  constructor(options: BufferPoolOptions = {}) {
    this.#options = options
  }

  get idleBytes(): number {
    return this.#idleBytes
  }

  /** A buffer of `bytes` bytes with anything in it. It is the caller's until it is given back. */
  take(bytes: number): Buffer {
    if (bytes < POOLED_BYTES_MIN) return Buffer.allocUnsafe(bytes)
    if (bytes > POOLED_BYTES_MAX) return Buffer.allocUnsafeSlow(bytes)
    const whole = wholeBytes(bytes)
    const idle = this.#idle.get(whole)?.pop()
    if (idle === undefined) return Buffer.allocUnsafeSlow(whole).subarray(0, bytes)
    this.#idleBytes -= whole
    this.#isIdle.delete(idle.buffer)
    return idle.length === bytes ? idle : Buffer.from(idle.buffer, 0, bytes)
  }

  /** Nobody reads `buffer`, or any view of it, from now on. Buffers that no pool made are left alone. */
  give(buffer: Uint8Array): void {
    const whole = buffer.buffer.byteLength
    if (buffer.byteOffset !== 0 || whole < POOLED_BYTES_MIN || whole > POOLED_BYTES_MAX || wholeBytes(buffer.length) !== whole) return
    assert(!this.#isIdle.has(buffer.buffer), 'a buffer is given back twice')
    if (this.#options.poisons === true) new Uint8Array(buffer.buffer).fill(POISON)
    if (this.#idleBytes + whole > (this.#options.idleBytesMax ?? IDLE_BYTES_MAX)) return
    const idle = this.#idle.get(whole)
    const kept = Buffer.from(buffer.buffer)
    if (idle === undefined) this.#idle.set(whole, [kept])
    else idle.push(kept)
    this.#idleBytes += whole
    this.#isIdle.add(buffer.buffer)
  }
}

/** The power of two that holds `bytes`. */
function wholeBytes(bytes: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(bytes, POOLED_BYTES_MIN)))
}

const PAGE_BYTES = 4096

/**
 * A buffer that begins `pageOffset` bytes into a page, as far as the allocator begins pages. The copy instruction that C libraries and
 * kernels use (`rep movsb`) is twenty times slower on many AMD processors when the target is 0 to 15 bytes ahead of the source within
 * a page; buffers that are copied into each other all the time are kept apart by it.
 */
export function bufferAtPageOffset(bytes: number, pageOffset: number): Buffer {
  return Buffer.allocUnsafeSlow(bytes + PAGE_BYTES).subarray(pageOffset, pageOffset + bytes)
}
