// Hosts that keep their unchanged Amanda client: `transport` of a host, and what its disks may ask for. docs/stock-clients.md.

import { z } from 'zod'
import type { Complain } from './dumptypes.ts'
import { STOCK_CLIENT_DEFAULTS as DEFAULTS } from './defaults.ts'
import type { DiskListEntry, PortRangeConfig, StockAuth, StockClientConfig } from './resolved.ts'
import { countSchema, durationSchema, pathSchema, textSchema } from './value-schemas.ts'
import type { ValuePath } from './yaml-document.ts'

/** Those of Amanda that are not spoken here. */
const OTHER_AUTHS: Readonly<Record<string, string>> = {
  krb5: 'cannot be `krb5`, which is not spoken here: use `ssh` or `bsdtcp`',
  rsh: 'cannot be `rsh`, which protects nothing: use `ssh`',
  ssl: 'cannot be `ssl`, which is not spoken here, nor by the amandad of Debian: use `ssh`, which encrypts as well',
}

const auth = z
  .enum(['tether', 'bsdtcp', 'bsdudp', 'bsd', 'ssh', 'local'], { error: ({ input }) => OTHER_AUTHS[String(input)] })
  .meta({ description: 'tether: an agent of Holdfast; the others: an unchanged Amanda client, with the auth that its amandad is started with' })

/** What a shell of the client passes on as it is. */
const PLAIN_PATH = /^\/[\w./+@%:,=-]+$/
/** Nothing that ssh would take for an option of its own. */
const PLAIN_NAME = /^[\w.:][\w.:@%-]*$/

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
      port: countSchema('Port of its amandad; with ssh that of sshd', 1, 65_535).optional(),
      'client-username': textSchema('With ssh: whom to log in as; with local: who runs amandad').optional(),
      'ssh-keys': pathSchema('With ssh: file with the private key').optional(),
      'amandad-path': pathSchema('With ssh and local: where amandad is on the client').optional(),
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

type Settings = Exclude<TransportInput, string>

const SOCKET_SETTINGS = ['user', 'connect-tries', 'reserved-tcp-port', 'reserved-udp-port', 'unreserved-tcp-port'] as const
const PROGRAM_SETTINGS = ['client-username', 'amandad-path'] as const

/** A setting that would do nothing is a mistake of the one who wrote it. */
function idleSettings(settings: Settings): readonly (keyof Settings)[] {
  switch (settings.auth) {
    case 'tether':
      return []
    case 'ssh':
      return SOCKET_SETTINGS
    case 'local':
      return [...SOCKET_SETTINGS, 'port', 'ssh-keys', 'keepalive', 'connect-timeout']
    case 'bsdtcp':
    case 'bsdudp':
    case 'bsd':
      return [...PROGRAM_SETTINGS, 'ssh-keys']
  }
}

function checkSettings(host: string, settings: Settings, path: ValuePath, complain: Complain): void {
  for (const key of idleSettings(settings)) {
    if (settings[key] !== undefined) complain([...path, 'transport', key], `\`${key}\` means nothing with the transport ${settings.auth}`, 'Remove it.')
  }
  const plain = (key: keyof Settings, text: string | undefined, form: RegExp): void => {
    if (text !== undefined && !form.test(text)) complain([...path, 'transport', ...(settings[key] === undefined ? [] : [key])], `\`${text}\` cannot be a word of a command`, 'Use letters, digits and the characters `. _ - / @ : +`, not beginning with `-`.')
  }
  if (settings.auth !== 'ssh' && settings.auth !== 'local') return
  plain('address', settings.address ?? host, PLAIN_NAME)
  plain('client-username', settings['client-username'], PLAIN_NAME)
  plain('amandad-path', settings['amandad-path'], PLAIN_PATH)
}

/** Undefined: an agent of Holdfast. `path` is that of the host. */
export function stockClientOf(host: string, input: TransportInput | undefined, path: ValuePath, complain: Complain): StockClientConfig | undefined {
  const given = typeof input === 'object' ? input : { auth: input ?? 'tether' }
  if (given.auth === 'tether') {
    if (Object.keys(given).length > 1) complain([...path, 'transport'], 'an agent of Holdfast is found by its key: nothing else is set of the transport `tether`', 'Remove what stands beside `auth`.')
    return undefined
  }
  const settings: Settings = given
  checkSettings(host, settings, path, complain)
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
    amandad: {
      path: settings['amandad-path'] ?? DEFAULTS.amandadPath,
      login: settings['client-username'] ?? DEFAULTS.clientUsername,
      keyFile: settings['ssh-keys'],
      port: settings.port,
    },
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
