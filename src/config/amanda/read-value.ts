// Reads the value of a parameter by its kind. The words of errors are Amanda's; after an error something harmless is the value, and reading goes on.

import type { AmandaLexer } from './lexer.ts'
import { readBlocks, readBytes, readInteger, readKib } from './numbers.ts'
import type { ParameterRow, SectionType } from './parameters.ts'
import type { Report } from './problems.ts'
import { isOver, readAutolabel, readExecuteOn, readHosts, readNames, readPatterns, readProperties, readSelections, readTexts, readVaults, wordOf } from './read-lists.ts'
import { choice, integer, names, noProperties, off, on, text, type AmandaValue } from './values.ts'

/** What reading a value needs to know of the configuration around it. */
export interface Surroundings {
  readonly report: Report
  /** Where the statement stands; undefined outside sections. */
  readonly section: SectionType | undefined
  /** Properties of a dumptype are hidden unless it says otherwise, those of its application are not. */
  readonly arePropertiesVisible: boolean
  /** In a disklist an application must be quoted, and cannot be written inline. */
  readonly isDisklist: boolean
  find(type: SectionType, name: string): { readonly name: string; readonly order: bigint } | undefined
  /** Reads a section that is written in place of its name, after its `{`; returns the name it gets. */
  readInline(type: SectionType): string
}

/** In the order in which they are printed. */
export const SCRIPT_POINTS = [
  'PRE-AMCHECK', 'PRE-DLE-AMCHECK', 'PRE-HOST-AMCHECK', 'POST-DLE-AMCHECK', 'POST-HOST-AMCHECK', 'POST-AMCHECK', 'PRE-ESTIMATE', 'PRE-DLE-ESTIMATE', 'PRE-HOST-ESTIMATE', 'POST-DLE-ESTIMATE', 'POST-HOST-ESTIMATE', 'POST-ESTIMATE',
  'PRE-BACKUP', 'PRE-DLE-BACKUP', 'PRE-HOST-BACKUP', 'POST-BACKUP', 'POST-DLE-BACKUP', 'POST-HOST-BACKUP', 'PRE-RECOVER', 'POST-RECOVER', 'PRE-LEVEL-RECOVER', 'POST-LEVEL-RECOVER', 'INTER-LEVEL-RECOVER',
]

const TRUE_WORDS = ['Y', 'YES', 'T', 'TRUE', 'ON']
const FALSE_WORDS = ['N', 'NO', 'F', 'FALSE', 'OFF']

/** Kinds whose value is one of some words. */
const WORDS: Partial<Record<ParameterRow['kind'], { readonly words: readonly string[]; readonly complaint: string }>> = {
  strategy: { words: ['STANDARD', 'SKIP', 'NOFULL', 'NOINC', 'HANOI', 'INCRONLY'], complaint: 'dump strategy expected' },
  taperalgo: { words: ['FIRST', 'FIRSTFIT', 'LARGEST', 'LARGESTFIT', 'SMALLEST', 'LAST'], complaint: 'FIRST, FIRSTFIT, LARGEST, LARGESTFIT, SMALLEST or LAST expected' },
  'report-on': { words: ['ALL', 'STRANGE', 'ERROR', 'NEVER'], complaint: 'ALL, STRANGE, ERROR or NEVER expected' },
  'data-path': { words: ['AMANDA', 'DIRECTTCP'], complaint: 'AMANDA or DIRECTTCP expected' },
  priority: { words: ['LOW', 'MEDIUM', 'HIGH'], complaint: 'LOW, MEDIUM, HIGH or integer expected' },
  'part-cache': { words: ['NONE', 'DISK', 'MEMORY'], complaint: 'NONE, DISK or MEMORY expected' },
  side: { words: ['CLIENT', 'SERVER'], complaint: 'CLIENT or SERVER expected' },
  encrypt: { words: ['NONE', 'CLIENT', 'SERVER'], complaint: 'NONE, CLIENT or SERVER expected' },
}

