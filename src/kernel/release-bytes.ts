// Gives memory of large buffers back at once. The collector sees the small objects in its heap, not the megabytes outside of it that they stand for: left to
// itself it lets tens of megabytes of them gather in every thread.

/** Node hands small buffers out of one pool, which cannot be given back. A little more than its size, which is rounded up. */
const POOL_BYTES_MAX = Buffer.poolSize + 4096

/** Nobody may use `bytes`, or anything else that lies in its buffer, any more: all of it is empty from now on. */
export function releaseBytes({ buffer }: Uint8Array | Uint32Array): void {
  if (buffer instanceof ArrayBuffer && buffer.byteLength > POOL_BYTES_MAX && !buffer.detached) buffer.transfer(0)
}
