// The dump summary as lines: cells are formatted, columns that may grow are made as wide as their widest cell, and the heads stand over their groups.

import type { ColumnName, ReportColumns } from './column-spec.ts'
import { COLUMN_NAMES } from './column-spec.ts'
import { inUnit, type DisplayUnit } from './display-unit.ts'
import { fixed } from './fixed.ts'
import type { SummaryRow, TapeCell } from './summary-rows.ts'

const NO_VALUE = '-- '
/** A dump whose size changed by less was not compressed. */
const SAME_PERCENT = 0.5

/** Columns over which one head stands. */
const GROUPS: readonly (readonly ColumnName[])[] = [['HostName', 'Disk', 'Level'], ['OrigKB', 'OutKB', 'Compress'], ['DumpTime', 'DumpRate'], ['TapeTime', 'TapeRate']]
const LEFT: ReadonlySet<ColumnName> = new Set(['HostName', 'Disk', 'Level'])

type Cells = Partial<Record<ColumnName, string>>

interface Line {
  readonly cells: Cells
  /** A word in the middle of the dumper's columns. */
  readonly dumpWord?: string
  readonly suffix?: string
  /** Rules from the first column of sizes on, behind the cells. */
  readonly isRuled?: boolean
}

function minutes(seconds: number): string {
  const whole = Math.floor(seconds + 0.5)
  return `${Math.floor(whole / 60)}:${String(whole % 60).padStart(2, '0')}`
}

function titles(unit: DisplayUnit): Record<ColumnName, string> {
  return { HostName: 'HOSTNAME', Disk: 'DISK', Level: 'L', OrigKB: `ORIG-${unit}B`, OutKB: `OUT-${unit}B`, Compress: 'COMP%', DumpTime: 'MMM:SS', DumpRate: 'KB/s', TapeTime: 'MMM:SS', TapeRate: 'KB/s' }
}

function tapeCells(tape: TapeCell, columns: ReportColumns): Cells {
  switch (tape.kind) {
    case 'none':
      return {}
    case 'failed':
      return { TapeTime: 'FAILED', TapeRate: 'FAILED' }
    case 'stats':
      return { TapeTime: minutes(tape.seconds).slice(0, columns.TapeTime.precision), TapeRate: fixed(tape.rate, columns.TapeRate.precision) }
  }
}

function lineOf(row: SummaryRow, columns: ReportColumns, unit: DisplayUnit): Line {
  switch (row.kind) {
    case 'ruled':
      return { cells: { HostName: row.host, Disk: row.disk, OrigKB: row.word }, isRuled: true }
    case 'word':
      return { cells: { HostName: row.host, Disk: row.disk }, dumpWord: row.word }
    case 'again':
      return { cells: tapeCells(row.tape, columns), dumpWord: 'FLUSH', ...suffixOf(row.tape) }
    case 'dump': {
      const { originalKib, outputKib, dump } = row
      const size = (kib: number, precision: number): string => (kib === 0 ? '' : fixed(inUnit(kib, unit), precision))
      const ratio = originalKib > 0 && !row.isPartial ? (100 * outputKib) / originalKib : 100
      const cells: Cells = {
        HostName: row.host,
        Disk: row.disk,
        Level: String(row.level),
        OrigKB: size(originalKib, columns.OrigKB.precision),
        OutKB: size(outputKib, columns.OutKB.precision),
        Compress: Math.abs(ratio - 100) < SAME_PERCENT ? NO_VALUE : fixed(ratio, columns.Compress.precision),
        ...(dump.kind === 'stats' ? { DumpTime: minutes(dump.seconds).slice(0, columns.DumpTime.precision), DumpRate: fixed(dump.rate, columns.DumpRate.precision) } : {}),
        ...tapeCells(row.tape, columns),
      }
      return { cells, ...(dump.kind === 'word' ? { dumpWord: dump.word } : {}), ...suffixOf(row.tape) }
    }
  }
}

function suffixOf(tape: TapeCell): { readonly suffix?: string } {
  return tape.kind === 'stats' && tape.isPartial ? { suffix: ' PARTIAL' } : {}
}

function centred(word: string, width: number): string {
  return `${' '.repeat(Math.max(0, Math.floor((width - word.length) / 2)))}${word}`.padEnd(width)
}

export function summaryTable(rows: readonly SummaryRow[], columns: ReportColumns, unit: DisplayUnit): string[] {
  const lines = rows.map((row) => lineOf(row, columns, unit))
  const heads = titles(unit)
  const widths = Object.fromEntries(
    COLUMN_NAMES.map((name) => {
      const { width, grows } = columns[name]
      return [name, grows ? lines.reduce((widest, { cells, isRuled }) => Math.max(widest, isRuled === true && name === 'OrigKB' ? 0 : (cells[name]?.length ?? 0)), Math.max(width, heads[name].length)) : width]
    }),
  ) as Record<ColumnName, number>
  const cell = (name: ColumnName, text: string): string => `${' '.repeat(columns[name].space)}${LEFT.has(name) ? text.padEnd(widths[name]) : text.padStart(widths[name])}`
  const groupWidths = GROUPS.map((group, index) => group.reduce((sum, name) => sum + columns[name].space + widths[name], 0) - (index === 0 ? 0 : columns[group[0] ?? 'HostName'].space))
  const gap = (index: number): string => ' '.repeat(columns[GROUPS[index]?.[0] ?? 'HostName'].space)
  const total = groupWidths.reduce((sum, width, index) => sum + width + (index === 0 ? 0 : gap(index).length), 0)
  const [names = 0, sizes = 0, dumps = 0, tapes = 0] = groupWidths
  const text = ({ cells, dumpWord, suffix, isRuled }: Line): string => {
    const group = (index: number): string => (GROUPS[index] ?? []).map((name) => cell(name, cells[name] ?? '')).join('')
    if (isRuled === true) {
      const start = `${group(0)}${gap(1)}${cells.OrigKB ?? ''} `
      return `${start}${'-'.repeat(Math.max(0, total - start.length))}`
    }
    return `${group(0)}${group(1)}${dumpWord === undefined ? group(2) : `${gap(2)}${centred(dumpWord, dumps)}`}${group(3)}${suffix ?? ''}`
  }
  const head = `${' '.repeat(names)}${gap(1)}${' '.repeat(sizes)}${gap(2)}${centred('DUMPER STATS', dumps)}${gap(3)}${centred('TAPER STATS', tapes)}`.trimEnd()
  const titleLine = COLUMN_NAMES.map((name) => cell(name, heads[name])).join('')
  const rules = groupWidths.map((width, index) => `${index === 0 ? '' : gap(index)}${'-'.repeat(width)}`).join('')
  return [head, titleLine, rules, ...lines.map(text)]
}
