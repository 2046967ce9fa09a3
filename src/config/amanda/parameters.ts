// The parameters of Amanda's configuration, once: a row for each, by the section in which it stands. Keywords are written with `_`; a file may write `-` as well.
// Defaults are those of Debian's build of Amanda 3.5.1, which is also what `amgetconf` prints for a configuration that says nothing.

import { allLabels, choice, hosts, integer, names, noAutolabel, noPatterns, noProperties, noTexts, off, on, real, text, type AmandaValue } from './values.ts'

export const SECTION_TYPES = ['tapetype', 'dumptype', 'interface', 'holdingdisk', 'application', 'script', 'device', 'changer', 'interactivity', 'taperscan', 'policy', 'storage'] as const
export type SectionType = (typeof SECTION_TYPES)[number]
/** Where a parameter stands: outside sections of amanda.conf, of amanda-client.conf, or in a section. */
export type ParameterScope = 'server' | 'client' | SectionType

/** How the value is written; read-value.ts has a reader for each. `kib`: a size in KiB that may have a unit; `blocks`: the same that
 * cannot be negative; `size`: in bytes. */
export type ValueKind =
  | 'text' | 'word' | 'names' | 'integer' | 'kib' | 'blocks' | 'size' | 'real' | 'boolean' | 'flush' | 'compress' | 'encrypt' | 'holding' | 'estimates' | 'strategy' | 'taperalgo' | 'report-on' | 'data-path' | 'priority' | 'rates' | 'patterns'
  | 'time' | 'reserved-udp' | 'reserved-tcp' | 'unreserved-tcp' | 'properties' | 'autolabel' | 'labels' | 'part-cache' | 'hosts' | 'execute-on' | 'side' | 'integer-or-text' | 'texts' | 'selections' | 'vaults'
  | 'application' | 'scripts' | 'interactivity' | 'taperscan' | 'policy' | 'holdingdisks'

/** What the value must be beside; validate.ts has the words. */
export type Rule = 'positive' | 'non-negative' | 'non-zero' | 'disk-blocks' | 'debug' | 'reserve' | 'percent' | 'multiplier' | 'runs' | 'unit' | 'columns' | 'blocksize' | 'chunksize' | 'program' | 'no-space-or-quote' | 'dump-limit' | 'directory'

export interface ParameterRow {
  readonly keyword: string
  readonly kind: ValueKind
  readonly initial: AmandaValue
  readonly rule?: Rule
  readonly isDeprecated?: boolean
}

/** The keyword as the table has it. */
export function canonicalKeyword(word: string): string {
  return word.toUpperCase().replaceAll('-', '_')
}

function row(keyword: string, kind: ValueKind, initial: AmandaValue, rule?: Rule): ParameterRow {
  return rule === undefined ? { keyword, kind, initial } : { keyword, kind, initial, rule }
}

const old = (parameter: ParameterRow): ParameterRow => ({ ...parameter, isDeprecated: true })
const texts = (...keywords: readonly string[]): ParameterRow[] => keywords.map((keyword) => row(keyword, 'text', text('')))

const DEBUGGED = ['AMANDAD', 'RECOVERY', 'AMIDXTAPED', 'AMINDEXD', 'AMRECOVER', 'AUTH', 'EVENT', 'HOLDING', 'PROTOCOL', 'PLANNER', 'DRIVER', 'DUMPER', 'CHUNKER', 'TAPER', 'SELFCHECK', 'SENDSIZE', 'SENDBACKUP']

/** On both sides. */
const SHARED: readonly ParameterRow[] = [
  ...DEBUGGED.map((what) => row(`DEBUG_${what}`, 'integer', integer(what === 'RECOVERY' ? 1 : 0), 'debug')),
  row('DEBUG_DAYS', 'integer', integer(4)),
  row('CTIMEOUT', 'integer', integer(30), 'positive'),
  row('CONNECT_TRIES', 'integer', integer(3), 'positive'),
  row('REP_TRIES', 'integer', integer(5), 'positive'),
  row('REQ_TRIES', 'integer', integer(3), 'positive'),
  row('MAILER', 'text', text('/usr/bin/mail')),
  row('KRB5KEYTAB', 'text', text('/.amanda-v5-keytab')),
  row('KRB5PRINCIPAL', 'text', text('service/amanda')),
  row('TAPEDEV', 'text', text('')),
  row('SSL_DIR', 'text', text('/etc/amanda/ssl')),
  row('PROPERTY', 'properties', noProperties),
  row('RESERVED_UDP_PORT', 'reserved-udp', { kind: 'range', from: 840, to: 860 }),
  row('RESERVED_TCP_PORT', 'reserved-tcp', { kind: 'range', from: 512, to: 1023 }),
  row('UNRESERVED_TCP_PORT', 'unreserved-tcp', { kind: 'range', from: 50_000, to: 50_100 }),
]