/** The value after the keyword of `row`; `before` is what the parameter had. The rest of the statement is not read. */
export function readValue(row: ParameterRow, lexer: AmandaLexer, around: Surroundings, before: AmandaValue): AmandaValue {
  const { report } = around
  const words = WORDS[row.kind]
  if (words !== undefined) {
    const word = wordOf(lexer.next())
    if (words.words.includes(word)) return choice(word)
    report('error', words.complaint)
    return row.initial
  }
  switch (row.kind) {
    case 'text': return text(lexer.expect('string')?.text ?? '')
    case 'word': return text(lexer.expect('word')?.text ?? '')
    case 'names': return names(...readNames(lexer, report))
    case 'integer': return integer(readInteger(lexer, report))
    case 'kib': return integer(readKib(lexer, report))
    case 'blocks': return integer(readBlocks(lexer, report))
    case 'size': return integer(readBytes(lexer, report))
    case 'real': return { kind: 'real', value: lexer.expect('real')?.value ?? 0 }
    case 'boolean': return readBoolean(lexer, report) ? on : off
    case 'flush': return choice(readFlush(lexer, report))
    case 'holding': return choice(readHolding(lexer, report))
    case 'compress': return choice(readCompress(lexer, report))
    case 'estimates': return { kind: 'choices', words: readEstimates(lexer, report), separator: ' ' }
    case 'rates': return readRates(lexer)
    case 'time': return { kind: 'time', value: readTime(lexer, report) }
    case 'patterns': return readPatterns(lexer, before.kind === 'patterns' ? before : { kind: 'patterns', lists: [], files: [], isOptional: false })
    case 'properties': return readProperties(lexer, report, before.kind === 'properties' ? before : noProperties, around.arePropertiesVisible)
    case 'reserved-udp':
    case 'reserved-tcp': return readRange(lexer, report, 1, 1023)
    case 'unreserved-tcp': return readRange(lexer, report, 1024, 65_535)
    case 'autolabel': return readAutolabel(lexer, report)
    case 'labels': return readLabels(lexer, report)
    case 'hosts': return readHosts(lexer, report)
    case 'execute-on': return { kind: 'choices', words: readExecuteOn(lexer, report, SCRIPT_POINTS), separator: ', ' }
    case 'integer-or-text': return readPort(lexer, report)
    case 'texts': return readTexts(lexer, report)
    case 'selections': return readSelections(lexer, report, before.kind === 'selections' ? before : { kind: 'selections', selections: [] })
    case 'vaults': return readVaults(lexer, before.kind === 'vaults' ? before : { kind: 'vaults', vaults: [] })
    case 'application': return { kind: 'reference', name: readReference('application', lexer, around) ?? '' }
    case 'scripts': return readScripts(lexer, around, before)
    case 'interactivity':
    case 'taperscan':
    case 'policy': return text(readReference(row.kind, lexer, around) ?? '')
    default: throw new Error(`no reader for ${row.kind}`)
  }
}

/** A missing value is yes; what is none stays for the end of the statement to complain about. */
function readBoolean(lexer: AmandaLexer, report: Report): boolean {
  const token = lexer.next()
  if (isOver(token) || TRUE_WORDS.includes(wordOf(token))) return true
  if (FALSE_WORDS.includes(wordOf(token))) return false
  if (token.kind === 'integer') return token.value !== 0n
  lexer.unget(token)
  report('error', 'YES, NO, TRUE, FALSE, ON, OFF, 0, 1 expected')
  return false
}

function readFlush(lexer: AmandaLexer, report: Report): 'yes' | 'no' | 'all' {
  const token = lexer.next()
  if (wordOf(token) === 'ALL') return 'all'
  if (isOver(token) || TRUE_WORDS.includes(wordOf(token))) return 'yes'
  if (FALSE_WORDS.includes(wordOf(token))) return 'no'
  if (token.kind === 'integer') return token.value === 0n ? 'no' : token.value === 2n ? 'all' : 'yes'
  lexer.unget(token)
  report('error', '0: YES, NO, ALL, TRUE, FALSE, ON, OFF, 0, 1, 2 expected')
  return 'no'
}

function readHolding(lexer: AmandaLexer, report: Report): string {
  const token = lexer.next()
  if (['NEVER', 'AUTO', 'REQUIRED'].includes(wordOf(token))) return wordOf(token)
  lexer.unget(token)
  let hasFailed = false
  const isOn = readBoolean(lexer, (severity, message) => {
    hasFailed = true
    report(severity, message)
  })
  if (hasFailed) report('error', 'NEVER, AUTO or REQUIRED expected')
  return isOn ? 'AUTO' : 'NEVER'
}

const COMPRESS_WORDS = ['NONE', 'FAST', 'BEST', 'CUSTOM', 'CLIENT', 'SERVER']

function readCompress(lexer: AmandaLexer, report: Report): string {
  const given = new Set<string>()
  let isKnown = true
  for (let token = lexer.next(); isKnown && !isOver(token); token = lexer.next()) {
    isKnown = COMPRESS_WORDS.includes(wordOf(token))
    given.add(wordOf(token))
    if (!isKnown) break
  }
  const kinds = ['NONE', 'FAST', 'BEST', 'CUSTOM'].filter((word) => given.has(word))
  const [kind = 'FAST'] = kinds
  if (isKnown && kinds.length < 2 && !(given.has('CLIENT') && given.has('SERVER'))) return kind === 'NONE' ? 'NONE' : `${given.has('SERVER') ? 'SERVER' : 'CLIENT'} ${kind}`
  report('error', 'NONE, CLIENT FAST, CLIENT BEST, CLIENT CUSTOM, SERVER FAST, SERVER BEST or SERVER CUSTOM expected')
  return 'NONE'
}

