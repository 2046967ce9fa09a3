// What becomes of settings that are not taken into the model: one line each, by the section in which they stand. A setting that the resolver takes needs no line here, and
// one that it learns to take loses it. What has no line at all is "not used yet".

import type { ParameterScope } from '../parameters.ts'
import type { RemarkKind } from './remark.ts'

interface Fate {
  readonly kind: RemarkKind
  readonly outcome: string
}

const LATER: Fate = { kind: 'not-used-yet', outcome: 'not used yet' }
const PROGRAMS: Fate = { kind: 'elsewhere', outcome: "read by the programs with Amanda's names; a server of Holdfast keeps its own in its directories" }
const OWN_LOGS: Fate = { kind: 'unneeded', outcome: 'left out: Holdfast has its own log' }
const OWN_REPORTS: Fate = { kind: 'elsewhere', outcome: "read by the programs with Amanda's names; reports of Holdfast have their own form" }
const CLIENT_SIDE: Fate = { kind: 'unneeded', outcome: 'left out: it is of interest to the client only, which has its own' }
const NO_TAPE: Fate = { kind: 'unneeded', outcome: 'left out: it is of interest to tape drives only' }
const NO_EFFECT: Fate = { kind: 'unneeded', outcome: 'left out: it has no effect' }
const SSL_ONLY: Fate = { kind: 'unneeded', outcome: 'left out: it is of interest to the auth ssl only' }
const HOLDING_ONLY: Fate = { kind: 'unneeded', outcome: 'left out: there is no holding disk' }
const FLUSHING = 'AUTOFLUSH FLUSH_THRESHOLD_DUMPED FLUSH_THRESHOLD_SCHEDULED TAPERFLUSH TAPERALGO'
const SHELL_ONLY: Fate = { kind: 'unneeded', outcome: 'left out: it is of interest to the auths ssh, rsh and local only' }

function all(keywords: string, fate: Fate): Record<string, Fate> {
  return Object.fromEntries(keywords.split(' ').map((keyword) => [keyword, fate]))
}

const PLUGGED = all('COMMENT', NO_EFFECT)