/** How a client is reached. */
const REACH = texts('SSL_FINGERPRINT_FILE', 'SSL_CERT_FILE', 'SSL_KEY_FILE', 'SSL_CA_CERT_FILE', 'SSL_CIPHER_LIST', 'SSH_KEYS', 'AMANDAD_PATH', 'CLIENT_USERNAME')
const CHECKS = ['SSL_CHECK_HOST', 'SSL_CHECK_CERTIFICATE_HOST', 'SSL_CHECK_FINGERPRINT'].map((keyword) => row(keyword, 'boolean', on))

/** Of the server and of its storages; a storage that does not say takes what the server says. */
const TAPING: readonly ParameterRow[] = [
  ...texts('TAPEDEV', 'TPCHANGER'),
  row('LABELSTR', 'labels', allLabels),
  row('AUTOLABEL', 'autolabel', noAutolabel),
  row('META_AUTOLABEL', 'text', text(''), 'no-space-or-quote'),
  row('TAPETYPE', 'word', text('DEFAULT_TAPE')),
  row('RUNTAPES', 'integer', integer(1), 'non-negative'),
  row('MAX_DLE_BY_VOLUME', 'integer', integer(1_000_000_000), 'positive'),
  row('TAPERALGO', 'taperalgo', choice('FIRST')),
  row('TAPER_PARALLEL_WRITE', 'integer', integer(1)),
  row('EJECT_VOLUME', 'boolean', off),
  row('DEVICE_OUTPUT_BUFFER_SIZE', 'size', integer(1_310_720)),
  row('AUTOFLUSH', 'flush', choice('no')),
  row('FLUSH_THRESHOLD_DUMPED', 'integer', integer(0), 'non-negative'),
  row('FLUSH_THRESHOLD_SCHEDULED', 'integer', integer(0), 'non-negative'),
  row('TAPERFLUSH', 'integer', integer(0), 'non-negative'),
  row('REPORT_USE_MEDIA', 'boolean', on),
  row('REPORT_NEXT_MEDIA', 'boolean', on),
  row('INTERACTIVITY', 'interactivity', text('')),
  row('TAPERSCAN', 'taperscan', text('')),
]

/** Of the server; dumptypes begin with its values. */
export const OF_DUMPTYPES = ['BUMPDAYS', 'BUMPSIZE', 'BUMPPERCENT', 'BUMPMULT', 'DUMPCYCLE', 'MAXDUMPS'] as const
const SCHEDULING: readonly ParameterRow[] = [
  row('BUMPDAYS', 'integer', integer(2), 'non-negative'),
  row('BUMPSIZE', 'kib', integer(10_240), 'positive'),
  row('BUMPPERCENT', 'integer', integer(0), 'percent'),
  row('BUMPMULT', 'real', real(1.5), 'multiplier'),
  row('DUMPCYCLE', 'integer', integer(10), 'non-negative'),
  row('MAXDUMPS', 'integer', integer(1), 'positive'),
]

const SERVER: readonly ParameterRow[] = [
  ...SHARED.filter(({ keyword }) => keyword !== 'TAPEDEV'),
  ...TAPING,
  ...SCHEDULING,
  row('ORG', 'text', text('DailySet1')),
  row('DUMPUSER', 'text', text('backup')),
  row('CHANGERFILE', 'text', text('changer')),
  row('TAPELIST', 'text', text('tapelist')),
  row('DISKFILE', 'text', text('disklist')),
  row('INFOFILE', 'text', text('/etc/amanda/curinfo')),
  row('LOGDIR', 'text', text('/etc/amanda')),
  row('INDEXDIR', 'text', text('/etc/amanda/index')),
  row('COMMAND_FILE', 'text', text('command_file')),
  row('TMPDIR', 'text', text('/tmp/amanda'), 'directory'),
  row('DUMPORDER', 'text', text('ttt')),
  row('COLUMNSPEC', 'text', text(''), 'columns'),
  row('DISPLAYUNIT', 'text', text('K'), 'unit'),
  ...texts('MAILTO', 'PRINTER', 'CHANGERDEV', 'AMRECOVER_CHANGER', 'REST_SSL_CERT', 'REST_SSL_KEY'),
  old(row('LABEL_NEW_TAPES', 'text', text(''))),
  old(row('USETIMESTAMPS', 'boolean', on)),
  old(row('AMRECOVER_DO_FSF', 'boolean', on)),
  old(row('AMRECOVER_CHECK_LABEL', 'boolean', on)),
  row('DEVICE_PROPERTY', 'properties', noProperties),
  row('HOLDINGDISK', 'holdingdisks', names()),
  row('STORAGE', 'names', names()),
  row('ACTIVE_STORAGE', 'names', names()),
  row('VAULT_STORAGE', 'names', names()),
  row('RUNSPERCYCLE', 'integer', integer(0), 'runs'),
  row('TAPECYCLE', 'integer', integer(15), 'positive'),
  row('NETUSAGE', 'kib', integer(80_000), 'positive'),
  row('INPARALLEL', 'integer', integer(10), 'positive'),
  row('ETIMEOUT', 'integer', integer(300), 'non-zero'),
  row('DTIMEOUT', 'integer', integer(1800), 'positive'),
  row('RESERVE', 'integer', integer(100), 'reserve'),
  row('MAXDUMPSIZE', 'kib', integer(-1)),
  row('REST_API_PORT', 'integer', integer(0), 'positive'),
  row('SEND_AMREPORT_ON', 'report-on', choice('ALL')),
  row('RECOVERY_LIMIT', 'hosts', hosts(false)),
  row('REPORT_FORMAT', 'texts', noTexts),
  row('COMPRESS_INDEX', 'boolean', on),
  row('SORT_INDEX', 'boolean', off),
]

