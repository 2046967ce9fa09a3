// Bytes that can be read from any place: a dump as it lies on the holding disk or volumes, or what comes out of its filters where they let themselves be
// entered in the middle.

import type { ByteSource } from '../kernel/byte-stream.ts'
import { Fault } from '../kernel/fault.ts'

export interface RandomBytes {
  readonly bytes: number
  /** `[offset, offset + length)`, or less where the bytes end. One source at a time; the one before is cancelled or at its end. */
  read(offset: number, length: number): ByteSource
}

/** Exactly `[offset, offset + length)`. Rejects with `fault` when there are fewer bytes, or with what reading said. */
export async function readRange(from: RandomBytes, offset: number, length: number, fault: () => Fault): Promise<Buffer> {
  const target = Buffer.allocUnsafeSlow(length)
  const source = from.read(offset, length)
  let filled = 0
  for (let piece = await source.read(); piece !== null; piece = await source.read()) {
    const taken = piece.subarray(0, length - filled)
    target.set(taken, filled)
    filled += taken.length
  }
  if (filled < length) throw fault()
  return target
}