const FATES: Partial<Record<ParameterScope, Readonly<Record<string, Fate>>>> = {
  server: {
    ...all('INFOFILE LOGDIR INDEXDIR TAPELIST DISKFILE COMMAND_FILE TMPDIR AMRECOVER_CHANGER RECOVERY_LIMIT COMPRESS_INDEX SORT_INDEX', PROGRAMS),
    ...all('COLUMNSPEC DISPLAYUNIT REPORT_FORMAT PRINTER REPORT_USE_MEDIA REPORT_NEXT_MEDIA', OWN_REPORTS),
    ...all('DEBUG_AMANDAD DEBUG_RECOVERY DEBUG_AMIDXTAPED DEBUG_AMINDEXD DEBUG_AMRECOVER DEBUG_AUTH DEBUG_EVENT DEBUG_HOLDING DEBUG_PROTOCOL DEBUG_PLANNER DEBUG_DRIVER DEBUG_DUMPER DEBUG_CHUNKER DEBUG_TAPER DEBUG_SELFCHECK DEBUG_SENDSIZE DEBUG_SENDBACKUP DEBUG_DAYS', OWN_LOGS),
    ...all('EJECT_VOLUME DEVICE_OUTPUT_BUFFER_SIZE CHANGERDEV CHANGERFILE', NO_TAPE),
    ...all('USETIMESTAMPS AMRECOVER_DO_FSF AMRECOVER_CHECK_LABEL', NO_EFFECT),
    ...all('KRB5KEYTAB KRB5PRINCIPAL', { kind: 'unneeded', outcome: 'left out: it is of interest to the auth krb5 only' }),
    ...all('SSL_DIR', SSL_ONLY),
    ...all('RESERVED_TCP_PORT RESERVED_UDP_PORT UNRESERVED_TCP_PORT DUMPUSER CTIMEOUT CONNECT_TRIES REQ_TRIES', { kind: 'unneeded', outcome: 'left out: no client is reached in a way that it is of interest to' }),
    ...all('REP_TRIES', CLIENT_SIDE),
    ...all('REST_API_PORT REST_SSL_CERT REST_SSL_KEY', { kind: 'unneeded', outcome: 'left out: there is no REST server' }),
    ...all(`RESERVE ${FLUSHING}`, HOLDING_ONLY),
    MAILER: { kind: 'changed', outcome: 'reports are mailed by /usr/sbin/sendmail' },
    LABEL_NEW_TAPES: { kind: 'not-used-yet', outcome: 'not used: write `autolabel`' },
    INTERACTIVITY: { kind: 'unneeded', outcome: 'left out: an operator is not asked for volumes, the report names them' },
    PROPERTY: { kind: 'not-used-yet', outcome: 'properties outside sections are not used yet' },
    DEVICE_PROPERTY: { kind: 'not-used-yet', outcome: 'properties of devices are not used yet' },
    ...all('TPCHANGER TAPEDEV TAPETYPE RUNTAPES AUTOLABEL LABELSTR', { kind: 'unneeded', outcome: 'left out: what the storage or another setting says is used instead' }),
    VAULT_STORAGE: { kind: 'not-used-yet', outcome: 'copies to another storage are not made yet' },
  },
  dumptype: {
    ...all('COMMENT', NO_EFFECT),
    ...all('SSL_FINGERPRINT_FILE SSL_CERT_FILE SSL_KEY_FILE SSL_CA_CERT_FILE SSL_CIPHER_LIST SSL_CHECK_HOST SSL_CHECK_CERTIFICATE_HOST SSL_CHECK_FINGERPRINT', SSL_ONLY),
    ...all('SSH_KEYS AMANDAD_PATH CLIENT_USERNAME', SHELL_ONLY),
    ...all('FALLBACK_SPLITSIZE SPLIT_DISKBUFFER', NO_EFFECT),
    ...all('CLIENT_ENCRYPT SERVER_ENCRYPT CLIENT_DECRYPT_OPTION SERVER_DECRYPT_OPTION CLIENT_CUSTOM_COMPRESS SERVER_CUSTOM_COMPRESS', { kind: 'unneeded', outcome: 'left out: `encrypt` and `compress` of the dumptype do not ask for it' }),
    ...all('COMPRATE', { kind: 'unneeded', outcome: 'left out: nothing is compressed' }),
    ...all('RECOVERY_LIMIT DUMP_LIMIT', PROGRAMS),
    APPLICATION: { kind: 'unneeded', outcome: 'left out: the program is not APPLICATION' },
    PROPERTY: { kind: 'not-used-yet', outcome: 'properties of a dumptype are not used yet; those of an application are' },
    DATA_PATH: { kind: 'not-used-yet', outcome: 'data comes over the connection to the client, never over DirectTCP' },
  },
  storage: {
    ...all('COMMENT', NO_EFFECT),
    ...all('EJECT_VOLUME DEVICE_OUTPUT_BUFFER_SIZE', NO_TAPE),
    ...all('REPORT_USE_MEDIA REPORT_NEXT_MEDIA', OWN_REPORTS),
    ...all(FLUSHING, HOLDING_ONLY),
    INTERACTIVITY: { kind: 'unneeded', outcome: 'left out: an operator is not asked for volumes, the report names them' },
    LABELSTR: { kind: 'unneeded', outcome: 'left out: labels are made and known by `autolabel`' },
  },
  tapetype: {
    ...all('COMMENT LBL_TEMPL', NO_EFFECT),
    ...all('FILEMARK SPEED BLOCKSIZE READBLOCKSIZE', NO_TAPE),
    ...all('PART_CACHE_TYPE PART_CACHE_DIR PART_CACHE_MAX_SIZE', { kind: 'unneeded', outcome: 'left out: parts of dumps that do not go through a holding disk are always kept in the cache directory until they are on a volume' }),
  },
  interface: PLUGGED,
  holdingdisk: PLUGGED,
  application: PLUGGED,
  script: PLUGGED,
  policy: PLUGGED,
  taperscan: PLUGGED,
  changer: { ...PLUGGED, ...all('CHANGERDEV CHANGERFILE TAPEDEV', NO_TAPE) },
}

export function fateOf(scope: ParameterScope, keyword: string): Fate {
  const fates = FATES[scope] ?? {}
  return Object.hasOwn(fates, keyword) ? (fates[keyword] ?? LATER) : LATER
}
