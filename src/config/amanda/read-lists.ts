// Readers of the values that are lists: patterns, properties, hosts, labels, what storages take and hand on. Lists that a statement adds to are given as they were.

import type { AmandaLexer, Token } from './lexer.ts'
import { INT_MAX } from './numbers.ts'
import type { Report } from './problems.ts'
import type { AmandaProperty } from './property-table.ts'
import type { AmandaValue } from './values.ts'

type Patterns = Extract<AmandaValue, { readonly kind: 'patterns' }>
type Properties = Extract<AmandaValue, { readonly kind: 'properties' }>
type Selections = Extract<AmandaValue, { readonly kind: 'selections' }>
type Vaults = Extract<AmandaValue, { readonly kind: 'vaults' }>

/** The word in capitals, as keywords are compared; empty for other tokens. */
export function wordOf(token: Token): string {
  return token.kind === 'word' ? token.text.toUpperCase().replaceAll('_', '-') : ''
}

export function isOver(token: Token): boolean {
  return token.kind === 'newline' || token.kind === 'end'
}

/** The strings that follow; what comes after them is given back. */
function strings(lexer: AmandaLexer): string[] {
  const found: string[] = []
  for (;;) {
    const token = lexer.next()
    if (token.kind !== 'string') {
      lexer.unget(token)
      return found
    }
    found.push(token.text)
  }
}

/** Takes the words in this order, each of which may be missing; says which were there. */
function flags(lexer: AmandaLexer, order: readonly (readonly string[])[]): Set<string> {
  const given = new Set<string>()
  for (const words of order) {
    const token = lexer.next()
    if (words.includes(wordOf(token))) given.add(wordOf(token))
    else lexer.unget(token)
  }
  return given
}

export function readPatterns(lexer: AmandaLexer, before: Patterns): Patterns {
  const given = flags(lexer, [['LIST', 'FILE'], ['OPTIONAL'], ['APPEND']])
  const list = given.has('LIST') ? 'lists' : 'files'
  return { ...before, isOptional: given.has('OPTIONAL'), [list]: [...(given.has('APPEND') ? before[list] : []), ...strings(lexer)] }
}

export function readProperties(lexer: AmandaLexer, report: Report, before: Properties, isVisible: boolean): Properties {
  const given = flags(lexer, [['PRIORITY'], ['APPEND'], ['HIDDEN', 'VISIBLE']])
  const key = lexer.next()
  if (key.kind !== 'string') {
    report('error', 'key expected')
    return before
  }
  const name = key.text.toLowerCase().replaceAll('_', '-')
  const first = lexer.next()
  // Without a value it is taken away.
  if (isOver(first)) return { kind: 'properties', properties: before.properties.without(name) }
  if (first.kind !== 'string') {
    report('error', 'value expected')
    return before
  }
  const old = given.has('APPEND') ? before.properties.get(name) : undefined
  // What is added has its own visibility, but priority that the property had is not lost.
  const hasPriority = given.has('PRIORITY') || old?.hasPriority === true
  const property: AmandaProperty = { isVisible: given.has('VISIBLE') || (isVisible && !given.has('HIDDEN')), hasPriority, isAppended: given.has('APPEND'), values: [...(old?.values ?? []), first.text, ...strings(lexer)] }
  if (before.properties.isFull && before.properties.get(name) === undefined) report('error', 'the section has too many properties')
  return { kind: 'properties', properties: before.properties.with(name, property) }
}

export function readHosts(lexer: AmandaLexer, report: Report): AmandaValue {
  const patterns: string[] = []
  let isSameHost = false
  let isServer = false
  for (let token = lexer.next(); !isOver(token); token = lexer.next()) {
    if (wordOf(token) === 'SAME-HOST') isSameHost = true
    else if (wordOf(token) === 'SERVER') isServer = true
    else if (token.kind === 'string') patterns.push(token.text)
    else {
      report('error', 'SAME-HOST or a string expected')
      break
    }
  }
  return { kind: 'hosts', isSameHost, isServer, patterns }
}

