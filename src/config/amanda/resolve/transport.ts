// How the client of a host is reached: `auth` and what belongs to it, from the dumptypes of its disks and from outside the sections.

import type { TransportInput } from '../../stock-clients.ts'
import { STOCK_CLIENT_DEFAULTS as DEFAULTS } from '../../defaults.ts'
import type { AmandaDisk } from '../disklist.ts'
import type { Ledger, SettingsReader } from './ledger.ts'

type StockTransportInput = Exclude<TransportInput, string>

const AUTHS = ['bsdtcp', 'bsdudp', 'bsd', 'ssh', 'local'] as const
type SocketAuth = Exclude<(typeof AUTHS)[number], 'ssh' | 'local'>
/** Names of services that Amanda's clients have in /etc/services. */
const SERVICES: Readonly<Record<string, number>> = { amanda: 10_080, kamanda: 10_081 }
const PORT_MAX = 65_535
const TRIES_MAX = 20
const REPLY_SECONDS_MAX = 1_000_000

/** Undefined, with an error, when nothing here speaks so. The disks are those of one host; the first decides. */
export function transportInput(host: string, disks: readonly AmandaDisk[], ledger: Ledger): StockTransportInput | undefined {
  const [first, ...others] = disks.map(({ dumptype }) => ledger.of(dumptype))
  if (first === undefined) return undefined
  const given = first.text('AUTH')
  const auth = AUTHS.find((one) => one === given.toLowerCase())
  if (auth === undefined) {
    first.remark('AUTH', 'unusable', `${host}: the auth ${given} is not spoken here; bsdtcp, bsdudp, bsd, ssh and local are`)
    return undefined
  }
  const port = portOf(first, auth)
  for (const other of others) {
    if (other.text('AUTH').toLowerCase() !== auth) other.remark('AUTH', 'changed', `${host} is reached over ${auth}, as its first disk says`)
    if (portOf(other, auth) !== port) other.remark('CLIENT_PORT', 'changed', `${host} is reached at ${port === undefined ? 'the usual port' : `port ${port}`}, as its first disk says`)
  }
  const globals = ledger.of()
  const replySeconds = globals.number('CTIMEOUT', 1, REPLY_SECONDS_MAX)
  const requestTries = globals.number('REQ_TRIES', 1, TRIES_MAX)
  return {
    auth,
    ...(port === undefined || auth === 'local' ? {} : { port }),
    ...(auth === 'ssh' || auth === 'local' ? programOf(auth, first) : socketOf(auth, globals)),
    ...(replySeconds * 1000 === DEFAULTS.replyTimeoutMs ? {} : { ctimeout: replySeconds * 1000 }),
    ...(requestTries === DEFAULTS.requestTries ? {} : { 'req-tries': requestTries }),
  }
}

/** How amandad is started there. What is empty is as Amanda was built. */
function programOf(auth: 'ssh' | 'local', dumptype: SettingsReader): Partial<StockTransportInput> {
  const given: [key: 'client-username' | 'amandad-path' | 'ssh-keys', text: string][] = [['client-username', dumptype.line('CLIENT_USERNAME')], ['amandad-path', dumptype.text('AMANDAD_PATH')]]
  if (auth === 'ssh') given.push(['ssh-keys', dumptype.text('SSH_KEYS')])
  for (const [key, text] of given) if (key !== 'client-username' && text !== '' && !text.startsWith('/')) dumptype.remark(key.toUpperCase().replaceAll('-', '_'), 'unusable', `\`${text}\` must be a whole path, from \`/\` on`)
  return Object.fromEntries(given.filter(([, text]) => text !== ''))
}

function socketOf(auth: SocketAuth, globals: SettingsReader): Partial<StockTransportInput> {
  const user = globals.line('DUMPUSER')
  const connectTries = globals.number('CONNECT_TRIES', 1, TRIES_MAX)
  return { ...(user === '' ? {} : { user }), ...(connectTries === DEFAULTS.connectTries ? {} : { 'connect-tries': connectTries }), ...portsOf(auth, globals) }
}

/** Undefined: the usual one. */
function portOf(dumptype: SettingsReader, auth: (typeof AUTHS)[number]): number | undefined {
  const given = dumptype.text('CLIENT_PORT')
  if (given === '') return undefined
  const port = SERVICES[given.toLowerCase()] ?? (/^\d{1,5}$/.test(given) ? Number(given) : 0)
  if (port >= 1 && port <= PORT_MAX) return port === DEFAULTS.port && auth !== 'ssh' ? undefined : port
  dumptype.remark('CLIENT_PORT', 'unusable', `\`${given}\` is no port from 1 to ${PORT_MAX}`)
  return undefined
}

/** Each auth has the ports of its own side only; firewalls may know them. */
function portsOf(auth: SocketAuth, globals: SettingsReader): Partial<StockTransportInput> {
  const range = (keyword: string, usual?: { readonly first: number; readonly last: number }): string | undefined => {
    const value = globals.value(keyword)
    if (value.kind !== 'range' || value.from < 1 || value.from > value.to) return undefined
    return usual?.first === value.from && usual.last === value.to ? undefined : `${value.from}-${value.to}`
  }
  const tcp = auth === 'bsdtcp' ? range('RESERVED_TCP_PORT', DEFAULTS.reservedTcpPorts) : undefined
  const udp = auth === 'bsdtcp' ? undefined : range('RESERVED_UDP_PORT', DEFAULTS.reservedUdpPorts)
  const streams = auth === 'bsdtcp' ? undefined : range('UNRESERVED_TCP_PORT')
  return { ...(tcp === undefined ? {} : { 'reserved-tcp-port': tcp }), ...(udp === undefined ? {} : { 'reserved-udp-port': udp }), ...(streams === undefined ? {} : { 'unreserved-tcp-port': streams }) }
}
