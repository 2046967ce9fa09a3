// The frames of the probe protocol (docs/protocol/probe.md), as a table: the type of each and its fields in the order of the wire. Types and
// codec are made from it. A measurement has one control channel, which carries orders to a hand and what the hand saw, and many probe
// connections, which two hands hold between them.

export const PROBE_MAGIC = 0x4846_5031
export const PROBE_VERSION = 1
/** Of TLS connections to a tether port: they carry this protocol and not a tether. */
export const PROBE_ALPN = 'holdfast-probe/1'

/** Type and length before the body. */
export const PROBE_HEADER_BYTES = 4
/** One DATA frame: large enough that a fast path is not slowed down by heads. */
export const PROBE_DATA_BYTES_MAX = 64 * 1024
/** The body of a frame: 64 KiB and its fields. */
export const PROBE_BODY_BYTES_MAX = PROBE_DATA_BYTES_MAX + 64
/** Types from here on may be skipped by a receiver that does not know them. */
export const PROBE_OPTIONAL_TYPE_MIN = 0x80

/** How a connection is kept meanwhile: not at all, by TCP's own keepalive, or by something sent at an interval. */
export const PROBE_MODES = ['silent', 'keepalive', 'heartbeat'] as const
export type ProbeMode = (typeof PROBE_MODES)[number]

/** How a connection, or the attempt to make one, ended. `key-mismatch`: TLS came up with another key than the peer's. */
export const PROBE_ENDS = ['reset', 'closed', 'timed-out', 'refused', 'unreachable', 'key-mismatch', 'connected', 'failed'] as const
export type ProbeEnd = (typeof PROBE_ENDS)[number]

export const PROBE_BYE_CODES = ['done', 'busy', 'unknown-session', 'version', 'malformed', 'limit', 'stopping'] as const

type FieldType = 'u8' | 'u16' | 'u32' | 'u64' | 'text' | 'id' | 'bytes' | readonly string[]

/** Milliseconds are u32, microseconds of the wall clock u64. `bytes` is the rest of the body. */
export const PROBE_LAYOUTS = {
  // First on every connection.
  hello: { type: 0x01, fields: { magic: 'u32', versionMin: 'u16', versionMax: 'u16', role: ['control', 'probe'], session: 'id', connection: 'u32', local: 'text', program: 'text', host: 'text' } },
  welcome: { type: 0x02, fields: { magic: 'u32', version: 'u16', session: 'id', connection: 'u32', remote: 'text', local: 'text', program: 'text', host: 'text', tlsKey: 'text' } },
  bye: { type: 0x03, fields: { code: PROBE_BYE_CODES, text: 'text' } },
  // Control, both ways.
  ping: { type: 0x04, fields: { token: 'u32', sentUs: 'u64' } },
  pong: { type: 0x05, fields: { token: 'u32', sentUs: 'u64', receivedUs: 'u64', answeredUs: 'u64' } },
  // Control, orders to a hand.
  open: { type: 0x10, fields: { connection: 'u32', mode: PROBE_MODES, intervalMs: 'u32', security: ['plain', 'tls'], lastWord: ['acceptor', 'dialler'] } },
  speak: { type: 0x11, fields: { connection: 'u32', bytes: 'u32' } },
  pour: { type: 0x12, fields: { connection: 'u32', bytesMax: 'u64', limitMs: 'u32' } },
  drop: { type: 0x13, fields: { connection: 'u32' } },
  listen: { type: 0x14, fields: { limitMs: 'u32' } },
  dial: { type: 0x15, fields: { token: 'u32', port: 'u16', host: 'text' } },
  // Control, what a hand saw.
  opened: { type: 0x20, fields: { connection: 'u32', elapsedMs: 'u32', local: 'text', remote: 'text', localAtPeer: 'text', remoteAtPeer: 'text' } },
  accepted: { type: 0x21, fields: { connection: 'u32', local: 'text', remote: 'text' } },
  spoke: { type: 0x22, fields: { connection: 'u32', idleMs: 'u32' } },
  heard: { type: 0x23, fields: { connection: 'u32', idleMs: 'u32', bytes: 'u32' } },
  answered: { type: 0x24, fields: { connection: 'u32', elapsedMs: 'u32' } },
  ended: { type: 0x25, fields: { connection: 'u32', end: PROBE_ENDS, idleMs: 'u32', text: 'text' } },
  poured: { type: 0x26, fields: { connection: 'u32', bytes: 'u64', elapsedMs: 'u32' } },
  listening: { type: 0x27, fields: { port: 'u16' } },
  dialled: { type: 0x28, fields: { token: 'u32', end: PROBE_ENDS, elapsedMs: 'u32', text: 'text' } },
  // Probe connections.
  say: { type: 0x30, fields: { token: 'u32', padding: 'bytes' } },
  said: { type: 0x31, fields: { token: 'u32' } },
  beat: { type: 0x32, fields: {} },
  data: { type: 0x33, fields: { payload: 'bytes' } },
  last: { type: 0x34, fields: {} },
} as const satisfies Readonly<Record<string, { readonly type: number; readonly fields: Readonly<Record<string, FieldType>> }>>

type Layouts = typeof PROBE_LAYOUTS
export type ProbeFrameKind = keyof Layouts

type ValueOf<Field> = Field extends 'u8' | 'u16' | 'u32' | 'u64' ? number : Field extends 'text' ? string : Field extends 'id' | 'bytes' ? Uint8Array : Field extends readonly (infer Word)[] ? Word : never

type FrameOf<Kind extends ProbeFrameKind> = { readonly kind: Kind } & { readonly [Name in keyof Layouts[Kind]['fields']]: ValueOf<Layouts[Kind]['fields'][Name]> }

export type ProbeFrame = { [Kind in ProbeFrameKind]: FrameOf<Kind> }[ProbeFrameKind]

/** What a hand is told to do. */
export type ProbeOrder = Extract<ProbeFrame, { kind: 'open' | 'speak' | 'pour' | 'drop' | 'listen' | 'dial' }>
/** What a hand saw. */
export type ProbeEvent = Extract<ProbeFrame, { kind: 'opened' | 'accepted' | 'spoke' | 'heard' | 'answered' | 'ended' | 'poured' | 'listening' | 'dialled' }>

const ORDER_KINDS: ReadonlySet<string> = new Set<ProbeOrder['kind']>(['open', 'speak', 'pour', 'drop', 'listen', 'dial'])

export function isProbeOrder(frame: ProbeFrame): frame is ProbeOrder {
  return ORDER_KINDS.has(frame.kind)
}

const EVENT_KINDS: ReadonlySet<string> = new Set<ProbeEvent['kind']>(['opened', 'accepted', 'spoke', 'heard', 'answered', 'ended', 'poured', 'listening', 'dialled'])

export function isProbeEvent(frame: ProbeFrame): frame is ProbeEvent {
  return EVENT_KINDS.has(frame.kind)
}
