// amreport's report as text, byte for byte as Amanda 3.5.1 prints it: scripts read it. Facts of the log go in, lines come out.

import { quoteString } from '../../../wire/amanda/quote.ts'
import type { ReportColumns } from './column-spec.ts'
import { inUnit, type DisplayUnit } from './display-unit.ts'
import { fixed } from './fixed.ts'
import { failureDetails, failureLines, strangeDetails, strangeLines } from './failure-lines.ts'
import { LOG_PROGRAMS, type DiskFacts, type LogFacts, type TapeFacts } from './log-facts.ts'
import { nextTapeLines, type NextTapes } from './next-tapes.ts'
import { summaryRows } from './summary-rows.ts'
import { summaryTable } from './summary-table.ts'
import { storedKib, totalsOf, type KindTotals, type ReportTotals } from './totals.ts'

const VERSION_LINE = '(brought to you by Amanda version 3.5.1)'
export const UNFINISHED = '*** THE DUMPS DID NOT FINISH PROPERLY!'
/** Rates from here on have no decimals. */
const WIDE_RATE = 100_000
const RATE_MAX = 9_999_999
const WIDE_PERCENT = 1000
const PERCENT_MAX = 99_999
const NO_VALUE = '-- '
const MONTHS = ['January', 'February', 'March', 'April', 'May', 'June', 'July', 'August', 'September', 'October', 'November', 'December']

/** What a report needs beside the log. */
export interface ReportSettings {
  readonly organisation: string
  readonly configName: string
  readonly columns: ReportColumns
  readonly unit: DisplayUnit
  /** Length of the tapes, KiB. */
  readonly tapeKib: number
  /** What the mark behind a file takes, KiB. */
  readonly fileMarkKib: number
  /** Volumes of these storages are named. */
  readonly storages: ReadonlySet<string>
  /** What waits on the holding disk, KiB; undefined when it is not known. */
  readonly heldKib: number | undefined
  /** Which volumes the next run will use, of each storage of which that is said. */
  readonly nextTapes: readonly (NextTapes & { readonly storage: string })[]
}

/** `November 23, 2026`. */
export function reportDate(datestamp: string): string {
  const [, year = '0', month, day = '2'] = /^(\d{4})(\d\d)(\d\d)/.exec(datestamp) ?? []
  return `${MONTHS[Number(month) - 1] ?? '?'} ${Number(day)}, ${Number(year)}`
}

/** Whether the run came to its end; runs of amvault have no driver. */
export function isFinished({ programs }: LogFacts): boolean {
  return (['driver', 'amvault'] as const).some((name) => programs.get(name)?.isFinished === true)
}

/** Whether anything but a driver alone began. */
function hasRun({ programs }: LogFacts): boolean {
  return (['planner', 'amflush', 'amvault'] as const).some((name) => programs.get(name)?.start !== undefined)
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', '', `${title}:`, ...lines]
}

/** The volumes that the run wrote to, of the storages that are named in reports. */
export function usedTapes({ tapes }: LogFacts, { storages }: ReportSettings): TapeFacts[] {
  return tapes.filter(({ datestamp, storage }) => datestamp !== undefined && (storage === '' || storages.has(storage)))
}

export function tapeErrorLines({ tapeError }: LogFacts): string[] {
  if (tapeError === undefined) return []
  return [tapeError.from === 'config' ? `Not using all tapes because ${tapeError.message.replace(/^\[(.*)\]$/s, '$1')}.` : `*** A TAPE ERROR OCCURRED: ${tapeError.message}.`]
}

function tapeLines(facts: LogFacts, settings: ReportSettings): string[] {
  const { nextTapes, heldKib, unit } = settings
  const labels = usedTapes(facts, settings).map(({ label }) => label)
  const subject = facts.programs.get('amflush') === undefined ? 'These dumps were to' : 'The dumps were flushed to'
  const used = labels.length === 0 ? [] : [`${subject} ${labels.length === 1 ? 'tape' : 'tapes'} ${labels.join(', ')}.`]
  return [...used, ...tapeErrorLines(facts), ...heldLines(facts.tapeError !== undefined, heldKib, unit), ...(hasRun(facts) ? nextTapes.flatMap(nextTapeLines) : [])]
}

