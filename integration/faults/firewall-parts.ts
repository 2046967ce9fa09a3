// The ways in which stock Amanda fails behind a firewall that forgets, and what the doctor must find in the logs of the server, the client, and both.

import type { LabHost } from '../lab/firewall-lab.ts'
import type { FirewallFault } from '../lab/firewall-fault.ts'

export type View = 'server' | 'client' | 'both'

export interface FirewallPart {
  readonly name: string
  /** In a sentence: it stands beside the logs. */
  readonly how: string
  readonly fault: FirewallFault
  /** Codes of severity failure, all of them. */
  readonly server: readonly string[]
  readonly client: readonly string[]
  readonly both: readonly string[]
  /** Whose logs the cure is taken from. */
  readonly cureFrom: View
  /** Where its commands are run. */
  readonly curePlaces: readonly LabHost[]
  /** Part of npm test. */
  readonly isInTest?: boolean
}

/** Beyond the limit, and soon given up. */
const LATE = [12, 2, 2] as const
const CUT = 'idle-connection-cut'
const STUCK = 'client-left-stuck'
const TIMEOUT = 'data-timeout'
const AT_ONCE = 'connections-lost-at-once'

type Auth = FirewallFault['auth']
type Forgotten = FirewallFault['forgotten']

const PHASES = { busy: 'sends all the time', scan: 'scans in silence', estimate: 'estimates in silence', restart: 'sends, and the firewall is restarted' }

function part(auth: Auth, phase: FirewallFault['phase'], forgotten: Forgotten, rest: Partial<FirewallPart> & { readonly keepalive?: FirewallFault['keepalive'] }): FirewallPart {
  const { keepalive, ...given } = rest
  const probes = keepalive === undefined ? 'keepalive as the kernel has it' : `first keepalive probe after ${keepalive[0]} s`
  return {
    name: `${auth}-${phase}-${forgotten}${keepalive === undefined ? '-default' : ''}`,
    how: `auth ${auth}, the client ${PHASES[phase]}, a forgotten connection is answered by ${forgotten === 'reset' ? 'a reset' : 'silence'}, ${probes}`,
    fault: { auth, phase, forgotten, ...(keepalive === undefined ? {} : { keepalive }) },
    server: [CUT],
    client: [CUT],
    both: [CUT],
    cureFrom: 'server',
    curePlaces: ['server', 'client'],
    ...given,
  }
}

export const FIREWALL_FAULTS: readonly FirewallPart[] = [
  part('bsd', 'busy', 'reset', { keepalive: LATE, server: [CUT, STUCK], client: [CUT, STUCK], both: [CUT, STUCK], isInTest: true }),
  part('bsdtcp', 'scan', 'reset', { keepalive: LATE, isInTest: true, curePlaces: ['firewall'] }),
  part('bsd', 'busy', 'silence', { keepalive: LATE, server: [CUT, STUCK], client: [CUT, STUCK], both: [CUT, STUCK] }),
  part('bsd', 'scan', 'reset', { keepalive: LATE, server: [CUT, STUCK], client: [CUT, STUCK], both: [CUT, STUCK] }),
  part('bsd', 'scan', 'silence', { keepalive: LATE, server: [CUT, STUCK], client: [CUT, STUCK], both: [CUT, STUCK] }),
  part('bsdudp', 'scan', 'reset', { keepalive: LATE, server: [CUT, STUCK], both: [CUT, STUCK] }),
  part('bsdudp', 'scan', 'silence', { keepalive: LATE, server: [CUT, STUCK], both: [CUT, STUCK] }),
  part('bsdtcp', 'scan', 'silence', { keepalive: LATE, cureFrom: 'client' }),
  part('bsdtcp', 'estimate', 'reset', { keepalive: LATE }),
  part('bsdtcp', 'estimate', 'silence', { keepalive: LATE }),
  part('bsd', 'busy', 'reset', { server: [TIMEOUT], cureFrom: 'client' }),
  part('bsd', 'busy', 'silence', { server: [TIMEOUT], client: [], both: [TIMEOUT] }),
  part('bsd', 'scan', 'reset', { server: [STUCK, TIMEOUT], client: [CUT, STUCK], both: [CUT, STUCK] }),
  part('bsd', 'scan', 'silence', { server: [STUCK, TIMEOUT], client: [], both: [STUCK, TIMEOUT] }),
  part('bsdudp', 'scan', 'reset', { server: [STUCK, TIMEOUT], both: [CUT, STUCK] }),
  part('bsdudp', 'scan', 'silence', { server: [STUCK, TIMEOUT], client: [], both: [STUCK, TIMEOUT] }),
  part('bsdtcp', 'scan', 'reset', { server: [TIMEOUT] }),
  part('bsdtcp', 'scan', 'silence', { server: [TIMEOUT], client: [], both: [TIMEOUT] }),
  part('bsdtcp', 'estimate', 'reset', {}),
  part('bsdtcp', 'estimate', 'silence', { server: ['no-acknowledgement'], client: [], both: ['no-acknowledgement'] }),
  part('bsd', 'restart', 'reset', { server: [AT_ONCE], client: [AT_ONCE], both: [AT_ONCE] }),
  part('bsdudp', 'restart', 'reset', { server: [AT_ONCE], client: [AT_ONCE], both: [AT_ONCE] }),
  part('bsdtcp', 'restart', 'reset', { server: [AT_ONCE], client: [AT_ONCE], both: [AT_ONCE] }),
  part('bsdtcp', 'restart', 'silence', { server: [AT_ONCE], client: [], both: [AT_ONCE] }),
]
