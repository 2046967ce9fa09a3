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
  /** What the client's timing may add to any of them. */
  readonly maybe?: readonly string[]
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
const PIPE = 'client-pipe-broken'
const GONE = 'client-went-away'
const HALF = 'keepalive-half-cure'
const AT_ONCE = 'connections-lost-at-once'

type Auth = FirewallFault['auth']
type Forgotten = FirewallFault['forgotten']

const PHASES = { busy: 'sends all the time', scan: 'scans in silence', estimate: 'estimates in silence', restart: 'sends, and the firewall is restarted', gone: 'sends, and its cable is cut' }

function part(auth: Auth, phase: FirewallFault['phase'], forgotten: Forgotten, rest: Partial<FirewallPart> & { readonly keepalive?: FirewallFault['keepalive']; readonly busyS?: number }): FirewallPart {
  const { keepalive, busyS, ...given } = rest
  const probes = keepalive === undefined ? 'keepalive as the kernel has it' : `first keepalive probe after ${keepalive[0]} s`
  return {
    name: `${auth}-${phase}-${forgotten}${keepalive === undefined ? '-default' : ''}`,
    how: `auth ${auth}, the client ${PHASES[phase]}, a forgotten connection is answered by ${forgotten === 'reset' ? 'a reset' : 'silence'}, ${probes}`,
    fault: { auth, phase, forgotten, ...(keepalive === undefined ? {} : { keepalive }), ...(busyS === undefined ? {} : { busyS }) },
    server: [CUT],
    client: [CUT],
    both: [CUT],
    cureFrom: 'server',
    curePlaces: ['server', 'client'],
    ...given,
  }
}

export const FIREWALL_FAULTS: readonly FirewallPart[] = [
  part('bsd', 'busy', 'reset', { keepalive: LATE, isInTest: true, maybe: [STUCK, PIPE] }),
  part('bsdtcp', 'scan', 'reset', { keepalive: LATE, isInTest: true, curePlaces: ['firewall'] }),
  part('bsd', 'busy', 'silence', { keepalive: LATE, maybe: [STUCK, PIPE] }),
  part('bsd', 'scan', 'reset', { keepalive: LATE, maybe: [STUCK, PIPE] }),
  part('bsd', 'scan', 'silence', { keepalive: LATE, maybe: [STUCK, PIPE] }),
  part('bsdudp', 'scan', 'reset', { keepalive: LATE, maybe: [STUCK, PIPE] }),
  part('bsdudp', 'scan', 'silence', { keepalive: LATE, maybe: [STUCK, PIPE] }),
  part('bsdtcp', 'scan', 'silence', { keepalive: LATE, cureFrom: 'client' }),
  part('bsdtcp', 'estimate', 'reset', { keepalive: LATE, client: [] }),
  part('bsdtcp', 'estimate', 'silence', { keepalive: LATE, client: [] }),
  part('bsd', 'busy', 'reset', { server: [TIMEOUT], cureFrom: 'client', maybe: [STUCK, PIPE] }),
  part('bsd', 'busy', 'silence', { server: [TIMEOUT], client: [], both: [TIMEOUT], maybe: [STUCK, PIPE] }),
  part('bsd', 'scan', 'reset', { server: [TIMEOUT], maybe: [STUCK, PIPE] }),
  part('bsd', 'scan', 'silence', { server: [TIMEOUT], client: [], both: [TIMEOUT], maybe: [STUCK, PIPE] }),
  part('bsdudp', 'scan', 'reset', { maybe: [STUCK, PIPE] }),
  part('bsdudp', 'scan', 'silence', { server: [TIMEOUT], client: [], both: [TIMEOUT], maybe: [STUCK, PIPE] }),
  part('bsdtcp', 'scan', 'reset', {}),
  part('bsdtcp', 'scan', 'silence', { server: [TIMEOUT], client: [], both: [TIMEOUT] }),
  part('bsdtcp', 'estimate', 'reset', {}),
  part('bsdtcp', 'estimate', 'silence', { client: ['reply-not-acknowledged'] }),
  part('bsd', 'restart', 'reset', { server: [AT_ONCE], client: [AT_ONCE], both: [AT_ONCE], maybe: [STUCK, PIPE] }),
  part('bsdudp', 'restart', 'reset', { server: [AT_ONCE], client: [AT_ONCE], both: [AT_ONCE], maybe: [STUCK, PIPE] }),
  part('bsdtcp', 'restart', 'reset', { server: [AT_ONCE], client: [AT_ONCE], both: [AT_ONCE] }),
  part('bsdtcp', 'restart', 'silence', { server: [AT_ONCE], client: [], both: [AT_ONCE] }),
  part('bsdtcp', 'gone', 'silence', { server: [GONE], client: [], both: [GONE], curePlaces: [] }),
  { ...part('bsd', 'busy', 'reset', { keepalive: [5, 75, 9], server: [HALF], client: [HALF], both: [HALF], maybe: [STUCK, PIPE], busyS: 95 }), name: 'bsd-half-cure' },
]
