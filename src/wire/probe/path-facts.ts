// What a measurement of a path found, as plain values: they cross the control socket and are what `--json` prints. The dialler is the end that
// opened the connections (an agent, or who named the other machine), the acceptor the one that took them. What the facts mean is for the
// doctor to say (src/doctor/path/). A fact that could not be measured is missing, and `unmeasured` says why.

import type { ProbeEnd } from './frame.ts'

export type PathEnd = 'dialler' | 'acceptor'

export interface IdleLimit {
  /** The longest silence after which packets still passed, and the shortest after which they did not. */
  readonly lastAliveMs: number
  readonly firstDeadMs: number
  /** Whose packets are lost after it. `unknown`: only one end could speak. */
  readonly losesFrom: PathEnd | 'both' | 'unknown'
  readonly how: 'reset' | 'silence' | 'closed'
  /** Which ends were told by a reset or an end. */
  readonly toldTo: readonly PathEnd[]
  /** It was ended at that age although nobody spoke. */
  readonly isUnprompted: boolean
  /** Connections that were lost at that age or later. */
  readonly deadCount: number
}

/** Whether something sent at an interval kept a connection beyond the limit. */
export interface KeptFact {
  readonly intervalMs: number
  readonly isAlive: boolean
}

export interface IdleFacts {
  /**
   * `none`: no limit up to `testedMs`. `erratic`: connections were lost, but at no age in particular. `disturbed`: the path was cut while it was
   * not idle, so that nothing can be said. `unmeasured`: `reason` says why.
   */
  readonly outcome: 'limit' | 'none' | 'erratic' | 'disturbed' | 'unmeasured'
  /** The longest silence that a connection is known to have survived. */
  readonly testedMs: number
  readonly limit?: IdleLimit
  readonly keepalive: readonly KeptFact[]
  readonly heartbeat: readonly KeptFact[]
  readonly connections: number
  readonly lostCount: number
  readonly reason?: string
}

export interface NameFacts {
  readonly address: string
  /** The names that the address leads back to. */
  readonly names: readonly string[]
  /** Whether one of them leads to the address again; undefined: there is none. */
  readonly isConsistent?: boolean
  readonly error?: string
}

export interface RoundTripFacts {
  readonly minMs: number
  readonly medianMs: number
  /** While the path was filled in either direction. */
  readonly loadedMs?: number
}

export interface ReachFacts {
  readonly what: string
  readonly from: PathEnd
  readonly to: string
  /** `connected`, or how it was not. */
  readonly end: ProbeEnd
  readonly elapsedMs: number
  /** Whether somebody listens there: if not, `refused` is right and `connected` is not. */
  readonly isOpen: boolean
  readonly text: string
}

/** Packets of up to so many bytes pass; larger ones never do though the path lives. */
export interface PathMtuFacts {
  readonly from: PathEnd
  readonly isBlackHole: boolean
  readonly passesBytes: number
  readonly failsBytes?: number
}

export interface TranslationFacts {
  readonly what: string
  /** As the owner of the address sees it, and as the other end does. */
  readonly own: string
  readonly seen: string
}

export interface ThroughputFacts {
  readonly from: PathEnd
  readonly bytes: number
  readonly elapsedMs: number
}

export interface PathFacts {
  readonly peer: string
  /** What answered: our own program, or something else of which only a part can be measured. */
  readonly kind: 'agent' | 'listener' | 'foreign'
  readonly program?: string
  readonly dialler: string
  readonly acceptor: string
  readonly names: readonly NameFacts[]
  readonly roundTrip?: RoundTripFacts
  readonly connectMs?: number
  readonly throughput: readonly ThroughputFacts[]
  /** Of the acceptor's clock against the dialler's, and half the round trip it was measured with. */
  readonly clock?: { readonly offsetMs: number; readonly errorMs: number }
  readonly reach: readonly ReachFacts[]
  readonly mtu: readonly PathMtuFacts[]
  readonly translation: readonly TranslationFacts[]
  /** Signs that something answers in the peer's place. */
  readonly proxy: readonly string[]
  readonly idle: IdleFacts
  readonly unmeasured: readonly string[]
}

/** How far a measurement is. `totalMs`: at the latest, if no limit is found. */
export interface PathProgress {
  readonly step: 'clocks' | 'ports' | 'packet sizes' | 'throughput' | 'idle limit'
  readonly elapsedMs: number
  readonly totalMs: number
}
