// What the doctor knows about the rows of a run, grouped: one note a code, however many dumps it is about. Shared by report, status and the lines
// of a run that ends. Pure.

import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { Severity } from '../doctor/contract.ts'
import { moduleFile } from '../kernel/module-file.ts'
import { printable } from './text-table.ts'

/** Amanda's reports are as wide. */
export const REPORT_COLUMNS = 80
/** Dumps that are named; the rest is counted. */
const NAMES_MAX = 3

export interface NotedDump {
  readonly host: string
  readonly disk: string
  readonly level: number
}

/** As `--json` gives it. */
export interface DoctorNote {
  readonly code: string
  readonly severity: Severity
  readonly symptom: string
  /** What to do first. */
  readonly advice: string
  /** Command that tells the rest. */
  readonly explain: string
  /** Page of the documentation, relative to its directory. */
  readonly page: string
  readonly dumps: readonly NotedDump[]
}

/** The kinds are hundreds of files, and most runs have no code: they are loaded for the first one. Not by `import()`, as lines are made at once. */
function kindOf(code: string): ReturnType<typeof import('../doctor/fault-kinds.ts').kindOfCode> {
  const kinds = createRequire(import.meta.url)(fileURLToPath(moduleFile('../doctor/fault-kinds', import.meta.url))) as typeof import('../doctor/fault-kinds.ts')
  return kinds.kindOfCode(code)
}

function noteOf(code: string, dumps: readonly NotedDump[]): DoctorNote | undefined {
  const kind = kindOf(code)
  if (kind === undefined) return undefined
  return { code, severity: kind.severity, symptom: kind.symptom, advice: kind.advice, explain: `holdfast doctor explain ${code}`, page: `doctor/${code}.md`, dumps }
}

/** One note for each code, in the order in which the rows have them. */
export function doctorNotes(rows: readonly (NotedDump & { readonly doctorCodes?: readonly string[] })[]): DoctorNote[] {
  const byCode = new Map<string, NotedDump[]>()
  for (const { host, disk, level, doctorCodes = [] } of rows) for (const code of doctorCodes) byCode.set(code, [...(byCode.get(code) ?? []), { host, disk, level }])
  return [...byCode].map(([code, dumps]) => noteOf(code, dumps)).filter((note) => note !== undefined)
}

/** `text` in lines of at most `columns`: the first begins with `first`, the others with blanks. Longer words stand alone. */
export function wrapText(text: string, first: string, indent: number, columns = REPORT_COLUMNS): string[] {
  const lines: string[] = []
  let line = first
  let isEmpty = true
  for (const word of text.split(' ')) {
    if (!isEmpty && line.length + 1 + word.length > columns) {
      lines.push(line)
      line = ' '.repeat(indent)
      isEmpty = true
    }
    line += isEmpty ? word : ` ${word}`
    isEmpty = false
  }
  return [...lines, line]
}

/** `[code] advice` below a row. */
export function adviceLines(code: string): string[] {
  const kind = kindOf(code)
  return wrapText(kind?.advice ?? 'This code is not known here.', `    [${code}] `, 6)
}

/** The last line below advice. */
export const EXPLAIN_LINE = '  `holdfast doctor explain CODE` says more about a code in brackets.'

function namesOf(dumps: readonly NotedDump[]): string {
  const named = [...new Set(dumps.map(({ host, disk }) => printable(`${host}:${disk}`)))]
  const more = named.length - NAMES_MAX
  return `${named.slice(0, NAMES_MAX).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

/** Lines for a status or the end of a run: the dumps, the code, and what to do. */
export function noteLines(notes: readonly DoctorNote[]): string[] {
  if (notes.length === 0) return []
  return [...notes.flatMap(({ code, dumps }) => [...wrapText(namesOf(dumps), '  ', 4), ...adviceLines(code)]), EXPLAIN_LINE]
}