const CLIENT: readonly ParameterRow[] = [
  ...SHARED,
  ...REACH,
  ...CHECKS,
  row('CONF', 'text', text('DailySet1')),
  row('AMDUMP_SERVER', 'text', text('localhost')),
  row('INDEX_SERVER', 'text', text('localhost')),
  row('TAPE_SERVER', 'text', text('localhost')),
  row('AUTH', 'text', text('bsdtcp')),
  row('CLIENT_PORT', 'integer-or-text', text('')),
  row('GNUTAR_LIST_DIR', 'text', text('/var/lib/amanda/gnutar-lists')),
  row('AMANDATES', 'text', text('/var/lib/amanda/amandates')),
  row('HOSTNAME', 'text', text('')),
]

const DUMPTYPE: readonly ParameterRow[] = [
  ...SCHEDULING,
  ...REACH,
  ...CHECKS,
  ...texts('COMMENT', 'CLIENT_ENCRYPT', 'SERVER_ENCRYPT', 'CLIENT_CUSTOM_COMPRESS', 'SERVER_CUSTOM_COMPRESS'),
  row('AUTH', 'text', text('BSDTCP')),
  row('CLIENT_PORT', 'integer-or-text', text('')),
  row('CLIENT_DECRYPT_OPTION', 'text', text('-d')),
  row('SERVER_DECRYPT_OPTION', 'text', text('-d')),
  row('PROGRAM', 'text', text('DUMP'), 'program'),
  row('APPLICATION', 'application', { kind: 'reference', name: '' }),
  row('SCRIPT', 'scripts', names()),
  row('PROPERTY', 'properties', noProperties),
  row('COMPRATE', 'rates', { kind: 'rates', full: 0.5, incremental: 0.5 }),
  row('COMPRESS', 'compress', choice('CLIENT FAST')),
  row('ENCRYPT', 'encrypt', choice('NONE')),
  row('EXCLUDE', 'patterns', noPatterns),
  row('INCLUDE', 'patterns', noPatterns),
  row('ESTIMATE', 'estimates', { kind: 'choices', words: ['CLIENT'], separator: ' ' }),
  row('HOLDINGDISK', 'holding', choice('AUTO')),
  row('PRIORITY', 'priority', choice('MEDIUM')),
  row('STRATEGY', 'strategy', choice('STANDARD')),
  row('STARTTIME', 'time', { kind: 'time', value: 0 }),
  row('DATA_PATH', 'data-path', choice('AMANDA')),
  row('RECOVERY_LIMIT', 'hosts', hosts(false)),
  row('DUMP_LIMIT', 'hosts', hosts(true), 'dump-limit'),
  row('MAXPROMOTEDAY', 'integer', integer(10_000), 'non-negative'),
  row('MAX_WARNINGS', 'integer', integer(20), 'non-negative'),
  row('RETRY_DUMP', 'integer', integer(2), 'positive'),
  row('TAG', 'texts', noTexts),
  ...['IGNORE', 'KENCRYPT', 'SKIP_FULL', 'SKIP_INCR'].map((keyword) => row(keyword, 'boolean', off)),
  ...['INDEX', 'RECORD', 'ALLOW_SPLIT'].map((keyword) => row(keyword, 'boolean', on)),
  old(row('TAPE_SPLITSIZE', 'kib', integer(0), 'non-negative')),
  old(row('FALLBACK_SPLITSIZE', 'kib', integer(10_240))),
  old(row('SPLIT_DISKBUFFER', 'text', text(''))),
]

