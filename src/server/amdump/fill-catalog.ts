// The catalog of one run over an Amanda configuration: made for it from curinfo, run logs, tapelist and holding disks, and forgotten after it. It says what the planner's bases are and which
// dumps the volumes hold, so that run, taper and retention work as on any other catalog.

import type { Catalog, DumpId, DumpRecord, PartRecord } from '../../catalog/contract.ts'
import { dumpId, runId } from '../../catalog/ids.ts'
import type { FoundDump } from '../../records/found-dump.ts'
import { timestampOf, timestampSeconds } from '../../records/timestamp.ts'
import type { DiskInfo } from '../../wire/amanda/curinfo.ts'
import type { TapelistEntry } from '../../wire/amanda/tapelist.ts'

export interface RememberedDisk {
  readonly host: string
  readonly disk: string
  readonly info: DiskInfo | undefined
}

const TIMESTAMP = /^\d{14}$/

/** A day without its time is its midnight. */
function runOf(timestamp: string): DumpRecord['run'] | undefined {
  const run = timestamp.padEnd(14, '0')
  return TIMESTAMP.test(run) ? runId(run) : undefined
}

function recordOf(facts: Pick<DumpRecord, 'run' | 'host' | 'disk' | 'level'>, nativeKib: number, storedKib: number, seconds: number): DumpRecord {
  const startedMs = timestampSeconds(facts.run) * 1000
  return { ...facts, id: dumpId(facts.run, facts.host, facts.disk, facts.level), status: 'complete', outcome: 'good', startedMs, endedMs: startedMs + seconds * 1000, nativeBytes: nativeKib * 1024, storedBytes: storedKib * 1024, attempts: 1 }
}

/** The newest dump of each level, which others build on. */
export function remembered({ host, disk, info }: RememberedDisk): DumpRecord[] {
  return (info?.stats ?? []).filter(({ dateS }) => dateS > 0).map(({ level, sizeKib, storedKib, seconds, dateS }) => recordOf({ run: runId(timestampOf(dateS)), host, disk, level }, sizeKib, storedKib, seconds))
}

/** Dumps on volumes with their parts; of copies in several storages, the first. */
export function onVolumes(found: readonly FoundDump[]): { readonly record: DumpRecord; readonly parts: readonly PartRecord[] }[] {
  const dumps = new Map<DumpId, { record: DumpRecord; parts: Map<number, PartRecord> }>()
  for (const { timestamp, host, disk, level, label, fileNumber, partNumber, status, dumpStatus, kib, originalKib, isOnHolding } of found) {
    const run = runOf(timestamp)
    if (isOnHolding || run === undefined || label === '' || fileNumber < 1 || status.startsWith('FAILED')) continue
    const record: DumpRecord = { ...recordOf({ run, host, disk, level }, originalKib, kib, 0), ...(dumpStatus === 'OK' ? {} : { status: 'partial', outcome: 'failed' }) }
    const dump = dumps.get(record.id) ?? { record, parts: new Map<number, PartRecord>() }
    dumps.set(record.id, dump)
    const number = Math.max(1, partNumber)
    if (!dump.parts.has(number)) dump.parts.set(number, { dump: record.id, partNumber: number, label, fileNumber, bytes: kib * 1024 })
  }
  return [...dumps.values()].map(({ record, parts }) => ({ record, parts: [...parts.values()].toSorted((a, b) => a.partNumber - b.partNumber) }))
}

export async function fillCatalog(catalog: Catalog, disks: readonly RememberedDisk[], found: readonly FoundDump[], tapelist: readonly TapelistEntry[], storage: string): Promise<void> {
  for (const { label, datestamp, isReusable, storage: own } of tapelist) {
    const run = runOf(datestamp)
    await catalog.putVolume({ label, storage: own ?? storage, slot: '', ...(run === undefined || datestamp === '0' ? {} : { run }), bytes: 0, isReusable })
  }
  const byDisk = new Map(disks.flatMap((disk) => remembered(disk)).map((record) => [record.id, record]))
  for (const { record, parts } of onVolumes(found)) {
    const known = byDisk.get(record.id)
    byDisk.delete(record.id)
    await catalog.putTapedDump(known === undefined ? record : { ...record, nativeBytes: known.nativeBytes, storedBytes: known.storedBytes }, parts)
  }
  for (const record of byDisk.values()) await catalog.putDump(record)
}
