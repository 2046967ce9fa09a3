// What a report says about one run, as a value: pure over the catalog's records. The text form is in report-text.ts; `--json` prints
// this value. Sizes are bytes, times milliseconds.

import type { DumpRecord, LinkEventRecord, PartRecord, RunRecord, VolumeRecord } from '../../catalog/contract.ts'
import { codesOfDump } from '../../doctor/dump-codes.ts'
import type { PruneOutcome } from '../../server/vault/prune-notes.ts'
import type { MailOutcome } from '../../server/control/contract.ts'
import { doctorNotes, type DoctorNote } from '../doctor-notes.ts'
import { codeOfHeld, exitCode } from '../exit-codes.ts'

export interface ReportInput {
  readonly configName: string
  readonly organisation: string
  readonly hostname: string
  readonly run: RunRecord
  readonly dumps: readonly DumpRecord[]
  /** Parts of those dumps. */
  readonly parts: readonly PartRecord[]
  readonly volumes: readonly VolumeRecord[]
  readonly linkEvents: readonly LinkEventRecord[]
  /** Disks that the configuration tells to skip. */
  readonly skipped?: readonly { readonly host: string; readonly disk: string }[]
  readonly mailFailures?: readonly MailOutcome[]
  readonly pruned?: PruneOutcome | undefined
  /** Whole dumps of earlier runs that this one could not write to a volume either. */
  readonly heldBefore?: readonly DumpRecord[]
}

export interface Totals {
  readonly dumpCount: number
  readonly nativeBytes: number
  readonly storedBytes: number
  readonly dumpMs: number
  readonly tapedCount: number
  readonly tapedBytes: number
  readonly partCount: number
}

/** What became of a dump: one word a row. */
export type RowState = 'good' | 'strange' | 'partial' | 'failed' | 'missing' | 'running' | 'skipped'

export interface ReportRow {
  readonly host: string
  readonly disk: string
  readonly level: number
  readonly state: RowState
  readonly nativeBytes: number
  readonly storedBytes: number
  readonly durationMs: number | undefined
  readonly attempts: number
  /** Labels it is on, in order; empty while it is on the holding disk, and when nothing is kept. */
  readonly labels: readonly string[]
  readonly isOnHolding: boolean
  readonly isInVault: boolean
  /** Of a dump that the agent cut itself. */
  readonly readBytes?: number
  readonly unchangedBytes?: number
  readonly message: string | undefined
  readonly faultCode: string | undefined
  readonly strangeLines: readonly string[]
  /** The doctor's codes of what failed or was strange, the gravest first. */
  readonly doctorCodes: readonly string[]
}

export interface VolumeUse {
  readonly label: string
  readonly bytes: number
  readonly dumpCount: number
  readonly partCount: number
}

export interface LinkSummary {
  readonly host: string
  readonly cutCount: number
  readonly resentBytes: number
  readonly codes: readonly string[]
  /** The last heartbeat that was learned, if one was. */
  readonly learnedHeartbeatMs: number | undefined
}

export interface ReportView {
  readonly configName: string
  readonly organisation: string
  readonly hostname: string
  readonly run: RunRecord
  readonly exitCode: number
  readonly total: Totals
  readonly full: Totals
  readonly incremental: Totals
  /** Dumps at each incremental level. */
  readonly levels: readonly { readonly level: number; readonly count: number }[]
  readonly rows: readonly ReportRow[]
  readonly volumes: readonly VolumeUse[]
  readonly links: readonly LinkSummary[]
  readonly holdingBytes: number
  /** Dumps of earlier runs that could not be written to a volume in this one either. */
  readonly heldBefore: readonly ReportRow[]
  /** What the keep rules of the vault did last, or would do; undefined: there are none, or it is an older run. */
  readonly pruned: PruneOutcome | undefined
  /** What the doctor knows about the rows: one for each code. */
  readonly findings: readonly DoctorNote[]
  /** Reports of this or earlier runs that could not be mailed and were not told of yet. */
  readonly mailFailures: readonly MailOutcome[]
}

function stateOf(dump: DumpRecord, run: RunRecord): RowState {
  switch (dump.status) {
    case 'running':
      return run.status === 'running' ? 'running' : 'missing'
    case 'partial':
      return 'partial'
    case 'failed':
      return 'failed'
    case 'complete':
      return dump.outcome === 'strange' ? 'strange' : 'good'
  }
}

/** A dump whose end nobody saw has no fault of its own; a whole one has one only while it waits on the holding disk. */
function codesOf(dump: DumpRecord, state: RowState): string[] {
  switch (state) {
    case 'missing':
      return codesOfDump({ faultCode: 'run-crashed', message: dump.message })
    case 'failed':
    case 'partial':
      return codesOfDump({ faultCode: dump.faultCode, message: dump.message, lines: dump.strangeLines })
    default:
      return dump.holdingPath === undefined ? codesOfDump({ lines: dump.strangeLines }) : codesOfDump({ faultCode: dump.faultCode, message: dump.message, lines: dump.strangeLines })
  }
}

