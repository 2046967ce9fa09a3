// What the server of stock Amanda and ours are put through beside each other: the same unchanged client, the same firewall, a dump that is busy for two
// minutes, silent while it scans or estimates, or met by a firewall that is restarted.

import type { Auth, FirewallFault, Phase } from './firewall-fault.ts'
import type { ForgottenVerdict } from './firewall-lab.ts'

export interface FirewallRow {
  readonly name: string
  readonly fault: FirewallFault
  /** Disks that are dumped. */
  readonly diskCount: number
  /** The first failure of stock Amanda is waited for, no more: its tries take their time. */
  readonly isShort?: boolean
  /** The client itself answers nobody for longer than a run: its amandad holds its UDP port and waits for connections that are gone. */
  readonly isClientStuck?: boolean
}

/** The kernels' keepalive where an operator has lowered it, but not below the limit of the firewall: seconds to the first probe, between unanswered ones, and how many. */
const LOWERED = [12, 2, 2] as const
const BUSY_S = 120
const RESTARTED_S = 25

const AUTHS: readonly Auth[] = ['bsd', 'bsdudp', 'bsdtcp']
const PHASES: readonly Phase[] = ['busy', 'scan', 'estimate', 'restart']
const VERDICTS: readonly ForgottenVerdict[] = ['reset', 'silence']

function rowOf(auth: Auth, phase: Phase, forgotten: ForgottenVerdict, isLowered: boolean): FirewallRow {
  const busyS = phase === 'busy' ? BUSY_S : RESTARTED_S
  return {
    name: `${auth}-${phase}-${forgotten}${isLowered ? '-lowered' : ''}`,
    diskCount: phase === 'restart' ? 3 : 1,
    isClientStuck: phase === 'restart' && (auth === 'bsd' || (auth === 'bsdudp' && forgotten === 'silence')),
    fault: { auth, phase, forgotten, busyS, ...(isLowered ? { keepalive: LOWERED } : {}) },
  }
}

/** All rows; the last is the short one of the tests. */
export const FIREWALL_ROWS: readonly FirewallRow[] = [
  ...[false, true].flatMap((isLowered) => VERDICTS.flatMap((forgotten) => PHASES.flatMap((phase) => AUTHS.map((auth) => rowOf(auth, phase, forgotten, isLowered))))),
  { name: 'short', diskCount: 1, isShort: true, fault: { auth: 'bsdtcp', phase: 'scan', forgotten: 'reset', silentS: 14, keepalive: LOWERED } },
]
