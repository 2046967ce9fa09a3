// The body of a request for the service `probe`: one line, `PROBE session`, the session in hexadecimal.

import { Fault } from '../../kernel/fault.ts'

const LINE = /^PROBE ([0-9a-f]{32})\n$/

export function formatProbeRequest(session: Uint8Array): string {
  return `PROBE ${Buffer.from(session).toString('hex')}\n`
}

/** The 16 bytes of the session. Throws `wire-malformed`. */
export function parseProbeRequest(body: string): Uint8Array {
  const session = LINE.exec(body)?.[1]
  if (session === undefined) throw new Fault('wire-malformed', 'the request names no session of a measurement')
  return new Uint8Array(Buffer.from(session, 'hex'))
}
