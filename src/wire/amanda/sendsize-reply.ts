// The reply to a sendsize, and its PREPs, which hold all lines so far: sizes of disks at levels in KiB of the unfiltered dump, and
// errors and warnings. A line of another form makes the whole reply `wire-malformed`, as with Amanda's planner.

import { Fault } from '../../kernel/fault.ts'
import { formatOptionsLine, parseOptionsLine } from './options-line.ts'
import { OUR_FEATURES, type FeatureSet } from './features.ts'
import { quoteString, splitWords, unquoteString } from './quote.ts'
import { oneLineText, parseErrorLine } from './service-errors.ts'

export type EstimateLine =
  /** KiB. -1: it cannot be told. -2: this level is not possible. */
  | { readonly kind: 'size'; readonly disk: string; readonly level: number; readonly sizeKib: number }
  | { readonly kind: 'error' | 'warning'; readonly disk: string; readonly level: number; readonly text: string }
  /** About the whole host. */
  | { readonly kind: 'host-error' | 'host-warning'; readonly text: string }

export interface SendsizeReply {
  readonly features?: FeatureSet
  readonly lines: readonly EstimateLine[]
}

const REPLY_CHARACTERS_MAX = 4 * 1024 * 1024
const LINES_MAX = 100_000
/** A size that still fits into a double without loss. */
const SIZE_DIGITS_MAX = 15

function formatLine(line: EstimateLine): string {
  switch (line.kind) {
    case 'size':
      return `${quoteString(line.disk)} ${line.level} SIZE ${line.sizeKib}`
    case 'error':
    case 'warning':
      return `${quoteString(line.disk)} ${line.level} ${line.kind.toUpperCase()} "${quoteString(`${oneLineText(line.text)} `).slice(1, -2)}"`
    case 'host-error':
      return `ERROR ${oneLineText(line.text)}`
    case 'host-warning':
      return `WARNING ${oneLineText(line.text)}`
  }
}

export function formatSendsizeReply(lines: readonly EstimateLine[]): string {
  return `${[formatOptionsLine({ features: OUR_FEATURES }), ...lines.map(formatLine)].join('\n')}\n`
}

function parseLine(line: string): EstimateLine {
  const error = parseErrorLine(line)
  if (error !== undefined) return { kind: 'host-error', text: error }
  if (line.startsWith('WARNING ')) return { kind: 'host-warning', text: line.slice('WARNING '.length) }
  const [disk, level, kind, ...rest] = splitWords(line)
  if (disk === undefined || level === undefined || !/^\d{1,3}$/.test(level)) throw new Fault('wire-malformed', `an estimate has a line ${JSON.stringify(line.slice(0, 200))}`)
  const about = { disk: unquoteString(disk), level: Number(level) }
  const value = rest[0] ?? ''
  if (kind === 'SIZE' && rest.length === 1 && /^-?\d+$/.test(value) && value.length <= SIZE_DIGITS_MAX) return { kind: 'size', ...about, sizeKib: Number(value) }
  if (kind === 'ERROR' || kind === 'WARNING') return { kind: kind === 'ERROR' ? 'error' : 'warning', ...about, text: unquoteString(rest.join(' ')) }
  throw new Fault('wire-malformed', `an estimate has a line ${JSON.stringify(line.slice(0, 200))}`)
}

/** Reads a reply or a PREP. Errors of people's text never throw; lines out of form do. */
export function parseSendsizeReply(body: string): SendsizeReply {
  if (body.length > REPLY_CHARACTERS_MAX) throw new Fault('wire-malformed', `a reply of ${body.length} characters is too long`)
  const lines = body.split('\n').filter((line) => line !== '')
  if (lines.length > LINES_MAX) throw new Fault('wire-malformed', `a reply of ${lines.length} lines is too long`)
  let features: FeatureSet | undefined
  const estimates: EstimateLine[] = []
  for (const line of lines) {
    if (line.startsWith('OPTIONS')) features = parseOptionsLine(line).features ?? features
    else estimates.push(parseLine(line))
  }
  return { lines: estimates, ...(features === undefined ? {} : { features }) }
}
