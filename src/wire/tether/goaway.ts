// The codes a GOAWAY frame carries: why a link or a session ends. Numbers are an interface between versions and are never reused.
// docs/protocol/tether.md holds the same table with what each side does next.

export interface GoawayEntry {
  readonly number: number
  /** What ends: only this link (the session waits for another one), or the session with all its streams. */
  readonly ends: 'link' | 'session'
  /** How soon an agent that is told this code dials again: at once, after some seconds, or slowly because a person must act first. */
  readonly redial: 'now' | 'soon' | 'slow'
  readonly summary: string
  /** What the operator of the agent should do; where a person must act. */
  readonly next?: string
}

const TABLE = {
  closing: { number: 0, ends: 'session', redial: 'soon', summary: 'the peer ends the session' },
  'shutting-down': { number: 1, ends: 'session', redial: 'soon', summary: 'the peer process stops' },
  superseded: { number: 2, ends: 'link', redial: 'soon', summary: 'a newer link carries the session' },
  'version-unsupported': { number: 3, ends: 'session', redial: 'slow', summary: 'no common protocol version', next: 'Update the older of agent and server.' },
  malformed: { number: 4, ends: 'session', redial: 'soon', summary: 'a frame could not be decoded' },
  'limit-broken': { number: 5, ends: 'session', redial: 'soon', summary: 'a limit of the protocol was broken' },
  'unknown-frame': { number: 6, ends: 'session', redial: 'soon', summary: 'a frame type that must be understood is not known' },
  'handshake-timeout': { number: 7, ends: 'link', redial: 'soon', summary: 'the handshake took too long' },
  'unknown-key': { number: 8, ends: 'session', redial: 'slow', summary: 'the key is not enrolled', next: 'Make a token on the server with `holdfast agents token HOST` and enrol with it.' },
  'key-revoked': { number: 9, ends: 'session', redial: 'slow', summary: 'the key was revoked', next: 'If this host may come back, make a token on the server with `holdfast agents token HOST` and enrol with it.' },
  'cloned-key': { number: 10, ends: 'session', redial: 'slow', summary: 'two machines or processes use the same key', next: 'Stop the other agent, or enrol this host with a token of its own.' },
  'order-broken': { number: 11, ends: 'session', redial: 'soon', summary: 'a frame came where it may not come, or names an impossible position' },
  'session-expired': { number: 12, ends: 'session', redial: 'now', summary: 'the session had no link for longer than session-hold' },
  'enrol-refused': { number: 13, ends: 'session', redial: 'slow', summary: 'the enrolment token is wrong, used or too old', next: 'Make a new token on the server with `holdfast agents token HOST`.' },
  internal: { number: 14, ends: 'session', redial: 'soon', summary: 'the peer met a defect of its own' },
  silent: { number: 15, ends: 'link', redial: 'now', summary: 'nothing was heard for dead-after' },
  'session-unknown': { number: 17, ends: 'session', redial: 'now', summary: 'the peer does not know the session, because it was started again' },
  'peer-restarted': { number: 18, ends: 'session', redial: 'now', summary: 'the peer process was started again and knows nothing of the session' },
  busy: { number: 16, ends: 'link', redial: 'soon', summary: 'the peer has too many links at this moment' },
} as const satisfies Record<string, GoawayEntry>

export type GoawayCode = keyof typeof TABLE

export const GOAWAY_CODES: Readonly<Record<GoawayCode, GoawayEntry>> = TABLE

const BY_NUMBER = new Map<number, GoawayCode>(Object.entries(TABLE).map(([code, entry]) => [entry.number, code as GoawayCode]))

/** The code with this number; a number of a newer version means `closing`: the session ends and there is nothing else to know. */
export function goawayCodeOf(number: number): GoawayCode {
  return BY_NUMBER.get(number) ?? 'closing'
}