const TAPETYPE: readonly ParameterRow[] = [
  ...texts('COMMENT', 'LBL_TEMPL', 'PART_CACHE_DIR'),
  row('BLOCKSIZE', 'blocks', integer(32), 'blocksize'),
  row('READBLOCKSIZE', 'blocks', integer(32), 'blocksize'),
  row('LENGTH', 'kib', integer(2000), 'non-negative'),
  row('FILEMARK', 'kib', integer(1)),
  row('SPEED', 'integer', integer(200), 'non-negative'),
  row('PART_SIZE', 'kib', integer(0), 'non-negative'),
  row('PART_CACHE_TYPE', 'part-cache', choice('NONE')),
  row('PART_CACHE_MAX_SIZE', 'kib', integer(0), 'non-negative'),
]

/** What a storage reads differently from the server. */
const IN_STORAGE: Readonly<Record<string, ParameterRow>> = {
  TAPETYPE: row('TAPETYPE', 'text', text('DEFAULT_TAPE')),
  TAPERSCAN: row('TAPERSCAN', 'text', text('')),
  RUNTAPES: row('RUNTAPES', 'integer', integer(1)),
  MAX_DLE_BY_VOLUME: row('MAX_DLE_BY_VOLUME', 'integer', integer(1_000_000_000)),
}

const STORAGE: readonly ParameterRow[] = [
  ...texts('COMMENT'),
  row('TAPEPOOL', 'text', text(''), 'no-space-or-quote'),
  ...TAPING.map((parameter) => IN_STORAGE[parameter.keyword] ?? parameter),
  row('POLICY', 'policy', text('')),
  row('ERASE_VOLUME', 'boolean', off),
  row('ERASE_ON_FAILURE', 'boolean', off),
  row('ERASE_ON_FULL', 'boolean', off),
  row('SET_NO_REUSE', 'boolean', off),
  row('DUMP_SELECTION', 'selections', { kind: 'selections', selections: [] }),
  row('VAULT', 'vaults', { kind: 'vaults', vaults: [] }),
]

const PLUGGED = [...texts('COMMENT', 'PLUGIN'), row('PROPERTY', 'properties', noProperties)]

export const PARAMETERS: Readonly<Record<ParameterScope, ReadonlyMap<string, ParameterRow>>> = {
  server: tableOf(SERVER),
  client: tableOf(CLIENT),
  dumptype: tableOf(DUMPTYPE),
  tapetype: tableOf(TAPETYPE),
  storage: tableOf(STORAGE),
  interface: tableOf([...texts('COMMENT'), row('USE', 'kib', integer(80_000), 'positive'), row('SRC_IP', 'text', text('NULL'))]),
  holdingdisk: tableOf([...texts('COMMENT', 'DIRECTORY'), row('USE', 'kib', integer(0), 'disk-blocks'), row('CHUNKSIZE', 'kib', integer(1_048_576), 'chunksize')]),
  application: tableOf([...PLUGGED, ...texts('CLIENT_NAME')]),
  script: tableOf([
    ...PLUGGED,
    ...texts('CLIENT_NAME'),
    row('EXECUTE_ON', 'execute-on', { kind: 'choices', words: [], separator: ', ' }),
    row('EXECUTE_WHERE', 'side', choice('CLIENT')),
    row('ORDER', 'integer', integer(5000)),
    row('SINGLE_EXECUTION', 'boolean', off),
  ]),
  device: tableOf([...texts('COMMENT', 'TAPEDEV'), row('DEVICE_PROPERTY', 'properties', noProperties)]),
  changer: tableOf([...texts('COMMENT', 'TAPEDEV', 'TPCHANGER', 'CHANGERDEV', 'CHANGERFILE'), row('PROPERTY', 'properties', noProperties), row('DEVICE_PROPERTY', 'properties', noProperties)]),
  interactivity: tableOf(PLUGGED),
  taperscan: tableOf(PLUGGED),
  policy: tableOf([...texts('COMMENT'), ...['RETENTION_TAPES', 'RETENTION_DAYS', 'RETENTION_RECOVER', 'RETENTION_FULL'].map((keyword) => row(keyword, 'integer', integer(0)))]),
}

function tableOf(rows: readonly ParameterRow[]): ReadonlyMap<string, ParameterRow> {
  return new Map(rows.map((parameter) => [parameter.keyword, parameter]))
}
