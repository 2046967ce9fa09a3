// One YAML text as plain values, with the place of every value and key. Owns all contact with the `yaml` package. Any text gives a
// document or problems; it never throws.

import { isMap, isNode, isPair, isScalar, isSeq, LineCounter, parseDocument, visit, type Document } from 'yaml'
import type { ConfigProblem } from './resolved.ts'

/** More than any real configuration; what is larger is the wrong file. */
const TEXT_BYTES_MAX = 4 * 1024 * 1024
/** Aliases may be used, but not to blow a small text up. */
const ALIAS_COUNT_MAX = 100

export interface Place {
  readonly line: number
  readonly column: number
}

export type ValuePath = readonly PropertyKey[]

export interface YamlDocument {
  readonly file: string
  readonly value: unknown
  /** Where the value at `path` begins, or the nearest value around it that is in the text. */
  placeOf(path: ValuePath): Place
  /** Where the key that leads to `path` begins. */
  placeOfKey(path: ValuePath): Place
}

export type YamlOutcome = { readonly kind: 'document'; readonly document: YamlDocument } | { readonly kind: 'problems'; readonly problems: readonly ConfigProblem[] }

function childOf(node: unknown, key: PropertyKey): { readonly key: unknown; readonly value: unknown } | undefined {
  if (isSeq(node)) {
    const item = node.items[Number(key)]
    return item === undefined ? undefined : { key: item, value: item }
  }
  if (!isMap(node)) return undefined
  const pair = node.items.find((item) => isPair(item) && (isScalar(item.key) ? String(item.key.value) === String(key) : String(item.key) === String(key)))
  return pair === undefined ? undefined : { key: pair.key, value: pair.value ?? pair.key }
}

function offsetOf(document: Document, path: ValuePath, wanted: 'key' | 'value'): number {
  let node: unknown = document.contents
  let offset = isNode(node) ? (node.range?.[0] ?? 0) : 0
  for (const [index, key] of path.entries()) {
    const found = childOf(node, key)
    if (found === undefined) return offset
    const target = wanted === 'key' && index === path.length - 1 ? found.key : found.value
    if (isNode(target)) offset = target.range?.[0] ?? offset
    node = found.value
  }
  return offset
}

/**
 * Offset of the first key that is a map, a list or an alias. No setting has one, and the package makes text of such keys anew at each
 * level that holds them: two hundred nested ones would never end.
 */
function keyThatIsNoWord(document: Document): number | undefined {
  let found: number | undefined
  visit(document, {
    Pair(_, pair) {
      if (!isNode(pair.key) || isScalar(pair.key)) return undefined
      found = pair.key.range?.[0] ?? 0
      return visit.BREAK
    },
  })
  return found
}

function problem(file: string, place: Place, message: string, next: string): YamlOutcome {
  return { kind: 'problems', problems: [{ file, ...place, severity: 'error', message, next }] }
}

/** Parses `text`; `file` is only for messages. */
export function parseYaml(text: string, file: string): YamlOutcome {
  const start: Place = { line: 1, column: 1 }
  if (text.length > TEXT_BYTES_MAX) return problem(file, start, `the file is larger than ${TEXT_BYTES_MAX} bytes`, 'Check that it is a configuration file.')
  const lines = new LineCounter()
  const placeAt = (offset: number): Place => {
    const { line, col } = lines.linePos(offset)
    return { line: Math.max(1, line), column: Math.max(1, col) }
  }
  try {
    const document = parseDocument(text, { lineCounter: lines, prettyErrors: false, strict: true, uniqueKeys: true, logLevel: 'silent' })
    if (document.errors.length > 0) {
      return {
        kind: 'problems',
        problems: document.errors.map((error) => ({ file, ...placeAt(error.pos[0]), severity: 'error', message: `this is not YAML: ${error.message}`, next: 'Correct the indentation or quoting here.' })),
      }
    }
    const oddKey = keyThatIsNoWord(document)
    if (oddKey !== undefined) return problem(file, placeAt(oddKey), 'a key must be a plain word', 'Write `key: value` here, without a list, map or alias before the colon.')
    const value: unknown = document.toJS({ maxAliasCount: ALIAS_COUNT_MAX })
    return {
      kind: 'document',
      document: { file, value, placeOf: (path) => placeAt(offsetOf(document, path, 'value')), placeOfKey: (path) => placeAt(offsetOf(document, path, 'key')) },
    }
  } catch (error) {
    // The package throws for aliases without an anchor or too many of them, and the stack ends in a text nested thousands deep.
    const message = error instanceof RangeError ? 'the values are nested too deep' : `this is not YAML: ${error instanceof Error ? error.message : String(error)}`
    return problem(file, start, message, 'Write the configuration without aliases and deep nesting.')
  }
}

/**
 * `text` with other values at some paths; comments and order stay as they are. Maps on the way are made where there are none. Throws an Error when
 * `text` is no YAML, or holds something else where a map must be: parse it with `parseYaml` first.
 */
export function editYaml(text: string, edits: readonly { readonly path: readonly string[]; readonly value: string }[]): string {
  const document = parseDocument(text, { strict: true, uniqueKeys: true, logLevel: 'silent' })
  const [error] = document.errors
  if (error !== undefined) throw error
  for (const { path, value } of edits) {
    // A key without a value is a null, in which nothing can be set.
    for (let length = 1; length < path.length; length++) if (document.getIn(path.slice(0, length)) === null) document.deleteIn(path.slice(0, length))
    document.setIn(path, value)
  }
  return document.toString({ lineWidth: 0 })
}
