// amreport's report as JSON, in the keys and values of Amanda 3.5.1: numbers where it has numbers and strings where it has strings, `null` for what is not known. Keys stand
// in one order, where Amanda's change from run to run.

import { reportExitCode } from './exit-status.ts'
import { failureDetails, failureLines, strangeDetails, strangeLines } from './failure-lines.ts'
import type { LogFacts } from './log-facts.ts'
import { summaryRows, type SummaryRow, type TapeCell } from './summary-rows.ts'
import { isFinished, levelList, noteLines, percentUsed, reportDate, runSeconds, shownPartLevels, tapeErrorLines, UNFINISHED, usedTapes, type ReportSettings } from './text-report.ts'
import { totalsOf, type KindTotals } from './totals.ts'

/** Amanda prints this many digits of a number at most. */
const DIGITS = 15

function brief(value: number): number {
  return Number(value.toPrecision(DIGITS))
}

function ratio(part: number, whole: number, factor = 1): number | null {
  return whole > 0 ? brief((factor * part) / whole) : null
}

function statistics(facts: LogFacts, settings: ReportSettings): Record<string, unknown> {
  const totals = totalsOf(facts)
  const each = (of: (kind: KindTotals) => number | null): Record<string, number | null> => ({ total: of(totals.total), full: of(totals.full), incr: of(totals.incremental) })
  return {
    estimate_time: facts.programs.get('planner')?.seconds ?? 0,
    run_time: runSeconds(facts, totals),
    dump_time: each((kind) => brief(kind.dumpSeconds)),
    output_size: each((kind) => kind.outputKib),
    original_size: each((kind) => kind.originalKib),
    avg_compression: each((kind) => ratio(kind.outputKib, kind.originalKib, 100)),
    dles_dumped: each((kind) => kind.dumpCount),
    dumpdisks: levelList(totals.dumpLevels),
    avg_dump_rate: each((kind) => ratio(kind.outputKib, kind.dumpSeconds)),
    tape_time: each((kind) => brief(kind.tapeSeconds)),
    tape_size: each((kind) => kind.tapeKib),
    tape_used: each((kind) => brief(percentUsed(kind.tapeKib, kind.tapedCount + kind.partCount, settings))),
    dles_taped: each((kind) => kind.tapedCount),
    tapedisks: levelList(totals.tapedLevels),
    parts_taped: each((kind) => kind.partCount),
    tapeparts: levelList(shownPartLevels(totals)),
    Avg_tape_write_speed: each((kind) => ratio(kind.tapeKib, kind.tapeSeconds)),
  }
}

function tapeColumns(tape: TapeCell): Record<string, unknown> {
  switch (tape.kind) {
    case 'none':
      return { tape_duration: '', tape_rate: '' }
    case 'failed':
      return { tape_duration: 'FAILED', tape_rate: 'FAILED' }
    case 'stats':
      return { tape_duration: tape.secondsText, tape_rate: tape.rateText }
  }
}

const NO_COLUMNS = { backup_level: '', dump_orig_kb: '', dump_out_kb: '', dump_comp: '', dump_duration: '', dump_rate: '', dump_partial: '', tape_duration: '', tape_rate: '' }

function summaryRow(row: SummaryRow): Record<string, unknown> {
  const always = { configuration_id: 1, dump_timestamp: null, last_tape_label: null }
  switch (row.kind) {
    case 'ruled':
      return { ...always, ...NO_COLUMNS, hostname: row.host, disk_name: row.disk, dle_status: row.word.toLowerCase() }
    case 'word':
      return { ...always, ...NO_COLUMNS, hostname: row.host, disk_name: row.disk, dle_status: `nodump-${row.word}` }
    case 'again':
      return { ...always, ...NO_COLUMNS, hostname: '', disk_name: '', dle_status: 'nodump-FLUSH', ...tapeColumns(row.tape), ...partialColumn(row.tape) }
    case 'dump': {
      const { originalKib, outputKib, dump } = row
      return {
        ...always,
        hostname: row.host,
        disk_name: row.disk,
        backup_level: row.level,
        dump_orig_kb: originalKib === 0 ? '' : originalKib,
        dump_out_kb: outputKib === 0 ? '' : outputKib,
        dump_comp: originalKib > 0 && originalKib !== outputKib && !row.isPartial ? brief((100 * outputKib) / originalKib) : null,
        ...(dump.kind === 'stats' ? { dle_status: 'full', dump_duration: dump.secondsText, dump_rate: dump.rateText } : { dle_status: `nodump-${dump.word}`, dump_duration: '', dump_rate: '' }),
        ...tapeColumns(row.tape),
        ...partialColumn(row.tape),
      }
    }
  }
}

function partialColumn(tape: TapeCell): Record<string, unknown> {
  return { dump_partial: tape.kind === 'stats' && tape.isPartial ? ' PARTIAL' : '' }
}

/** A list that is empty is left out. */
function list(name: string, lines: readonly unknown[]): Record<string, unknown> {
  return lines.length === 0 ? {} : { [name]: lines }
}

function tapeInfo(facts: LogFacts, settings: ReportSettings): Record<string, unknown> {
  const used = usedTapes(facts, settings)
  const storage = Object.fromEntries(
    settings.nextTapes.map((next) => {
      const labels = used.filter((tape) => tape.storage === next.storage).map(({ label }) => label)
      return [next.storage, { new: next.newCount, next_to_use: next.labels.length === 0 ? null : next.labels, ...list('use', labels) }]
    }),
  )
  const held = facts.tapeError === undefined || settings.heldKib !== undefined ? {} : { hdisk: { some_dump: 1 } }
  return { storage, ...held }
}

export function jsonReport(facts: LogFacts, settings: ReportSettings): string {
  const report = {
    head: {
      ...(facts.hostname === undefined ? {} : { hostname: facts.hostname }),
      org: settings.organisation,
      config_name: settings.configName,
      date: reportDate(facts.datestamp),
      timestamp: facts.datestamp,
      status: facts.runnerState ?? null,
      exit_status: reportExitCode(facts),
    },
    ...list('header', [...(isFinished(facts) ? [] : [UNFINISHED]), ...tapeErrorLines(facts)]),
    tapeinfo: tapeInfo(facts, settings),
    ...list('failure_summary', failureLines(facts)),
    ...list('strange_summary', strangeLines(facts)),
    statistic: statistics(facts, settings),
    ...list('usage_by_tape', facts.tapes.map((tape) => ({ configuration_id: 1, tape_label: tape.label, dump_timestamp: null, time_duration: brief(tape.seconds), size: tape.kib, percent_use: brief(percentUsed(tape.kib, tape.partCount + 1, settings)), nb: tape.dumpCount, nc: tape.partCount }))),
    ...list('failure_details', failureDetails(facts)),
    ...list('strange_details', strangeDetails(facts)),
    ...list('notes', noteLines(facts)),
    ...list('summary', summaryRows(facts).map(summaryRow)),
  }
  return `${JSON.stringify(report, null, 3)}\n`
}
