// A source whose bytes are compared with a recorded CRC-32C while they pass: it ends well only when they are the same.

import type { ByteSource } from '../kernel/byte-stream.ts'
import { Fault } from '../kernel/fault.ts'
import { RunningCrc32c } from './crc32c.ts'

/** `source`, ended with `dump-crc-mismatch` when its bytes are not those of `expected` (`%08x:%d`). `what` names the hop. */
export function checkedSource(source: ByteSource, expected: string | undefined, what: string): ByteSource {
  if (expected === undefined) return source
  const crc = new RunningCrc32c()
  return {
    async read() {
      const piece = await source.read()
      if (piece !== null) {
        crc.update(piece)
        return piece
      }
      if (crc.text() !== expected) throw new Fault('dump-crc-mismatch', `${what}: the checksum is ${crc.text()} and should be ${expected}`)
      return null
    },
    cancel: (reason) => source.cancel(reason),
  }
}
