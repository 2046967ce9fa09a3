// Every default of holdfast.yaml in one place, each with its reason. docs/configuration.md shows the same values.

import { DEFAULT_EXCLUDES } from './default-excludes.ts'
import type { DumptypeOverrides } from './schema.ts'
import { DAY_MS } from './units.ts'

const MIB = 1024 ** 2
const GIB = 1024 ** 3
const SECOND_MS = 1000
const MINUTE_MS = 60 * SECOND_MS
const HOUR_MS = 60 * MINUTE_MS

/** The dumptype every other starts from; a dumptype `default` in the file is laid over it. */
export const DEFAULT_DUMPTYPE = {
  application: 'archive',
  properties: {},
  compress: 'none',
  encrypt: 'none',
  exclude: DEFAULT_EXCLUDES,
  'exclude-lists': [],
  include: [],
  'include-lists': [],
  'lists-optional': true,
  'absolute-excludes': true,
  'skip-full': false,
  'skip-incremental': false,
  priority: 'medium',
  strategy: 'standard',
  spindle: -1,
  // One dump of a host at a time: two that read one disk are slower than one after the other.
  'max-dumps': 1,
  holding: 'auto',
  index: true,
  record: true,
  estimate: 'client',
  scripts: [],
} as const satisfies DumptypeOverrides

export const SERVER_DEFAULTS = {
  name: 'holdfast',
  dumpCycleDays: 7,
  // Damage is found while an older full is still there.
  verifyWithinMs: 30 * DAY_MS,
  // A missed run of last night is worth making up for, one of last week is not.
  catchUpMs: DAY_MS,
  bump: { bytes: 10 * MIB, percent: 0, multiplier: 1.5, days: 2 },
  limits: {
    parallelDumps: 4,
    retries: 2,
    estimateTimeoutMs: 30 * MINUTE_MS,
    dataTimeoutMs: 30 * MINUTE_MS,
    connectTimeoutMs: MINUTE_MS,
  },
  // A snapshot takes seconds, a database that writes out what it holds minutes.
  scriptTimeoutMs: 10 * MINUTE_MS,
  tether: { address: '0.0.0.0', port: 10_090, heartbeatMs: 10 * SECOND_MS, deadAfterMs: 30 * SECOND_MS, sessionHoldMs: 6 * HOUR_MS },
  holding: {
    // Leave room for everything else that lives on the file system.
    useBytes: -GIB,
    chunkBytes: GIB,
  },
  storage: {
    name: 'main',
    slotCount: 30,
    volumeBytes: 100 * GIB,
    // A part is the unit of loss at the end of a volume, and what a direct dump keeps on disk meanwhile.
    partBytes: GIB,
    labelTemplate: '$c-%%%%',
    autolabel: ['empty'],
    volumesPerRun: 8,
    retainVolumes: 1,
    retainDays: 14,
    retainFulls: 2,
  },
  vault: {
    // One set of segments for all: a file that ten hosts have is stored once.
    dedupDomain: 'vault',
    // Faster than most disks; what is higher costs the clients time.
    compressLevel: 1,
  },
  mail: {
    when: 'always',
    // What every mail program calls itself; -i: a line with a dot alone does not end the message.
    program: ['/usr/sbin/sendmail', '-t', '-i'],
    // A mail server that greets slowly to keep spammers off takes half a minute.
    timeoutMs: MINUTE_MS,
  },
} as const

/** Those of Amanda where it has one. */
export const STOCK_CLIENT_DEFAULTS = {
  port: 10_080,
  // Where Debian's package has it, and whom it wants to be run by.
  amandadPath: '/usr/lib/amanda/amandad',
  clientUsername: 'backup',
  replyTimeoutMs: 30 * SECOND_MS,
  // Three tries with their pauses are over before `connect-timeout` of the limits is.
  connectTimeoutMs: 15 * SECOND_MS,
  connectTries: 3,
  requestTries: 3,
  // Shorter than any limit that was seen in a firewall, and 14 packets of 40 bytes a minute.
  keepaliveMs: 5 * SECOND_MS,
  reservedTcpPorts: { first: 512, last: 1023 },
  reservedUdpPorts: { first: 512, last: 1023 },
} as const
