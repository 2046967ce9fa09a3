// Splits a line of the recovery shell into words of bytes. Quotes: '…' takes all as it is; in "…" and outside of quotes `\` takes the meaning from the next
// character, and names that are no text are written as listings show them: `\n`, `\t`, `\303`. A `#` that begins a word begins a comment. Pure.
// Within a word, globs are kept apart from the same characters in quotes: `pattern` has those with a backslash.

import { Fault } from '../../kernel/fault.ts'
import { hasGlob, literalGlob } from '../../restore/recover/glob.ts'

export type Quote = 'none' | 'single' | 'double'

export interface Word {
  /** Bytes (latin1) with quotes and escapes undone. */
  readonly text: string
  /** The same as a glob (see glob.ts). */
  readonly pattern: string
  readonly isGlob: boolean
  /** Where it begins in the line. */
  readonly start: number
  /** Where it ends: behind its last character. */
  readonly end: number
  /** What was open at its end: a quote that is missing, or `none`. */
  readonly openQuote: Quote
  /** It ends with a backslash and nothing behind it. */
  readonly isCut: boolean
}

const CONTROLS: Readonly<Record<string, number>> = { a: 7, b: 8, t: 9, n: 10, v: 11, f: 12, r: 13 }
const BLANK = /\s/

class WordBuilder {
  readonly start: number
  #text = ''
  #pattern = ''

  constructor(start: number) {
    this.start = start
  }

  /** `character` may be an astral one. */
  literal(character: string): void {
    this.#bytes(Buffer.from(character, 'utf8').toString('latin1'))
  }

  #bytes(bytes: string): void {
    this.#text += bytes
    this.#pattern += literalGlob(bytes)
  }

  plain(character: string): void {
    const bytes = Buffer.from(character, 'utf8').toString('latin1')
    this.#text += bytes
    this.#pattern += bytes
  }

  /** What stands behind a backslash at `line[at]`; returns where it ends. */
  escaped(line: string, at: number): number {
    const octal = /^[0-3][0-7]{2}/.exec(line.slice(at, at + 3))?.[0]
    if (octal !== undefined) {
      this.#bytes(String.fromCharCode(Number.parseInt(octal, 8)))
      return at + 3
    }
    const character = String.fromCodePoint(line.codePointAt(at) ?? 0)
    const control = CONTROLS[character]
    if (control === undefined) this.literal(character)
    else this.#bytes(String.fromCharCode(control))
    return at + character.length
  }

  finish(end: number, openQuote: Quote, isCut: boolean): Word {
    return { text: this.#text, pattern: this.#pattern, isGlob: hasGlob(this.#pattern), start: this.start, end, openQuote, isCut }
  }
}

/** The words of `line`, whatever it is: for completion, where the last word may still be open. */
export function splitWords(line: string): Word[] {
  const words: Word[] = []
  let at = 0
  while (at < line.length) {
    if (BLANK.test(line[at] ?? '')) {
      at++
      continue
    }
    if (line[at] === '#') break
    const { word, next } = readWord(line, at)
    words.push(word)
    at = next
  }
  return words
}

function readWord(line: string, start: number): { readonly word: Word; readonly next: number } {
  const builder = new WordBuilder(start)
  let quote: Quote = 'none'
  let at = start
  while (at < line.length) {
    const character = String.fromCodePoint(line.codePointAt(at) ?? 0)
    const next = at + character.length
    if (quote === 'none' && BLANK.test(character)) break
    if (quote !== 'double' && character === "'") quote = quote === 'single' ? 'none' : 'single'
    else if (quote !== 'single' && character === '"') quote = quote === 'double' ? 'none' : 'double'
    else if (quote !== 'single' && character === '\\') {
      if (next >= line.length) return { word: builder.finish(next, quote, true), next }
      at = builder.escaped(line, next)
      continue
    } else if (quote === 'none') builder.plain(character)
    else builder.literal(character)
    at = next
  }
  return { word: builder.finish(at, quote, false), next: at }
}

/** The words of a whole line. Throws `usage-wrong` when a quote or escape has no end. */
export function parseWords(line: string): Word[] {
  const words = splitWords(line)
  const last = words.at(-1)
  if (last !== undefined && last.openQuote !== 'none') throw new Fault('usage-wrong', `a ${last.openQuote} quote has no end`, { next: 'Close the quote, or write a backslash before it.' })
  if (last?.isCut === true) throw new Fault('usage-wrong', 'the line ends with a backslash', { next: 'Write `\\\\` for a backslash.' })
  return words
}

/** Characters that mean something outside of quotes. */
const SPECIAL = /[\s'"\\*?[\]#]/

/** `bytes` as they can be typed. `quote`: within a quote that is open. */
export function quoteWord(bytes: string, quote: Quote = 'none'): string {
  const raw = Buffer.from(bytes, 'latin1')
  const text = raw.toString('utf8')
  const isText = Buffer.from(text, 'utf8').equals(raw)
  let quoted = ''
  for (const character of isText ? text : bytes) {
    const code = character.codePointAt(0) ?? 0
    if (/\p{Cc}/u.test(character) || (!isText && code >= 0x80)) quoted += octal(code < 0x100 && !isText ? [code] : Buffer.from(character, 'utf8'), quote)
    else if (quote === 'single') quoted += character === "'" ? String.raw`'\''` : character
    else if (quote === 'double') quoted += /["\\]/.test(character) ? `\\${character}` : character
    else quoted += SPECIAL.test(character) ? `\\${character}` : character
  }
  return quoted
}

/** In single quotes a backslash is itself, so the quote is left for it. */
function octal(codes: Iterable<number>, quote: Quote): string {
  const digits = [...codes].map((code) => `\\${code.toString(8).padStart(3, '0')}`).join('')
  return quote === 'single' ? `'${digits}'` : digits
}
