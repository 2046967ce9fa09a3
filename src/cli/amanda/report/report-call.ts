// The command line of amreport. It is used in two ways that cannot be mixed: by operators with long options, who name what is made and where it goes, and by programs
// with letters, for which the configuration says who gets mail.

import { readStockWords, type StockOption } from '../stock-words.ts'

export interface ReportOutput {
  readonly format: 'human' | 'json'
  /** `file` of no name or of `-` is stdout; `mail` to nobody goes to whom the configuration names. */
  readonly to: 'file' | 'mail'
  readonly argument: string
}

export type ReportCall =
  | { readonly kind: 'version' | 'usage' | 'mixed' }
  | { readonly kind: 'refused'; readonly message: string }
  | { readonly kind: 'call'; readonly isScript: boolean; readonly configName: string; readonly overrides: readonly string[]; readonly log: string | undefined; readonly outputs: readonly ReportOutput[] }

const OPTIONS: readonly StockOption[] = [
  { name: 'version' },
  { name: 'help' },
  { name: 'o', takesValue: true },
  { name: 'log', takesValue: true },
  { name: 'format', takesValue: true },
  { name: 'ps', mayTakeValue: true },
  { name: 'text', mayTakeValue: true },
  { name: 'xml', mayTakeValue: true },
  { name: 'print', mayTakeValue: true },
  { name: 'mail-text', mayTakeValue: true },
  { name: 'from-amdump' },
  { name: 'i' },
  { name: 'M', takesValue: true },
  { name: 'f', takesValue: true },
  { name: 'l', takesValue: true },
  { name: 'p', takesValue: true },
]
const OPERATORS = ['log', 'format', 'ps', 'text', 'xml', 'print', 'mail-text']
const SCRIPTS = ['i', 'M', 'f', 'l', 'p', 'from-amdump']

const NO_LABELS = 'labels of volumes in PostScript are not made here: leave out --ps, --print and lbl-templ'

/** `MODULE`, `MODULE:DEST`, `MODULE:DEST,ARGUMENT`. */
function outputOf(spec: string): ReportOutput | string {
  const [module = '', to = 'file', ...rest] = spec.split(':')
  const [destination = '', ...argument] = [to, ...rest].join(':').split(',')
  const [word] = destination.split(':')
  if (module === 'ps' || word === 'print') return NO_LABELS
  if (module !== 'human' && module !== 'json') return `reports are made as human or json, not as ${JSON.stringify(module)}`
  if (word !== 'file' && word !== 'mail') return `a report goes to file or mail, not to ${JSON.stringify(word)}`
  return { format: module, to: word, argument: argument.join(',') }
}

function operatorOutputs(given: ReadonlyMap<string, readonly string[]>): readonly ReportOutput[] | string {
  const outputs: ReportOutput[] = []
  for (const [name, values] of given) {
    for (const value of values) {
      if (name === 'ps' || name === 'print') return NO_LABELS
      const made = name === 'format' ? outputOf(value) : name === 'xml' ? outputOf('xml') : name === 'text' || name === 'mail-text' ? { format: 'human' as const, to: name === 'text' ? ('file' as const) : ('mail' as const), argument: value } : undefined
      if (typeof made === 'string') return made
      if (made !== undefined) outputs.push(made)
    }
  }
  return outputs.length === 0 ? [{ format: 'human', to: 'file', argument: '' }] : outputs
}

export function parseReportCall(line: readonly string[]): ReportCall {
  const { given, words, wrong } = readStockWords(line, OPTIONS)
  const last = (name: string): string | undefined => given.get(name)?.at(-1)
  if (wrong.length > 0 || given.has('help')) return { kind: 'usage' }
  if (given.has('version')) return { kind: 'version' }
  const [configName, ...others] = words
  const isScript = SCRIPTS.some((name) => given.has(name))
  if (isScript && OPERATORS.some((name) => given.has(name))) return { kind: 'mixed' }
  if (configName === undefined || others.length > 0) return { kind: 'usage' }
  if (last('p') !== undefined) return { kind: 'refused', message: NO_LABELS }
  const file = last('f')
  const scriptOutputs: readonly ReportOutput[] = file === undefined ? (given.has('i') ? [] : [{ format: 'human', to: 'mail', argument: last('M') ?? '' }]) : [{ format: 'human', to: 'file', argument: file }]
  const outputs = isScript ? scriptOutputs : operatorOutputs(given)
  if (typeof outputs === 'string') return { kind: 'refused', message: outputs }
  return { kind: 'call', isScript, configName, overrides: given.get('o') ?? [], log: last('log') ?? last('l'), outputs }
}
