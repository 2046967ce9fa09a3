// Gives memory of large buffers back at once. The collector sees the small objects in its heap, not the megabytes outside of it that they stand for: left to
// itself it lets tens of megabytes of them gather in every thread.

/** Smaller ones are no burden, and each release costs an object. */
const BYTES_MIN = 4096
/** Node hands small buffers out of pools of this size, rounded up: what lies in such a one may have neighbours. */
const POOL_BYTES_MAX = Buffer.poolSize + 4096

/** Nobody may use `bytes`, or anything else that lies in its buffer, any more: all of it is empty from now on. A part of what may be a pool stays as it is. */
export function releaseBytes(bytes: Uint8Array | Uint32Array): void {
  const { buffer } = bytes
  if (!(buffer instanceof ArrayBuffer) || buffer.detached || buffer.byteLength < BYTES_MIN) return
  const isPool = bytes.byteLength < buffer.byteLength && buffer.byteLength >= Buffer.poolSize && buffer.byteLength <= POOL_BYTES_MAX
  if (!isPool) buffer.transfer(0)
}