/** What waits on the holding disk. A report of an old log does not know. */
function heldLines(hasTapeError: boolean, heldKib: number | undefined, unit: DisplayUnit): string[] {
  if (heldKib !== undefined && heldKib > 0) return [`There are ${fixed(inUnit(heldKib, unit), 0)}${unit} of dumps left in the holding disk.`, 'Run amflush to flush them to tape.']
  if (!hasTapeError) return []
  return heldKib === undefined ? ['Some dumps may have been left in the holding disk.', ''] : ['No dumps are left in the holding disk.']
}

function headLines(facts: LogFacts, settings: ReportSettings): string[] {
  return [
    ...(isFinished(facts) ? [] : [UNFINISHED, '']),
    ...(facts.hostname === undefined ? [] : [`Hostname: ${facts.hostname}`]),
    `Org     : ${settings.organisation}`,
    `Config  : ${settings.configName}`,
    `Date    : ${reportDate(facts.datestamp)}`,
    '',
    ...tapeLines(facts, settings),
  ]
}

function hours(seconds: number): string {
  const minutes = Math.floor(seconds / 60 + 0.5)
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}`
}

function percentage(value: number): string {
  if (value > PERCENT_MAX) return '#####'
  return fixed(value, value < WIDE_PERCENT ? 1 : 0)
}

export function levelList(levels: ReadonlyMap<number, number>): string {
  return [...levels].toSorted(([a], [b]) => a - b).map(([level, count]) => `${level}:${count}`).join(' ')
}

/** How much of a tape is used; `files` are the marks between files. */
export function percentUsed(kib: number, files: number, { tapeKib, fileMarkKib }: ReportSettings): number {
  return tapeKib > 0 ? (100 * (kib + files * fileMarkKib)) / tapeKib : 0
}

function rate(kib: number, seconds: number): string {
  if (seconds <= 0) return NO_VALUE
  const value = kib / seconds
  return value > RATE_MAX ? '#######' : fixed(value, value < WIDE_RATE ? 1 : 0)
}

/** Of a run that was cut short only the time at the volumes is known. */
export function runSeconds({ programs }: LogFacts, { total }: ReportTotals): number {
  return (['driver', 'amflush', 'amvault'] as const).map((name) => programs.get(name)?.seconds).find((seconds) => seconds !== undefined) ?? total.tapeSeconds
}

/** Amanda lists the parts of each level only when there are some of level 1. */
export function shownPartLevels({ partLevels }: ReportTotals): ReadonlyMap<number, number> {
  return partLevels.has(1) ? partLevels : new Map()
}

function statisticsLines(facts: LogFacts, settings: ReportSettings): string[] {
  const totals: ReportTotals = totalsOf(facts)
  const kinds = [totals.total, totals.full, totals.incremental]
  const row = (title: string, of: (kind: KindTotals) => string, levels?: ReadonlyMap<number, number>): string =>
    `${title.padEnd(23)}${kinds.map((kind) => of(kind).padStart(9)).join('  ')}  ${levels === undefined ? '' : levelList(levels)}`.trimEnd()
  const megs = (kib: number): string => fixed(kib / 1024, 1)
  const once = (title: string, seconds: number): string => `${title.padEnd(24)}${hours(seconds).padStart(8)}`
  return [
    `${''.padEnd(24)}  Total       Full      Incr.   Level:#`,
    `${''.padEnd(24)}--------   --------   --------  --------`,
    once('Estimate Time (hrs:min)', facts.programs.get('planner')?.seconds ?? 0),
    once('Run Time (hrs:min)', runSeconds(facts, totals)),
    row('Dump Time (hrs:min)', (kind) => hours(kind.dumpSeconds)),
    row('Output Size (meg)', (kind) => megs(kind.outputKib)),
    row('Original Size (meg)', (kind) => megs(kind.originalKib)),
    row('Avg Compressed Size (%)', (kind) => (kind.originalKib > 0 ? percentage((100 * kind.outputKib) / kind.originalKib) : NO_VALUE)),
    row('DLEs Dumped', (kind) => String(kind.dumpCount), totals.dumpLevels),
    row('Avg Dump Rate (k/s)', (kind) => rate(kind.outputKib, kind.dumpSeconds)),
    '',
    row('Tape Time (hrs:min)', (kind) => hours(kind.tapeSeconds)),
    row('Tape Size (meg)', (kind) => megs(kind.tapeKib)),
    row('Tape Used (%)', (kind) => percentage(percentUsed(kind.tapeKib, kind.tapedCount + kind.partCount, settings))),
    row('DLEs Taped', (kind) => String(kind.tapedCount), totals.tapedLevels),
    row('Parts Taped', (kind) => String(kind.partCount), shownPartLevels(totals)),
    row('Avg Tp Write Rate (k/s)', (kind) => rate(kind.tapeKib, kind.tapeSeconds)),
  ]
}