export function readTexts(lexer: AmandaLexer, report: Report): AmandaValue {
  const texts = strings(lexer)
  const token = lexer.next()
  if (!isOver(token)) {
    lexer.unget(token)
    report('error', 'string expected')
  }
  return { kind: 'texts', texts }
}

export function readNames(lexer: AmandaLexer, report: Report): string[] {
  const found: string[] = []
  const first = lexer.expect('word')
  if (first !== undefined) found.push(first.text)
  for (let token = lexer.next(); !isOver(token); token = lexer.next()) {
    if (token.kind === 'word' || token.kind === 'string') found.push(token.text)
    else report('error', 'IDENT or NL expected')
  }
  return found
}

/** The list with `item` in the place of the one that is about the same, or at the end. */
function withItem<T>(list: readonly T[], item: T, isSame: (one: T) => boolean): readonly T[] {
  const at = list.findIndex(isSame)
  return at < 0 ? [...list, item] : list.with(at, item)
}

export function readSelections(lexer: AmandaLexer, report: Report, before: Selections): Selections {
  const token = lexer.next()
  if (isOver(token)) return before
  const word = wordOf(token)
  const tag = token.kind === 'string' ? `"${token.text}"` : word
  if (token.kind !== 'string' && word !== 'ALL' && word !== 'OTHER') report('error', 'string, ALL or OTHER expected')
  const level = wordOf(lexer.next())
  if (!['ALL', 'FULL', 'INCR'].includes(level)) report('error', 'ALL, FULL or INCR expected')
  const after = lexer.next()
  if (!isOver(after)) {
    lexer.unget(after)
    report('error', 'string expected')
  }
  return { kind: 'selections', selections: withItem(before.selections, { tag, level }, (one) => one.tag === tag) }
}

export function readVaults(lexer: AmandaLexer, before: Vaults): Vaults {
  let { vaults } = before
  for (let token = lexer.next(); token.kind === 'string' || token.kind === 'word'; token = lexer.next()) {
    const days = lexer.expect('integer')
    if (days !== undefined && days.value <= INT_MAX) {
      const storage = token.text
      vaults = withItem(vaults, { storage, days: days.value }, (one) => one.storage === storage)
    }
  }
  return { kind: 'vaults', vaults }
}

const LABELLED = 'ANY, NEW-VOLUME, OTHER-CONFIG, NON-AMANDA, VOLUME-ERROR or EMPTY is expected'

export function readAutolabel(lexer: AmandaLexer, report: Report): AmandaValue {
  const first = lexer.next()
  const template = first.kind === 'string' ? first.text : undefined
  if (first.kind !== 'string') lexer.unget(first)
  const given = new Set<string>()
  for (let token = lexer.next(); !isOver(token); token = lexer.next()) {
    const word = wordOf(token)
    if (['ANY', 'OTHER-CONFIG', 'NON-AMANDA', 'VOLUME-ERROR', 'EMPTY'].includes(word)) given.add(word)
    else report('error', LABELLED)
  }
  const takes = (word: string, isUsual: boolean): boolean => given.has('ANY') || given.has(word) || (isUsual && template !== undefined && given.size === 0)
  return { kind: 'autolabel', template, isOtherConfig: takes('OTHER-CONFIG', false), isNonAmanda: takes('NON-AMANDA', false), isVolumeError: takes('VOLUME-ERROR', true), isEmpty: takes('EMPTY', true) }
}

/** The points at which a script runs, with commas between them; returned in the order of `known`. */
export function readExecuteOn(lexer: AmandaLexer, report: Report, known: readonly string[]): string[] {
  const found: string[] = []
  let token: Token
  do {
    const point = lexer.next()
    if (known.includes(wordOf(point))) found.push(wordOf(point))
    else report('error', 'Execute-on expected')
    token = lexer.next()
  } while (token.kind === 'comma')
  lexer.unget(token)
  return known.filter((point) => found.includes(point))
}