function rowOf(dump: DumpRecord, input: ReportInput): ReportRow {
  const state = stateOf(dump, input.run)
  const parts = input.parts.filter((part) => part.dump === dump.id)
  return {
    host: dump.host,
    disk: dump.disk,
    level: dump.level,
    state,
    nativeBytes: dump.nativeBytes,
    storedBytes: dump.storedBytes,
    durationMs: dump.endedMs === undefined ? undefined : Math.max(0, dump.endedMs - dump.startedMs),
    attempts: dump.attempts,
    labels: [...new Set(parts.map((part) => part.label))],
    isOnHolding: dump.holdingPath !== undefined,
    isInVault: dump.manifest !== undefined,
    ...(dump.readBytes === undefined ? {} : { readBytes: dump.readBytes }),
    ...(dump.unchangedBytes === undefined ? {} : { unchangedBytes: dump.unchangedBytes }),
    message: dump.message,
    faultCode: dump.faultCode,
    strangeLines: dump.strangeLines ?? [],
    doctorCodes: codesOf(dump, state),
  }
}

function skippedRow({ host, disk }: { readonly host: string; readonly disk: string }): ReportRow {
  const nothing = { level: 0, nativeBytes: 0, storedBytes: 0, durationMs: undefined, attempts: 0, labels: [], isOnHolding: false, isInVault: false, faultCode: undefined, strangeLines: [], doctorCodes: [] }
  return { host, disk, state: 'skipped', message: 'the configuration says strategy: skip', ...nothing }
}

function totalsOf(dumps: readonly DumpRecord[], input: ReportInput): Totals {
  const kept = dumps.filter((dump) => dump.status === 'complete' || dump.status === 'partial')
  const ids = new Set<string>(kept.map((dump) => dump.id))
  const parts = input.parts.filter((part) => ids.has(part.dump))
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
  return {
    dumpCount: kept.length,
    nativeBytes: sum(kept.map((dump) => dump.nativeBytes)),
    storedBytes: sum(kept.map((dump) => dump.storedBytes)),
    dumpMs: sum(kept.map((dump) => Math.max(0, (dump.endedMs ?? dump.startedMs) - dump.startedMs))),
    tapedCount: new Set(parts.map((part) => part.dump)).size,
    tapedBytes: sum(parts.map((part) => part.bytes)),
    partCount: parts.length,
  }
}

function volumeUses(input: ReportInput): VolumeUse[] {
  const labels = [...new Set(input.parts.map((part) => part.label))].toSorted()
  return labels.map((label) => {
    const parts = input.parts.filter((part) => part.label === label)
    return { label, bytes: parts.reduce((total, part) => total + part.bytes, 0), dumpCount: new Set(parts.map((part) => part.dump)).size, partCount: parts.length }
  })
}

function linkSummaries(events: readonly LinkEventRecord[]): LinkSummary[] {
  return [...new Set(events.map((event) => event.host))].toSorted().map((host) => {
    const own = events.filter((event) => event.host === host)
    const cuts = own.filter((event) => event.kind === 'down')
    return {
      host,
      cutCount: cuts.length,
      resentBytes: own.reduce((total, event) => total + (event.bytesResent ?? 0), 0),
      codes: [...new Set(cuts.flatMap((event) => (event.code === undefined ? [] : [event.code])))].toSorted(),
      learnedHeartbeatMs: own.findLast((event) => event.kind === 'path-learned')?.milliseconds,
    }
  })
}

/** The bits of amdump's exit code that apply (docs/exit-codes.md). */
function runExitCode(rows: readonly ReportRow[], run: RunRecord): number {
  const has = (test: (row: ReportRow) => boolean): boolean => rows.some(test)
  let code = 0
  if (has((row) => row.state === 'strange')) code |= exitCode('strange')
  if (has((row) => row.state === 'failed' || row.state === 'partial')) code |= exitCode('failed')
  if (has((row) => row.state === 'missing') || run.status === 'crashed') code |= exitCode('missing')
  return code | heldExitCode(rows)
}

function heldExitCode(rows: readonly ReportRow[]): number {
  return rows.filter((row) => row.isOnHolding && row.state !== 'partial').reduce((code, row) => code | codeOfHeld(row.faultCode), 0)
}

export function buildReport(input: ReportInput): ReportView {
  const dumped = input.dumps.map((dump) => rowOf(dump, input))
  const skipped = (input.skipped ?? []).filter(({ host, disk }) => !dumped.some((row) => row.host === host && row.disk === disk)).map(skippedRow)
  const rows = [...dumped, ...skipped].toSorted((a, b) => compare(a.host, b.host) || compare(a.disk, b.disk) || a.level - b.level)
  // What was strange in them their own run has told.
  const heldBefore = (input.heldBefore ?? []).map((dump) => rowOf({ ...dump, strangeLines: [] }, input))
  const incrementals = input.dumps.filter((dump) => dump.level > 0)
  const levels = [...new Set(incrementals.map((dump) => dump.level))].toSorted((a, b) => a - b)
  return {
    configName: input.configName,
    organisation: input.organisation,
    hostname: input.hostname,
    run: input.run,
    exitCode: runExitCode(rows, input.run) | heldExitCode(heldBefore),
    total: totalsOf(input.dumps, input),
    full: totalsOf(input.dumps.filter((dump) => dump.level === 0), input),
    incremental: totalsOf(incrementals, input),
    levels: levels.map((level) => ({ level, count: incrementals.filter((dump) => dump.level === level).length })),
    rows,
    volumes: volumeUses(input),
    links: linkSummaries(input.linkEvents),
    holdingBytes: rows.filter((row) => row.isOnHolding).reduce((total, row) => total + row.storedBytes, 0),
    heldBefore,
    findings: doctorNotes([...rows, ...heldBefore]),
    pruned: input.pruned,
    mailFailures: input.mailFailures ?? [],
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
