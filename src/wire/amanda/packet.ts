// Amanda's packets (REQ, REP, PREP, ACK, NAK) in their two forms. On connections a token holds one: a byte that tells the type, the text, a
// NUL. Over UDP a datagram holds one: a line `Amanda 3.5 TYPE HANDLE handle SEQ number`, then the text; there is no NUL.

import { Fault } from '../../kernel/fault.ts'

export type PacketKind = 'req' | 'rep' | 'prep' | 'ack' | 'nak'

export interface AmandaPacket {
  readonly kind: PacketKind
  readonly body: string
}

export interface Datagram extends AmandaPacket {
  /** Chosen by the initiator and given back by the acceptor. */
  readonly handle: string
  readonly sequence: number
}

/** In the order of the bytes that stand for them. */
const KINDS: readonly PacketKind[] = ['req', 'rep', 'prep', 'ack', 'nak']
/** Amanda fails, without a word, above it: 65535 less the heads of IP and UDP and what it keeps for itself. */
export const DATAGRAM_BYTES_MAX = 65_503
/** Readers look only for the point in it. */
const VERSION = '3.5'
const FIRST_LINE = /^Amanda \d+\.\S* (REQ|REP|PREP|ACK|NAK) HANDLE (\S{1,100}) SEQ (-?\d{1,12})$/
const FIRST_LINE_CHARACTERS_MAX = 256

/** The payload of the token that carries `packet`. An ACK is its two bytes. */
export function encodePacket({ kind, body }: AmandaPacket): Buffer {
  return Buffer.concat([Buffer.from([KINDS.indexOf(kind)]), Buffer.from(body), Buffer.from([0])])
}

/** The NUL may be missing, as in refusals that amandad sends before it has read anything. Throws `wire-malformed`. */
export function decodePacket(payload: Uint8Array): AmandaPacket {
  const kind = KINDS[payload[0] ?? -1]
  if (kind === undefined) throw new Fault('wire-malformed', `a packet of type ${payload[0] ?? 'nothing'}`)
  const nul = payload.indexOf(0, 1)
  return { kind, body: Buffer.from(payload.subarray(1, nul < 0 ? payload.length : nul)).toString('utf8') }
}

/** Throws `wire-malformed` for what is too long for a datagram. */
export function encodeDatagram({ kind, body, handle, sequence }: Datagram): Buffer {
  const bytes = Buffer.from(`Amanda ${VERSION} ${kind.toUpperCase()} HANDLE ${handle} SEQ ${sequence}\n${body}`)
  if (bytes.length > DATAGRAM_BYTES_MAX) throw new Fault('wire-malformed', `a request of ${bytes.length} bytes does not go into one packet of UDP`)
  return bytes
}

/** Throws `wire-malformed`. */
export function decodeDatagram(bytes: Uint8Array): Datagram {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')
  const lineEnd = text.indexOf('\n')
  const line = text.slice(0, lineEnd < 0 ? FIRST_LINE_CHARACTERS_MAX : Math.min(lineEnd, FIRST_LINE_CHARACTERS_MAX))
  const [, word, handle, sequence] = FIRST_LINE.exec(line) ?? []
  const kind = KINDS.find((known) => known.toUpperCase() === word)
  if (kind === undefined || handle === undefined) throw new Fault('wire-malformed', `a datagram begins with ${JSON.stringify(line.slice(0, 80))}`)
  const body = lineEnd < 0 ? '' : text.slice(lineEnd + 1)
  const nul = body.indexOf('\0')
  return { kind, handle, sequence: Number(sequence), body: nul < 0 ? body : body.slice(0, nul) }
}
