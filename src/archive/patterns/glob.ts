// One pattern with wildcards, as GNU tar takes those of `--exclude`: `*` and `?` match any byte, the slash too; `[…]` a byte of a set; `\` takes the next byte
// as it is. Bytes, not letters: patterns and names are latin1 strings. Matching takes at most pattern times name steps, whatever the pattern.

const STAR = -1
const ANY = -2
/** Nothing matches: what the C library says of a pattern that it cannot read. */
const NOTHING = -3
/** Sets follow, downwards. */
const FIRST_SET = -4

const BACKSLASH = 0x5c

/** Names of sets of bytes, in the C locale. */
const CLASSES: ReadonlyMap<string, RegExp> = new Map([
  ['alnum', /[0-9A-Za-z]/],
  ['alpha', /[A-Za-z]/],
  ['blank', /[ \t]/],
  ['cntrl', /[\x00-\x1f\x7f]/],
  ['digit', /[0-9]/],
  ['graph', /[!-~]/],
  ['lower', /[a-z]/],
  ['print', /[ -~]/],
  ['punct', /[!-/:-@[-`{-~]/],
  ['space', /[ \t\n\v\f\r]/],
  ['upper', /[A-Z]/],
  ['xdigit', /[0-9A-Fa-f]/],
])

interface BracketResult {
  readonly set: Uint8Array
  /** Behind the closing bracket. */
  readonly next: number
}

/** The set that begins behind the opening bracket at `at - 1`; 'open' when it never ends, 'wrong' when nothing can match it. */
function parseBracket(pattern: string, at: number): BracketResult | 'open' | 'wrong' {
  const set = new Uint8Array(256)
  let next = at
  const isNegated = pattern[next] === '!' || pattern[next] === '^'
  if (isNegated) next++
  let isWrong = false
  for (let isFirst = true; ; isFirst = false) {
    if (next >= pattern.length) return 'open'
    if (pattern[next] === ']' && !isFirst) break
    if (pattern.startsWith('[:', next)) {
      const end = pattern.indexOf(':]', next + 2)
      const name = end < 0 ? '' : pattern.slice(next + 2, end)
      if (/^[a-z]+$/.test(name)) {
        const bytes = CLASSES.get(name)
        isWrong ||= bytes === undefined
        for (let byte = 0; byte < 256; byte++) if (bytes?.test(String.fromCharCode(byte)) === true) set[byte] = 1
        next = end + 2
        continue
      }
    }
    const low = parseMember(pattern, next)
    if (low === undefined) return 'open'
    next = low.next
    let high = low.byte
    if (pattern[next] === '-' && next + 1 < pattern.length && pattern[next + 1] !== ']') {
      const end = parseMember(pattern, next + 1)
      if (end === undefined) return 'open'
      high = end.byte
      next = end.next
    }
    for (let byte = low.byte; byte <= high; byte++) set[byte] = 1
  }
  if (isWrong) return 'wrong'
  if (isNegated) for (let byte = 0; byte < 256; byte++) set[byte] = 1 - (set[byte] ?? 0)
  return { set, next: next + 1 }
}

/** A byte of a set: itself, behind a backslash, or as `[.x.]` or `[=x=]`. */
function parseMember(pattern: string, at: number): { readonly byte: number; readonly next: number } | undefined {
  const mark = pattern[at + 1]
  if (pattern[at] === '[' && (mark === '.' || mark === '=') && pattern[at + 3] === mark && pattern[at + 4] === ']') return { byte: pattern.charCodeAt(at + 2) & 0xff, next: at + 5 }
  const from = pattern.charCodeAt(at) === BACKSLASH ? at + 1 : at
  return from < pattern.length ? { byte: pattern.charCodeAt(from) & 0xff, next: from + 1 } : undefined
}

export class Glob {
  readonly #tokens: number[] = []
  readonly #sets: Uint8Array[] = []

  constructor(pattern: string) {
    for (let at = 0; at < pattern.length; ) {
      const character = pattern[at]
      at++
      if (character === '*') {
        if (this.#tokens.at(-1) !== STAR) this.#tokens.push(STAR)
      } else if (character === '?') this.#tokens.push(ANY)
      else if (character === '\\') {
        this.#tokens.push(at < pattern.length ? pattern.charCodeAt(at) & 0xff : NOTHING)
        at++
      } else if (character === '[') at = this.#addBracket(pattern, at)
      else this.#tokens.push(pattern.charCodeAt(at - 1) & 0xff)
    }
  }

  /** Whether all of `text` from `start` on matches. */
  matches(text: string, start: number): boolean {
    const tokens = this.#tokens
    const end = text.length
    let token = 0
    let at = start
    /** Behind the last star, and where it stops taking bytes. */
    let resumeToken = -1
    let resumeAt = start
    for (;;) {
      if (token === tokens.length) {
        if (at === end) return true
      } else if (tokens[token] === STAR) {
        token++
        if (token === tokens.length) return true
        resumeToken = token
        resumeAt = at
        continue
      } else if (at < end && this.#takes(tokens[token] ?? NOTHING, text.charCodeAt(at))) {
        token++
        at++
        continue
      }
      if (resumeToken < 0 || resumeAt >= end) return false
      token = resumeToken
      at = ++resumeAt
    }
  }

  #takes(token: number, byte: number): boolean {
    if (token >= 0) return token === byte
    if (token === ANY) return true
    return token <= FIRST_SET && this.#sets[FIRST_SET - token]?.[byte] === 1
  }

  #addBracket(pattern: string, at: number): number {
    const bracket = parseBracket(pattern, at)
    if (bracket === 'open') {
      this.#tokens.push(0x5b)
      return at
    }
    if (bracket === 'wrong') {
      this.#tokens.push(NOTHING)
      return pattern.length
    }
    this.#tokens.push(FIRST_SET - this.#sets.length)
    this.#sets.push(bracket.set)
    return bracket.next
  }
}

/** Whether the pattern has anything that is not taken as it is. */
export function isGlob(pattern: string): boolean {
  return /[*?[]/.test(pattern.replace(/\\[\s\S]/g, ''))
}

/** A pattern without wildcards as the text that it stands for. */
export function unescapePattern(pattern: string): string {
  return pattern.replace(/\\([\s\S])/g, '$1')
}
