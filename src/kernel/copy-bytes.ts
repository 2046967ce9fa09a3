// Copies of many bytes into memory that threads share. `set` of a typed array copies there word by word, for the case that another thread writes at the same time, at half
// the speed of what Buffers do.

/** Copies `source` to `target` from `at` on, where it must fit. Nobody else writes either of them meanwhile. */
export function copyBytes(source: Uint8Array, target: Buffer, at: number): void {
  Buffer.prototype.copy.call(source, target, at)
}
