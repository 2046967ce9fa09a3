// A report as text, in the shape Amanda's operators know: failures first, then what was strange, statistics, volumes, a row a dump.
// Sizes are KiB and MiB as in Amanda's reports.

import { formatDuration, formatSize } from '../../config/units.ts'
import { adviceLines, EXPLAIN_LINE, wrapText } from '../doctor-notes.ts'
import { codeOfHeld, exitCode } from '../exit-codes.ts'
import { formatRun } from '../run-text.ts'
import { formatTable, printable, type Column } from '../text-table.ts'
import type { ReportRow, ReportView, RowState, Totals } from './report-view.ts'

const VERSION_LINE = '(brought to you by Holdfast)'

function nameOf(row: ReportRow): string {
  const quoted = /[\s"]/.test(row.disk) ? JSON.stringify(row.disk) : row.disk
  return printable(`${row.host} ${quoted} lev ${row.level}`)
}

function section(title: string, lines: readonly string[]): string[] {
  return lines.length === 0 ? [] : ['', '', `${title}:`, ...lines]
}

/** Rows with their lines; those of the same codes stand together, with what to do below them, each code's advice once. */
function advisedLines(rows: readonly { readonly row: ReportRow; readonly line: string }[]): string[] {
  const told = new Set<string>()
  const groups = Map.groupBy(rows, ({ row }) => row.doctorCodes.join(' '))
  const lines = [...groups.values()].flatMap((group) => {
    const codes = group[0]?.row.doctorCodes ?? []
    const advice = codes.flatMap((code) => {
      if (told.has(code)) return [`    [${code}] see above`]
      told.add(code)
      return adviceLines(code)
    })
    return [...group.map(({ line }) => line), ...advice]
  })
  return told.size === 0 ? lines : [...lines, EXPLAIN_LINE]
}

const FAILURE_WORDS: Partial<Record<RowState, string>> = { failed: 'FAILED', partial: 'PARTIAL', missing: 'MISSING' }

/** A whole dump that cannot be read from the holding disk. */
function isDamagedThere(row: ReportRow): boolean {
  return row.state !== 'partial' && row.isOnHolding && codeOfHeld(row.faultCode) === exitCode('failed')
}

function failureLines(view: ReportView): string[] {
  const failed = advisedLines(
    [...view.rows, ...view.heldBefore.filter(isDamagedThere)].flatMap((row) => {
      const word = FAILURE_WORDS[row.state] ?? (isDamagedThere(row) ? 'NOT ON A VOLUME' : undefined)
      if (word === undefined) return []
      const reason = row.state === 'missing' ? 'the run was cut short before its outcome was known' : (row.message ?? 'no reason was recorded')
      return [{ row, line: `  ${nameOf(row)}  ${word} [${printable(reason)}]` }]
    }),
  )
  const retried = view.rows.filter((row) => (row.state === 'good' || row.state === 'strange') && row.attempts > 1).map((row) => `  ${nameOf(row)}  was successfully retried`)
  return [...failed, ...retried]
}

/** Why dumps of the run are not on volumes, once for each reason. */
function volumeErrorLines(view: ReportView): string[] {
  const held = [...view.rows, ...view.heldBefore].filter((row) => row.isOnHolding && row.state !== 'partial' && codeOfHeld(row.faultCode) === exitCode('volume'))
  const reasons = Map.groupBy(held, (row) => row.message ?? 'no reason was recorded')
  const told = new Set<string>()
  return [...reasons].flatMap(([reason, rows]) => {
    const codes = [...new Set(rows.flatMap((row) => row.doctorCodes))].filter((code) => !told.has(code))
    for (const code of codes) told.add(code)
    return [...wrapText(`[${printable(reason)}].`, '*** A TAPE ERROR OCCURRED: ', 2), ...codes.flatMap(adviceLines)]
  })
}

function minutes(ms: number): string {
  const total = Math.round(ms / 60_000)
  return `${Math.floor(total / 60)}:${String(total % 60).padStart(2, '0')}`
}

function mebibytes(bytes: number): string {
  return (bytes / 1024 ** 2).toFixed(1)
}

function ratePerSecond(bytes: number, ms: number): string {
  return bytes === 0 || ms === 0 ? '--' : (bytes / 1024 / (ms / 1000)).toFixed(1)
}

function statisticsLines(view: ReportView): string[] {
  const columns = [view.total, view.full, view.incremental]
  const row = (title: string, value: (totals: Totals) => string, last = ''): string => `${title.padEnd(24)}${columns.map((totals) => value(totals).padStart(11)).join('')}  ${last}`.trimEnd()
  const levels = view.levels.map(({ level, count }) => `${level}:${count}`).join(' ')
  const runMs = (view.run.endedMs ?? view.run.startedMs) - view.run.startedMs
  return [
    `${''.padEnd(24)}${['Total', 'Full', 'Incr.'].map((word) => word.padStart(11)).join('')}  Level:#`,
    `${''.padEnd(24)}${'   --------'.repeat(3)}  --------`,
    `${'Run Time (hrs:min)'.padEnd(24)}${minutes(runMs).padStart(11)}`,
    row('Dump Time (hrs:min)', (totals) => minutes(totals.dumpMs)),
    row('Output Size (meg)', (totals) => mebibytes(totals.storedBytes)),
    row('Original Size (meg)', (totals) => mebibytes(totals.nativeBytes)),
    row('Avg Compressed Size (%)', (totals) => (totals.nativeBytes === 0 ? '--' : ((100 * totals.storedBytes) / totals.nativeBytes).toFixed(1))),
    row('DLEs Dumped', (totals) => String(totals.dumpCount), levels),
    row('Avg Dump Rate (k/s)', (totals) => ratePerSecond(totals.storedBytes, totals.dumpMs)),
    '',
    ...(view.rows.some(({ isInVault }) => isInVault) ? vaultStatistics(view) : tapeStatistics(row)),
  ]
}

/** The bytes that were work, of dumps that agents cut themselves. */
function vaultStatistics({ rows }: ReportView): string[] {
  const total = (title: string, of: (row: ReportRow) => number): string => `${title.padEnd(24)}${mebibytes(rows.reduce((sum, row) => sum + of(row), 0)).padStart(11)}`
  return [total('Read (meg)', ({ readBytes }) => readBytes ?? 0), total('Unchanged (meg)', ({ unchangedBytes }) => unchangedBytes ?? 0), total('New in Vault (meg)', ({ isInVault, storedBytes }) => (isInVault ? storedBytes : 0))]
}

function tapeStatistics(row: (title: string, value: (totals: Totals) => string) => string): string[] {
  return [
    row('Tape Size (meg)', (totals) => mebibytes(totals.tapedBytes)),
    row('DLEs Taped', (totals) => String(totals.tapedCount)),
    row('Parts Taped', (totals) => String(totals.partCount)),
  ]
}

const VOLUME_COLUMNS: readonly Column[] = [{ title: '  Label' }, { title: 'Size', align: 'right' }, { title: 'DLEs', align: 'right' }, { title: 'Parts', align: 'right' }]

function volumeLines(view: ReportView): string[] {
  if (view.volumes.length === 0) return []
  const rows = view.volumes.map((volume) => [`  ${volume.label}`, `${Math.ceil(volume.bytes / 1024)}K`, String(volume.dumpCount), String(volume.partCount)])
  return formatTable(VOLUME_COLUMNS, rows).trimEnd().split('\n')
}

function noteLines(view: ReportView): string[] {
  const links = view.links.map((link) => {
    const words = [`  ${link.host}: the link was cut ${link.cutCount === 1 ? 'once' : `${link.cutCount} times`}`]
    if (link.codes.length > 0) words.push(` (${link.codes.join(', ')})`)
    words.push(`, ${formatSize(link.resentBytes)} sent again`)
    if (link.learnedHeartbeatMs !== undefined) words.push(`; this path forgets idle links, so the heartbeat is now ${formatDuration(link.learnedHeartbeatMs)}`)
    return words.join('')
  })
  const mail = view.mailFailures.map(({ run, message }) => wrapText(`the report of run ${formatRun(run)} could not be mailed: ${printable(message ?? 'no reason was given')}`, '  ', 4))
  const mailAdvice = view.mailFailures.length === 0 ? [] : adviceLines('report-not-mailed')
  const holding = view.holdingBytes > 0 ? [`  ${formatSize(view.holdingBytes)} wait on the holding disk; \`holdfast flush\` writes them to volumes.`] : []
  return [...links, ...mail.flat(), ...mailAdvice, ...holding, ...prunedLines(view)]
}

function prunedLines({ pruned }: ReportView): string[] {
  if (pruned === undefined || (pruned.removed === 0 && pruned.freedBytes === 0)) return []
  const { removed, kept, freedBytes, isDryRun } = pruned
  const what = isDryRun ? `the keep rules of the vault are new: the next run removes ${removed} dumps and keeps ${kept}; \`holdfast vault prune --dry-run\` says which and why` : `the vault was pruned last with ${removed} dumps removed, ${kept} kept and ${formatSize(freedBytes)} freed`
  return wrapText(what, '  ', 4)
}

const DUMP_COLUMNS: readonly Column[] = [
  { title: 'HOSTNAME' },
  { title: 'DISK' },
  { title: 'L' },
  { title: 'ORIG-KB', align: 'right' },
  { title: 'OUT-KB', align: 'right' },
  { title: 'COMP%', align: 'right' },
  { title: 'MMM:SS', align: 'right' },
  { title: 'KB/s', align: 'right' },
  { title: 'WHERE' },
]

function dumpRow(row: ReportRow): string[] {
  const place = row.labels.length > 0 ? row.labels.join(' ') : row.isInVault ? 'VAULT' : row.isOnHolding ? 'HOLDING' : ''
  const start = [row.host, /[\s"]/.test(row.disk) ? JSON.stringify(row.disk) : row.disk, String(row.level)]
  if (row.state === 'failed' || row.state === 'missing' || row.state === 'running' || row.state === 'skipped') return [...start, '', '', '', '', '', row.state.toUpperCase()]
  const seconds = Math.round((row.durationMs ?? 0) / 1000)
  return [
    ...start,
    String(Math.ceil(row.nativeBytes / 1024)),
    String(Math.ceil(row.storedBytes / 1024)),
    row.nativeBytes === 0 || row.nativeBytes === row.storedBytes ? '--' : ((100 * row.storedBytes) / row.nativeBytes).toFixed(1),
    `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`,
    ratePerSecond(row.storedBytes, row.durationMs ?? 0),
    row.state === 'partial' ? `PARTIAL ${place}`.trim() : place,
  ]
}

export function formatReport(view: ReportView): string {
  const head: string[] = []
  if (view.run.status === 'crashed') head.push('*** THE DUMPS DID NOT FINISH PROPERLY!', '')
  if (view.run.status === 'running') head.push('*** THE RUN IS NOT FINISHED YET', '')
  head.push(`Hostname: ${view.hostname}`, `Org     : ${view.organisation}`, `Config  : ${view.configName}`, `Date    : ${formatRun(view.run.id)}`)
  if (view.volumes.length > 0) head.push('', `These dumps were to ${view.volumes.length === 1 ? 'volume' : 'volumes'} ${view.volumes.map((volume) => volume.label).join(', ')}.`)
  const volumeErrors = volumeErrorLines(view)
  if (volumeErrors.length > 0) head.push('', ...volumeErrors, EXPLAIN_LINE)
  const strange = view.rows.filter((row) => row.state === 'strange')
  const strangeDetails = strange.flatMap((row) => [`  /-- ${nameOf(row)} STRANGE`, ...row.strangeLines.map((line) => `  ${printable(line)}`), String.raw`  \--------`, ''])
  const lines = [
    ...head,
    ...section('FAILURE DUMP SUMMARY', failureLines(view)),
    ...section('STRANGE DUMP SUMMARY', advisedLines(strange.map((row) => ({ row, line: `  ${nameOf(row)}  STRANGE (see below)` })))),
    ...section('STATISTICS', statisticsLines(view)),
    ...section('USAGE BY TAPE', volumeLines(view)),
    ...section('STRANGE DUMP DETAILS', strangeDetails),
    ...section('NOTES', noteLines(view)),
    ...section('DUMP SUMMARY', view.rows.length === 0 ? ['  no dump was made'] : formatTable(DUMP_COLUMNS, view.rows.map(dumpRow)).trimEnd().split('\n')),
    '',
    VERSION_LINE,
  ]
  return `${lines.join('\n')}\n`
}
