// Every limit of a measurement, with its unit and its reason. docs/protocol/probe.md repeats those that a peer can see.

/** Connections of one measurement: a ladder up to a day at 4.8 % needs 260, and as much again is spare. */
export const PROBE_CONNECTIONS_MAX = 500
/** Connections that a hand dials at once: servers keep at most 64 in the TLS handshake. */
export const PROBE_DIALS_MAX = 16
/** Milliseconds from dialling to WELCOME: a SYN that was lost twice is sent again after 7 s, and the handshake may lose packets as well. */
export const PROBE_OPEN_MS_MAX = 18_000
/** Milliseconds that somebody who connects may take for a whole HELLO. */
export const PROBE_HELLO_MS_MAX = 10_000
/** Connections that have not said HELLO, in all. More than a hand dials at once, so that strangers cannot keep it out. */
export const PROBE_UNKNOWN_MAX = 64
/** Milliseconds between two PINGs on the control channel: well below any idle limit worth finding. */
export const CONTROL_BEAT_MS = 1000
/** Milliseconds without a word on the control channel after which it is given up: TCP has tried eight times by then. */
export const CONTROL_DEAD_MS = 60_000
/** Milliseconds for the last word to reach the peer: as long as for any other word (see PATIENCE_MS of the doctor's search). */
export const CONTROL_BYE_MS_MAX = 15_000
/** Milliseconds. A measurement that lasts longer has been forgotten by whoever began it. */
export const PROBE_SESSION_MS_MAX = 26 * 3_600_000
/** Bytes of one direction of a measurement of throughput, whatever was asked for. */
export const POUR_BYTES_MAX = 512 * 1024 * 1024
/** Milliseconds of it. */
export const POUR_MS_MAX = 30_000
/** Bytes that may lie in a socket's queue before a hand stops pouring. */
export const POUR_QUEUED_BYTES_MAX = 256 * 1024
/** Milliseconds that a port stays open for the peer to dial back. */
export const LISTEN_MS_MAX = 60_000
/** Milliseconds for dialling back: SYNs at 0, 1, 3 and 7 s. */
export const KNOCK_MS_MAX = 10_000
/** Keepalive probes without an answer before TCP gives up: so many that an outage of minutes kills nothing that may heal. */
export const KEEPALIVE_COUNT = 60
/** Characters of a text in a frame. */
export const PROBE_TEXT_MAX = 300
/** Milliseconds. Below it Node sets no keepalive, and says nothing. */
export const KEEPALIVE_INTERVAL_MS_MIN = 1000
