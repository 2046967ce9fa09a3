// Buffers of one process that are used again. What carries bulk (frames, pieces of a stream) takes its buffers here and gives them back:
// a fresh buffer of some hundred KiB costs page faults and a garbage collection each, more than all that is done with its bytes.
// Giving back is never a duty: a buffer that is forgotten is collected. Giving back what somebody still reads is a defect.

import { assert } from './assert.ts'

const KIB = 1024
/** Below this an ordinary allocation is as cheap. */
const POOLED_BYTES_MIN = 16 * KIB
/** What a burst on some connections takes again at once. */
const IDLE_BYTES_MAX = 16 * 1024 * KIB
/** The largest buffer that is kept, unless the options say otherwise. */
const POOLED_BYTES_MAX = 256 * KIB

export interface BufferPoolOptions {
  /** Bytes that wait unused at most; what comes back beyond them is collected. Default: IDLE_BYTES_MAX. */
  readonly idleBytesMax?: number
  /** The largest buffer that is kept. Default: POOLED_BYTES_MAX. */
  readonly pooledBytesMax?: number
  /** Buffers from POOLED_BYTES_MIN on lie in memory that threads share: they are handed to another thread without a copy. */
  readonly isShared?: boolean
  /** Overwrites what is given back, so that whoever still reads it is found out. For tests and simulations. */
  readonly poisons?: boolean
}

const POISON = 0xdb

export class BufferPool {
  readonly #options: BufferPoolOptions
  /** Unused buffers by their whole size; the size that was taken last is the last. */
  readonly #idle = new Map<number, Buffer[]>()
  readonly #made = new WeakSet<ArrayBufferLike>()
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
    if (bytes > (this.#options.pooledBytesMax ?? POOLED_BYTES_MAX)) return this.#make(bytes)
    const whole = wholeBytes(bytes)
    const idle = this.#listOf(whole).pop() ?? this.#takeLarger(whole)
    if (idle === undefined) {
      const made = this.#make(whole)
      this.#made.add(made.buffer)
      return made.subarray(0, bytes)
    }
    this.#idleBytes -= idle.buffer.byteLength
    this.#isIdle.delete(idle.buffer)
    return idle.length === bytes ? idle : Buffer.from(idle.buffer, 0, bytes)
  }

  /** Nobody reads the bytes behind `buffer` from now on, also not through another view. Buffers that this pool did not make are left alone. */
  give(buffer: Uint8Array): void {
    if (!this.#made.has(buffer.buffer)) return
    const whole = buffer.buffer.byteLength
    assert(!this.#isIdle.has(buffer.buffer), 'a buffer is given back twice')
    if (this.#options.poisons === true) new Uint8Array(buffer.buffer).fill(POISON)
    if (!this.#makeRoom(whole)) return
    this.#listOf(whole).push(Buffer.from(buffer.buffer))
    this.#idleBytes += whole
    this.#isIdle.add(buffer.buffer)
  }

  #make(bytes: number): Buffer {
    return this.#options.isShared === true ? Buffer.from(new SharedArrayBuffer(bytes)) : Buffer.allocUnsafeSlow(bytes)
  }

  /** An unused buffer that is larger than needed, but not by more than as much again. */
  #takeLarger(whole: number): Buffer | undefined {
    let best: Buffer[] | undefined
    let bestSize = 2 * whole
    for (const [size, list] of this.#idle) {
      if (list.length === 0 || size < whole || size > bestSize) continue
      best = list
      bestSize = size
    }
    return best?.pop()
  }

  /** The unused buffers of a size, which is of use now. */
  #listOf(whole: number): Buffer[] {
    const list = this.#idle.get(whole) ?? []
    this.#idle.delete(whole)
    this.#idle.set(whole, list)
    return list
  }

  /** Drops what has been of no use for longest. */
  #makeRoom(whole: number): boolean {
    const limitBytes = this.#options.idleBytesMax ?? IDLE_BYTES_MAX
    for (const [size, list] of this.#idle) {
      while (this.#idleBytes + whole > limitBytes && size !== whole && list.length > 0) {
        list.pop()
        this.#idleBytes -= size
      }
    }
    return this.#idleBytes + whole <= limitBytes
  }
}

/** The smallest of 16, 24, 32, 48, 64 … KiB that holds `bytes`: never half of it is wasted. */
function wholeBytes(bytes: number): number {
  let whole = POOLED_BYTES_MIN
  while (whole < bytes) whole *= 2
  const lower = whole * 0.75
  return lower >= bytes && lower >= POOLED_BYTES_MIN ? lower : whole
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
