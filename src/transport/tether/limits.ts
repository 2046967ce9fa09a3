// Every limit of the tether session, with its unit and its reason. The limits of a frame are in src/wire/tether/frame.ts, because the
// codec enforces them. docs/protocol/tether.md repeats those that a peer can see.

import { DATA_HEAD_BYTES } from '../../wire/tether/frame.ts'

const KIB = 1024
const MIB = 1024 * KIB
const SECOND = 1000
const MINUTE = 60 * SECOND
const HOUR = 60 * MINUTE

/** Milliseconds. A link sends something at least this often: firewalls are known to forget after 15 s at the lowest sensible setting. */
export const HEARTBEAT_MS = 10 * SECOND
/** Milliseconds. A learned heartbeat never goes below this: faster would be noise on the path. */
export const HEARTBEAT_MS_MIN = 1 * SECOND
/** Milliseconds. Nothing heard for so long ends a link: three heartbeats, so that two may be late. */
export const DEAD_AFTER_MS = 30 * SECOND
/** Milliseconds from a link to its HELLO or WELCOME: ten round trips of the slowest path worth serving. */
export const HANDSHAKE_MS_MAX = 10 * SECOND
/** Milliseconds. A session without a link is kept for so long: a night's maintenance, not a day. */
export const SESSION_HOLD_MS = 6 * HOUR
/** Links of one peer that may stand in the handshake at once; more than a client ever races. */
export const HANDSHAKING_LINKS_MAX = 4
/** Connections in the TLS handshake at once over all peers; the oldest goes when there are more. */
export const TLS_HANDSHAKES_MAX = 64
/** Links of unknown keys that wait for their first frame, in all and from one address; the oldest goes when there are more. An enrolment waits for
 * a round trip, so even a site that enrols a hundred hosts at once behind one address does not have so many. */
export const STRANGERS_MAX = 64
export const STRANGERS_PER_ADDRESS_MAX = 32
/** Replaced instances remembered to recognise a clone. A host restarts rarely; 32 covers a crash loop of an hour. */
export const REPLACED_INSTANCES_MAX = 32
/** Links of a replaced instance that are taken for stragglers of a process that is gone; one more is a clone. */
export const STRAGGLERS_MAX = 2

/** Streams that one side has opened and that are not over; 1024 a session. 128 dumps of four streams at once from one host. */
export const STREAMS_MAX = 512
/** Finished streams whose COMMIT position is still told: as many as can finish between two commits. */
export const FINISHED_STREAMS_MAX = 1024
/** Requests of one side that are open at once. */
export const REQUESTS_MAX = 256
/** Bytes of one packet: an estimate of some ten thousand disks. Longer than a frame, so it comes in parts. */
export const PACKET_BYTES_MAX = 4 * MIB
/** Bytes of control that wait for an acknowledgement before progress packets (PREP) are left out; a later packet repeats their text. */
export const PREP_BACKLOG_BYTES = 1 * MIB
/** Bytes of control handed to a link that has not taken them; more waits inside the session. */
export const CONTROL_QUEUED_BYTES_MAX = 1 * MIB

/** Bytes. Unacknowledged bulk that is always allowed: a slow line (1 Mbit/s) carries it in 2.1 s. */
export const IN_FLIGHT_BYTES_MIN = 256 * KIB
/** Milliseconds of the measured rate that may be unacknowledged: control and heartbeats queue behind it in the kernel. */
export const IN_FLIGHT_MS = 2 * SECOND
/** Bytes. What all sessions of a process together keep for replay. */
export const REPLAY_BUDGET_BYTES = 64 * MIB
/** Bytes. What all streams of a process together may have been promised to receive beyond their first windows: twenty slow readers fill it. */
export const RECEIVE_BUDGET_BYTES = 32 * MIB
/** The share of what the others left that one stream may take: with nobody else 24 MiB, which fill 1 Gbit/s at 150 ms (19 MB) with some to spare. */
export const RECEIVE_SHARE = 0.75
/** Bytes of payload of one DATA frame on a path that is slow or not measured: 0.13 s of a 1 Mbit/s line … */
export const DATA_BYTES_MIN = 16 * KIB
/** … and on a fast one: with its head it fills a buffer of the pool. */
export const DATA_BYTES_MAX = 256 * KIB - DATA_HEAD_BYTES
/** … where more than two streams take turns. */
export const DATA_BYTES_SHARED = 64 * KIB - DATA_HEAD_BYTES
/** Milliseconds of the measured rate that one DATA frame may take: control waits for the frame that is being written. */
export const DATA_MS = 50
/** Bytes handed to a link and not yet taken by the kernel, at least and at most: enough to keep TLS busy, little enough for priorities. */
export const LINK_QUEUED_BYTES_MIN = 64 * KIB
export const LINK_QUEUED_BYTES_MAX = 1 * MIB
/** Milliseconds of the measured rate that may be handed to a link. */
export const LINK_QUEUED_MS = 100
/** Milliseconds. A delivery rate counts for at least so long, and for less than twice as long. */
export const RATE_MEMORY_MS = 2 * SECOND