/** Estimates that are further off than this are noted. */
const ESTIMATE_OFF_KIB = 100_000
const LABEL_WIDTH_MIN = 19

function usageLines(tapes: readonly TapeFacts[], settings: ReportSettings): string[] {
  const { unit } = settings
  if (tapes.length === 0) return []
  const width = tapes.reduce((widest, { label }) => Math.max(widest, label.length), LABEL_WIDTH_MIN)
  const row = (label: string, cells: readonly string[]): string => `  ${label.padEnd(width)}${cells.map((cell, index) => cell.padStart([7, 13, 7, 6, 6][index] ?? 0)).join('')}`
  return [
    row('Label', ['Time', 'Size', '%', 'DLEs', 'Parts']),
    ...tapes.map(({ label, seconds, kib, dumpCount, partCount }) =>
      row(label, [hours(seconds), `${fixed(inUnit(kib, unit), 0)}${unit}`, percentage(percentUsed(kib, partCount + 1, settings)), String(dumpCount), String(partCount)]),
    ),
  ]
}

export function noteLines(facts: LogFacts): string[] {
  const notes = LOG_PROGRAMS.flatMap((name) => (facts.programs.get(name)?.notes ?? []).map((note) => `  ${name}: ${note.trimStart()}`))
  return [...notes, ...facts.disks.flatMap(estimateLines)]
}

/** Dumps that came out far smaller than planner thought. */
function estimateLines({ host, disk, estimate, dumps }: DiskFacts): string[] {
  if (estimate === undefined) return []
  const sizes = dumps.flatMap(({ tries }) => tries.map(storedKib)).filter((kib) => kib !== undefined && estimate.kib - kib > ESTIMATE_OFF_KIB)
  return sizes.flatMap((kib) => [`  big estimate: ${host} ${quoteString(disk)} ${estimate.level}`, `                  est: ${estimate.kib}K    out ${kib}K`])
}

export function textReport(facts: LogFacts, settings: ReportSettings): string {
  const lines = [
    ...headLines(facts, settings),
    ...section('FAILURE DUMP SUMMARY', failureLines(facts)),
    ...section('STRANGE DUMP SUMMARY', strangeLines(facts)),
    ...section('STATISTICS', statisticsLines(facts, settings)),
    ...section('USAGE BY TAPE', usageLines(facts.tapes, settings)),
    ...section('FAILED DUMP DETAILS', failureDetails(facts)),
    ...section('STRANGE DUMP DETAILS', strangeDetails(facts)),
    ...section('NOTES', noteLines(facts)),
    ...section('DUMP SUMMARY', summaryTable(summaryRows(facts), settings.columns, settings.unit)),
    '',
    VERSION_LINE,
  ]
  // Behind volumes that have a label already stands one blank line, not two.
  const head = headLines(facts, settings).length
  const isLabelled = hasRun(facts) && (settings.nextTapes.at(-1)?.labelled.length ?? 0) > 0
  return `${(isLabelled ? lines.toSpliced(head, 1) : lines).join('\n')}\n`
}
