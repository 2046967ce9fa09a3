// Rows of the database ⇄ records of the contract. NULL is an absent property, lists are JSON, booleans are 0 and 1.

import type { DumpFilter, DumpId, DumpRecord, HostRecord, LinkEventRecord, PartRecord, RunId, RunRecord, VolumeRecord } from './contract.ts'

export type SqlValue = string | number | null
export type Row = Readonly<Record<string, unknown>>

function text(row: Row, column: string): string {
  return String(row[column])
}

function number(row: Row, column: string): number {
  return Number(row[column])
}

/** `{[key]: value}`, or nothing for NULL. */
function optional<Key extends string, Value>(row: Row, column: string, key: Key, convert: (value: unknown) => Value): { [Name in Key]?: Value } {
  const value = row[column]
  return value === null || value === undefined ? {} : ({ [key]: convert(value) } as { [Name in Key]?: Value })
}

const asText = String
const asNumber = Number
const asRun = (value: unknown): RunId => String(value) as RunId
const asLines = (value: unknown): string[] => JSON.parse(String(value)) as string[]

/** What `putDump` writes; `verified_ms` is read beside them. */
export const DUMP_COLUMNS =
  'id, run, host, disk, level, base_run, status, outcome, fault_code, message, started_ms, ended_ms, native_bytes, stored_bytes, native_crc, client_crc, server_crc, holding_path, strange_lines, attempts, estimated_bytes, manifest, read_bytes, unchanged_bytes'

export function dumpToRow(dump: DumpRecord): SqlValue[] {
  return [
    dump.id, dump.run, dump.host, dump.disk, dump.level, dump.baseRun ?? null, dump.status, dump.outcome ?? null, dump.faultCode ?? null, dump.message ?? null,
    dump.startedMs, dump.endedMs ?? null, dump.nativeBytes, dump.storedBytes, dump.nativeCrc ?? null, dump.clientCrc ?? null, dump.serverCrc ?? null,
    dump.holdingPath ?? null, dump.strangeLines === undefined ? null : JSON.stringify(dump.strangeLines), dump.attempts, dump.estimatedBytes ?? null,
    dump.manifest ?? null, dump.readBytes ?? null, dump.unchangedBytes ?? null,
  ].map((value) => (typeof value === 'number' ? Math.round(value) : value))
}

export function dumpOfRow(row: Row): DumpRecord {
  return {
    id: text(row, 'id') as DumpId,
    run: text(row, 'run') as RunId,
    host: text(row, 'host'),
    disk: text(row, 'disk'),
    level: number(row, 'level'),
    ...optional(row, 'base_run', 'baseRun', asRun),
    status: text(row, 'status') as DumpRecord['status'],
    ...optional(row, 'outcome', 'outcome', (value) => String(value) as NonNullable<DumpRecord['outcome']>),
    ...optional(row, 'fault_code', 'faultCode', asText),
    ...optional(row, 'message', 'message', asText),
    startedMs: number(row, 'started_ms'),
    ...optional(row, 'ended_ms', 'endedMs', asNumber),
    nativeBytes: number(row, 'native_bytes'),
    storedBytes: number(row, 'stored_bytes'),
    ...optional(row, 'native_crc', 'nativeCrc', asText),
    ...optional(row, 'client_crc', 'clientCrc', asText),
    ...optional(row, 'server_crc', 'serverCrc', asText),
    ...optional(row, 'holding_path', 'holdingPath', asText),
    ...optional(row, 'strange_lines', 'strangeLines', asLines),
    attempts: number(row, 'attempts'),
    ...optional(row, 'estimated_bytes', 'estimatedBytes', asNumber),
    ...optional(row, 'verified_ms', 'verifiedMs', asNumber),
    ...optional(row, 'manifest', 'manifest', asText),
    ...optional(row, 'read_bytes', 'readBytes', asNumber),
    ...optional(row, 'unchanged_bytes', 'unchangedBytes', asNumber),
  }
}

export function partOfRow(row: Row): PartRecord {
  return { dump: text(row, 'dump') as DumpId, partNumber: number(row, 'part_number'), label: text(row, 'label'), fileNumber: number(row, 'file_number'), bytes: number(row, 'bytes') }
}

export function volumeOfRow(row: Row): VolumeRecord {
  return {
    label: text(row, 'label'),
    storage: text(row, 'storage'),
    slot: text(row, 'slot'),
    ...optional(row, 'run', 'run', asRun),
    bytes: number(row, 'bytes'),
    isReusable: number(row, 'is_reusable') !== 0,
  }
}

export function runOfRow(row: Row): RunRecord {
  return {
    id: text(row, 'id') as RunId,
    startedMs: number(row, 'started_ms'),
    ...optional(row, 'ended_ms', 'endedMs', asNumber),
    status: text(row, 'status') as RunRecord['status'],
    reason: text(row, 'reason') as RunRecord['reason'],
  }
}

export function hostOfRow(row: Row): HostRecord {
  return { host: text(row, 'host'), keyFingerprints: asLines(row['key_fingerprints']), ...optional(row, 'last_seen_ms', 'lastSeenMs', asNumber) }
}

export function linkEventOfRow(row: Row): LinkEventRecord {
  return {
    atMs: number(row, 'at_ms'),
    host: text(row, 'host'),
    kind: text(row, 'kind') as LinkEventRecord['kind'],
    ...optional(row, 'code', 'code', asText),
    ...optional(row, 'milliseconds', 'milliseconds', asNumber),
    ...optional(row, 'bytes_resent', 'bytesResent', asNumber),
  }
}

/** A WHERE clause (or nothing) and its values. */
export function whereOf(filter: DumpFilter): { readonly clause: string; readonly values: SqlValue[] } {
  const conditions: string[] = []
  const values: SqlValue[] = []
  const add = (condition: string, value: string | undefined): void => {
    if (value === undefined) return
    conditions.push(condition)
    values.push(value)
  }
  add('host = ?', filter.host)
  add('disk = ?', filter.disk)
  add('run = ?', filter.run)
  add('status = ?', filter.status)
  add('run <= ?', filter.notAfter)
  return { clause: conditions.length === 0 ? '' : ` WHERE ${conditions.join(' AND ')}`, values }
}