/** Bytes. The window every stream starts with. Part of the protocol. */
export const WINDOW_BYTES_FIRST = 256 * KIB
/** Bytes. No window grows beyond this: 1 Gbit/s at 250 ms. */
export const WINDOW_BYTES_MAX = 32 * MIB
/** A window that is too small becomes so many times larger: each judgement takes a round trip, and TCP itself doubles within one. */
export const WINDOW_GROWTH = 4
/** Bytes. A window is told when a quarter of it was read, or so much: what was read and not told is lost to the line. */
export const WINDOW_STEP_BYTES = 1 * MIB
/** PINGs in a row on a new link: the first is slow while code is compiled. */
export const PROBES = 4
/** Milliseconds that come to a round trip where windows are measured by it: a busy process answers so late. */
export const WINDOW_SLACK_MS = 5

/** Milliseconds an acknowledgement may wait for company … */
export const ACK_DELAY_MS = 5
/** … and bytes of bulk after which it does not wait. */
export const ACK_BYTES = 1 * MIB

/** Milliseconds an idle gap must have had before a lost link is blamed on it. */
export const IDLE_DEATH_MS_MIN = 1 * SECOND
/** Lost links that must agree before the heartbeat shrinks. */
export const IDLE_DEATHS_TO_LEARN = 3
/** Two idle ages agree when they differ by at most this share of the larger, plus half a second for timers. */
export const IDLE_AGE_TOLERANCE = 0.3
/** The heartbeat becomes this share of the smallest fatal age: the limit itself may be half of what was seen. */
export const LEARNED_SHARE = 0.3
/** Milliseconds without an idle death after which a learned heartbeat grows by a quarter. */
export const LEARNED_DECAY_MS = 24 * HOUR

/** Milliseconds between a dial that failed and the next, so that a healed path is found within a second … */
export const DIAL_PAUSE_MS = 100
/** … but two dials never start closer together than this: a host that refuses at once is not hammered. */
export const DIAL_PERIOD_MS = 500
/** Milliseconds of an outage after which dialling slows down. */
export const DIAL_EAGER_MS = 10 * MINUTE
/** Milliseconds a dial may take at least: below the first SYN retransmission (1 s), so that a lost SYN does not cost a second. */
export const DIAL_CONNECT_MS = 600
/** Milliseconds a dial may take at most, and every second dial while the path has never been seen: satellites, busy servers. */
export const DIAL_CONNECT_MS_MAX = 8 * SECOND
/** Milliseconds between dials in an outage older than DIAL_EAGER_MS. */
export const DIAL_PAUSE_MS_LATE = 5 * SECOND
/** Milliseconds before dialling again after GOAWAY with redial `soon`, and with `slow`. */
export const DIAL_PAUSE_MS_SOON = 1 * SECOND
export const DIAL_PAUSE_MS_SLOW = 60 * SECOND

/** Bytes of UTF-8 that an end's text is cut to: enough for a line of an operator's log. */
export const END_TEXT_BYTES_MAX = 4 * KIB

/** Packets of one request that wait for their reader; progress packets beyond are left out, since a later one repeats them. */
export const PACKETS_WAITING_MAX = 16
/** Milliseconds a stream may wait to be taken, or for its end, once the request it belongs to is over. */
export const UNUSED_STREAM_MS = 60 * SECOND
/** Enrolments tried in a minute, over all strangers. */
export const ENROLMENTS_PER_MINUTE_MAX = 60
