// The state file of Amanda's changers: a table of tables as Perl prints data, `$STATE = { 'key' => 'value', … };`. Read and written by stock Amanda
// too, which takes any order and any blanks. Only what such files hold is read: tables, lists, strings, numbers and undef; nothing is ever evaluated.
// Format: docs/formats/changer-state.md.

import { Fault } from '../../kernel/fault.ts'

/** Undefined: a key without a value, which is another thing than no key. */
export type StateValue = undefined | string | readonly StateValue[] | StateTable
export type StateTable = ReadonlyMap<string, StateValue>

const DEPTH_MAX = 32
const TOKEN = /\s+|=>|[{}[\],]|'(?:[^'\\]|\\[^])*'|-?\d+(?:\.\d+)?|undef\b/y
const HEAD = /^\s*\$STATE\s*=\s*/
const INDENT = 2

class StateReader {
  readonly #tokens: readonly string[]
  #at = 0

  constructor(tokens: readonly string[]) {
    this.#tokens = tokens
  }

  get isAtEnd(): boolean {
    return this.#at >= this.#tokens.length
  }

  #next(): string {
    const token = this.#tokens[this.#at++]
    if (token === undefined) throw malformed('it ends too early')
    return token
  }

  #take(token: string): boolean {
    if (this.#tokens[this.#at] !== token) return false
    this.#at++
    return true
  }

  value(depth: number): StateValue {
    if (depth > DEPTH_MAX) throw malformed(`its tables are nested deeper than ${DEPTH_MAX}`)
    const token = this.#next()
    if (token === '{') return this.#table(depth)
    if (token === '[') return this.#list(depth)
    if (token === 'undef') return undefined
    return scalarOf(token)
  }

  #table(depth: number): StateTable {
    const table = new Map<string, StateValue>()
    while (!this.#take('}')) {
      const key = scalarOf(this.#next())
      if (!this.#take('=>')) throw malformed(`key ${JSON.stringify(key)} has no value`)
      table.set(key, this.value(depth + 1))
      if (!this.#take(',') && this.#tokens[this.#at] !== '}') throw malformed(`something else than a comma follows key ${JSON.stringify(key)}`)
    }
    return table
  }

  #list(depth: number): readonly StateValue[] {
    const list: StateValue[] = []
    while (!this.#take(']')) {
      list.push(this.value(depth + 1))
      if (!this.#take(',') && this.#tokens[this.#at] !== ']') throw malformed('something else than a comma follows an item of a list')
    }
    return list
  }
}

function malformed(message: string): Fault {
  return new Fault('wire-malformed', `changer state: ${message}`)
}

function scalarOf(token: string): string {
  if (token.startsWith("'")) return token.slice(1, -1).replaceAll(/\\([\\'])/g, '$1')
  if (/^-?\d/.test(token)) return token
  throw malformed(`${JSON.stringify(token)} stands where a string or a number should`)
}

/** The table that a state file holds. Throws `wire-malformed`. */
export function parseChangerState(text: string): StateTable {
  const head = HEAD.exec(text)
  if (head === null) throw malformed('it does not begin with $STATE =')
  const body = text.slice(head[0].length).trimEnd()
  if (!body.endsWith(';')) throw malformed('it does not end with a semicolon')
  const tokens: string[] = []
  TOKEN.lastIndex = 0
  const inner = body.slice(0, -1)
  while (TOKEN.lastIndex < inner.length) {
    const start = TOKEN.lastIndex
    const token = TOKEN.exec(inner)?.[0]
    if (token === undefined) throw malformed(`${JSON.stringify(inner.slice(start, start + 20))} is not understood`)
    if (token.trim() !== '') tokens.push(token)
  }
  const reader = new StateReader(tokens)
  const value = reader.value(0)
  if (!reader.isAtEnd) throw malformed('something follows the table')
  if (!(value instanceof Map)) throw malformed('it is not a table')
  return value
}

function quoted(text: string): string {
  return `'${text.replaceAll(/[\\']/g, String.raw`\$&`)}'`
}

function format(value: StateValue, column: number): string {
  if (value === undefined) return 'undef'
  if (typeof value === 'string') return /^(?:0|[1-9]\d{0,8})$/.test(value) ? value : quoted(value)
  const pad = ' '.repeat(column + INDENT)
  const isTable = value instanceof Map
  const items = isTable
    ? [...(value as StateTable)].map(([key, one]) => `${pad}${quoted(key)} => ${format(one, column + INDENT + quoted(key).length + 4)}`)
    : (value as readonly StateValue[]).map((one) => `${pad}${format(one, column + INDENT)}`)
  const [open, close] = isTable ? ['{', '}'] : ['[', ']']
  return items.length === 0 ? `${open}${close}` : `${open}\n${items.join(',\n')}\n${' '.repeat(column)}${close}`
}

/** The text of a state file, indented as stock Amanda does. */
export function formatChangerState(state: StateTable): string {
  return `$STATE = ${format(state, 9)};\n`
}
