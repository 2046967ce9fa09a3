// Hosts that keep their unchanged Amanda client: `transport` of a host, and what its disks may ask for. docs/stock-clients.md.

import { z } from 'zod'
import type { Complain } from './dumptypes.ts'
import { STOCK_CLIENT_DEFAULTS as DEFAULTS } from './defaults.ts'
import type { DiskListEntry, PortRangeConfig, StockAuth, StockClientConfig } from './resolved.ts'
import { countSchema, durationSchema, textSchema } from './value-schemas.ts'
import type { ValuePath } from './yaml-document.ts'

const auth = z.enum(['tether', 'bsdtcp', 'bsdudp', 'bsd']).meta({ description: 'tether: an agent of Holdfast; the others: an unchanged Amanda client, with the auth that its amandad is started with' })

const portRange = (description: string): z.ZodType<string> =>
  z
    .string()
    .regex(/^\d{1,5}-\d{1,5}$/, 'must be a range of ports such as `512-1023`')
    .meta({ description })

export const transportSchema = z
  .union([
    auth,
    z.strictObject({
      auth,
      address: textSchema('Name or address of the client; default: the name of the host').optional(),
      port: countSchema('Port of its amandad', 1, 65_535).optional(),
      user: textSchema('User that .amandahosts of the client allows; default: the one that runs the server').optional(),
      ctimeout: durationSchema('For the answer to a check', { min: 1000 }).optional(),
      'connect-timeout': durationSchema('For one try to connect', { min: 1000 }).optional(),
      'connect-tries': countSchema('Tries to connect', 1, 20).optional(),
      'req-tries': countSchema('How often a request is sent that is not acknowledged within 10 s', 1, 20).optional(),
      keepalive: durationSchema('A silent connection sends a probe so often', { min: 1000, max: 7_200_000 }).optional(),
      'reserved-tcp-port': portRange('Ports of this server from which bsdtcp connects; below 1024').optional(),
      'reserved-udp-port': portRange('Ports of this server from which bsdudp and bsd ask; below 1024').optional(),
      'unreserved-tcp-port': portRange('Ports of this server from which bsdudp and bsd connect their streams; default: any').optional(),
    }),
  ])
  .meta({ description: 'How the host is reached' })

export type TransportInput = z.output<typeof transportSchema>

const PORT_MAX = 65_535
const RESERVED_PORT_MAX = 1023

/** Undefined: an agent of Holdfast. `path` is that of the host. */
export function stockClientOf(host: string, input: TransportInput | undefined, path: ValuePath, complain: Complain): StockClientConfig | undefined {
  const given = typeof input === 'object' ? input : { auth: input ?? 'tether' }
  if (given.auth === 'tether') {
    if (Object.keys(given).length > 1) complain([...path, 'transport'], 'an agent of Holdfast is found by its key: nothing else is set of the transport `tether`', 'Remove what stands beside `auth`.')
    return undefined
  }
  const settings: Exclude<TransportInput, string> = given
  const range = (key: 'reserved-tcp-port' | 'reserved-udp-port' | 'unreserved-tcp-port', max: number): PortRangeConfig | undefined => {
    const text = settings[key]
    if (text === undefined) return undefined
    const [first = 0, last = 0] = text.split('-').map(Number)
    if (first < 1 || first > last || last > max) complain([...path, 'transport', key], `\`${text}\` is no range of ports from 1 to ${max}`, max === RESERVED_PORT_MAX ? 'Amanda answers requests from ports below 1024 only: write for example `512-1023`.' : 'Write for example `50000-50100`.')
    return { first, last }
  }
  return {
    host,
    auth: given.auth,
    address: settings.address ?? host,
    port: settings.port ?? DEFAULTS.port,
    user: settings.user,
    replyTimeoutMs: settings.ctimeout ?? DEFAULTS.replyTimeoutMs,
    connectTimeoutMs: settings['connect-timeout'] ?? DEFAULTS.connectTimeoutMs,
    connectTries: settings['connect-tries'] ?? DEFAULTS.connectTries,
    requestTries: settings['req-tries'] ?? DEFAULTS.requestTries,
    keepaliveMs: settings.keepalive ?? DEFAULTS.keepaliveMs,
    reservedTcpPorts: range('reserved-tcp-port', RESERVED_PORT_MAX) ?? DEFAULTS.reservedTcpPorts,
    reservedUdpPorts: range('reserved-udp-port', RESERVED_PORT_MAX) ?? DEFAULTS.reservedUdpPorts,
    unreservedTcpPorts: range('unreserved-tcp-port', PORT_MAX),
  }
}

/** What a stock client cannot do is said now and not in the night. */
export function checkStockDisk(entry: DiskListEntry, auth: StockAuth, path: ValuePath, complain: Complain): void {
  const { application, compress } = entry
  if (application.name === 'archive' || application.name === 'command') {
    complain(path, `${entry.host} has the transport ${auth}, and a client of Amanda has no application \`${application.name}\``, 'Write `application: gnutar`, or the name of an application that is installed there, such as `amgtar`.')
  }
  if (application.name === 'gnutar' && Object.keys(application.properties).some((name) => name !== 'default-excludes')) {
    complain(path, `the GNUTAR of a client of Amanda takes no properties`, 'Write `application: amgtar`, which takes them, or remove `properties`.')
  }
  if (compress.kind === 'zstd' && compress.where === 'client') {
    complain(path, `a client of Amanda has no zstd of its own`, 'Write `compress: {kind: zstd, where: server}`, or `compress: gzip`.')
  }
}