function readEstimates(lexer: AmandaLexer, report: Report): string[] {
  const found: string[] = []
  let token = lexer.next()
  do {
    if (['CLIENT', 'SERVER', 'CALCSIZE'].includes(wordOf(token))) found.push(wordOf(token))
    else report('error', 'CLIENT, SERVER or CALCSIZE expected')
    token = lexer.next()
  } while (!isOver(token))
  return found
}

function readRates(lexer: AmandaLexer): AmandaValue {
  const full = lexer.expect('real')?.value ?? 0
  const token = lexer.next()
  if (isOver(token)) return { kind: 'rates', full, incremental: full }
  if (token.kind !== 'comma') lexer.unget(token)
  return { kind: 'rates', full, incremental: lexer.expect('real')?.value ?? 0 }
}

function readTime(lexer: AmandaLexer, report: Report): number {
  const token = lexer.next()
  if (token.kind === 'integer') return Number(BigInt.asIntN(32, token.value))
  report('error', 'a time is expected')
  return 0
}

/** Stock Amanda looks at the first port only, and complains twice. */
function readRange(lexer: AmandaLexer, report: Report, lowest: number, highest: number): AmandaValue {
  const first = lexer.expect('integer')
  const from = Number(BigInt.asIntN(32, first?.value ?? 0n))
  let to = from
  const token = lexer.next()
  if (token.kind === 'comma') to = Number(BigInt.asIntN(32, lexer.expect('integer')?.value ?? 0n))
  else if (!isOver(token)) {
    report('error', 'an integer is expected')
    to = 0
  }
  if (from < lowest || from > highest) for (let times = 0; times < 2; times++) report('error', `portrange must be in the range ${lowest} to ${highest}, inclusive`)
  else if (from > to) report('error', 'portranges must be in order from low to high')
  return { kind: 'range', from, to }
}

function readLabels(lexer: AmandaLexer, report: Report): AmandaValue {
  const token = lexer.next()
  if (token.kind === 'string') {
    if (/^match[-_]autolabel$/i.test(token.text)) report('warning', `warning: labelstr is set to "${token.text}", you probably want the MATCH-AUTOLABEL keyword, without the double quote`)
    return { kind: 'labels', template: token.text }
  }
  if (wordOf(token) !== 'MATCH-AUTOLABEL') report('error', 'labelstr template or MATCH_AUTOLABEL expected')
  return { kind: 'labels', template: undefined }
}

function readPort(lexer: AmandaLexer, report: Report): AmandaValue {
  const token = lexer.next()
  if (token.kind === 'string') return text(token.text)
  if (token.kind === 'integer') return text(String(BigInt.asIntN(32, token.value)))
  report('error', 'an integer or a quoted string is expected')
  return text('')
}

/** What messages call a section of the type. */
const SPOKEN: Partial<Record<SectionType, string>> = { script: 'pp_script' }

/** The quoted name of a section, or one written in its place. */
function readReference(type: SectionType, lexer: AmandaLexer, around: Surroundings): string | undefined {
  const token = lexer.next()
  const spoken = SPOKEN[type] ?? type
  if (token.kind === 'open' && !(around.isDisklist && type === 'application')) return around.readInline(type)
  if (token.kind !== 'string') {
    around.report('error', `${spoken} name expected`)
    return undefined
  }
  const found = around.find(type, token.text)
  if (found === undefined) around.report('error', `Unknown ${spoken} named: ${token.text}`)
  return found?.name
}

/** Scripts stand in the order in which they run; of two with the same number the later comes first. */
function readScripts(lexer: AmandaLexer, around: Surroundings, before: AmandaValue): AmandaValue {
  const list = before.kind === 'names' ? [...before.names] : []
  const order = (name: string): bigint => around.find('script', name)?.order ?? 0n
  const insert = (name: string): void => {
    const at = list.findIndex((one) => order(one) >= order(name))
    list.splice(at < 0 ? list.length : at, 0, name)
  }
  let token = lexer.next()
  if (token.kind === 'open') {
    insert(around.readInline('script'))
    return names(...list)
  }
  if (token.kind !== 'string' && token.kind !== 'word') around.report('error', 'pp_script name expected')
  for (; token.kind === 'string' || token.kind === 'word'; token = lexer.next()) {
    const found = around.find('script', token.text)
    if (found === undefined) around.report('error', `Unknown pp_script named: ${token.text}`)
    else insert(found.name)
  }
  return names(...list)
}
