// The frames of the tether as values, and the limits of the codec. A frame is a type byte, a 24-bit body length and the body; the
// bytes of each body stand in docs/protocol/tether.md and in frame-encode.ts and frame-decode.ts, which mirror each other.

/** Versions of the protocol that this program speaks. */
export const VERSION_MIN = 1
export const VERSION_MAX = 1

/** Bytes of payload in one DATA frame: large enough for TLS to run at full speed, small enough to wait for. */
export const FRAME_DATA_BYTES_MAX = 256 * 1024
/** Bytes of a frame's body: the payload and its fields. */
export const FRAME_BODY_BYTES_MAX = FRAME_DATA_BYTES_MAX + 64
/** Bytes before the body. */
export const FRAME_HEADER_BYTES = 4
/** Bytes of a DATA body before its payload. */
export const DATA_FIELDS_BYTES = 21
/** Bytes of a whole DATA frame before its payload. */
export const DATA_HEAD_BYTES = FRAME_HEADER_BYTES + DATA_FIELDS_BYTES
/** Entries of a list in HELLO and WELCOME: all streams of a session and as many finished ones. */
export const POSITIONS_MAX = 4096
/** Bytes of text in one PACKET frame; a longer packet comes in parts. */
export const PACKET_PART_BYTES_MAX = 128 * 1024

/** Types below this must be understood by the receiver; types from here on are skipped when they are not known. */
export const OPTIONAL_TYPE_MIN = 0x80

export const FRAME_TYPES = {
  hello: 0x01,
  welcome: 0x02,
  enrol: 0x03,
  enrolled: 0x04,
  goaway: 0x05,
  ping: 0x06,
  pong: 0x07,
  ack: 0x08,
  window: 0x09,
  commit: 0x0a,
  open: 0x10,
  packet: 0x11,
  end: 0x12,
  stop: 0x13,
  renew: 0x14,
  data: 0x20,
} as const

/** An absolute position of one stream. */
export interface StreamPosition {
  readonly stream: number
  readonly offset: number
}

/** What both sides restate at every handshake. All values are absolute. */
export interface Positions {
  /** Sequence number of the last control frame received; 0: none. */
  readonly controlReceived: number
  /** Sequence number of the last DATA frame received; 0: none. */
  readonly bulkReceived: number
  readonly windows: readonly StreamPosition[]
  readonly commits: readonly StreamPosition[]
  /** Bytes of bulk that this session has sent so far, those that must be sent again counted once. 0 from a peer that does not say. */
  readonly bulkSentBytes: number
}

export interface HelloFrame extends Positions {
  readonly kind: 'hello'
  readonly versionMin: number
  readonly versionMax: number
  readonly machineId: Uint8Array
  readonly instanceId: Uint8Array
  /** Counts the links that this instance has opened. */
  readonly attempt: number
  /** 16 bytes; all zero: no session yet. */
  readonly session: Uint8Array
  readonly epoch: number
  readonly heartbeatMs: number
  readonly program: string
  readonly hostName: string
}

export interface WelcomeFrame extends Positions {
  readonly kind: 'welcome'
  readonly version: number
  readonly isResumed: boolean
  readonly session: Uint8Array
  readonly epoch: number
  readonly heartbeatMs: number
  readonly program: string
  readonly hostName: string
}

export interface EnrolFrame {
  readonly kind: 'enrol'
  readonly versionMin: number
  readonly versionMax: number
  readonly token: string
  readonly hostName: string
  readonly program: string
}

export interface EnrolledFrame {
  readonly kind: 'enrolled'
  readonly hostName: string
}

export interface DataFrame {
  readonly kind: 'data'
  readonly seq: number
  readonly stream: number
  readonly offset: number
  /** The sender had to stop or soon will because of the window, not for lack of data. */
  readonly isStarved: boolean
  /** The receiver's own. */
  readonly payload: Buffer
}

/** `offer` and `accept` carry the key; `ask` asks the receiver to offer one and carries none. */
export type RenewPhase = 'offer' | 'accept' | 'ask'

export type PacketKind = 'req' | 'prep' | 'rep' | 'nak' | 'cancel'

/** Numbered frames other than DATA. */
export type ControlFrame =
  | { readonly kind: 'open'; readonly seq: number; readonly stream: number; readonly request: number }
  | { readonly kind: 'packet'; readonly seq: number; readonly request: number; readonly packet: PacketKind; readonly isLast: boolean; readonly service: string; readonly body: Uint8Array }
  | { readonly kind: 'end'; readonly seq: number; readonly stream: number; readonly offset: number; readonly code: string; readonly text: string }
  | { readonly kind: 'stop'; readonly seq: number; readonly stream: number; readonly code: string; readonly text: string }
  | { readonly kind: 'renew'; readonly seq: number; readonly phase: RenewPhase; readonly spki: Uint8Array }

/** Frames without a number. */
export type LinkFrame =
  | HelloFrame
  | WelcomeFrame
  | EnrolFrame
  | EnrolledFrame
  | { readonly kind: 'goaway'; readonly code: number; readonly text: string }
  | { readonly kind: 'ping'; readonly token: number }
  | { readonly kind: 'pong'; readonly token: number }
  | { readonly kind: 'ack'; readonly control: number; readonly bulk: number }
  | { readonly kind: 'window'; readonly stream: number; readonly offset: number }
  | { readonly kind: 'commit'; readonly stream: number; readonly offset: number }

/** A frame of a type that this version does not know and must. */
export interface UnknownFrame {
  readonly kind: 'unknown'
  readonly type: number
}

export type Frame = ControlFrame | LinkFrame | DataFrame | UnknownFrame
