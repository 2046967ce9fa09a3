// The words of amanda.conf. Statements end with their line, so a newline is a token; a comment is not. The lexer never fails: what is no token of the language is
// `unknown`, one character long, and a string that does not end is reported and ends with its line.

import type { Report } from './problems.ts'

export type Token =
  | { readonly kind: 'word'; readonly text: string }
  | { readonly kind: 'string'; readonly text: string }
  | { readonly kind: 'integer'; readonly value: bigint }
  | { readonly kind: 'real'; readonly value: number }
  | { readonly kind: 'newline' }
  | { readonly kind: 'end' }
  | { readonly kind: 'comma' }
  | { readonly kind: 'open' }
  | { readonly kind: 'close' }
  | { readonly kind: 'unknown' }

export type TokenKind = Token['kind']

/** Amanda's buffer for one token. */
const TOKEN_CHARS_MAX = 4095
/** Digits beyond this are no number of 64 bits. */
const DIGITS_MAX = 40

const EXPECTED: Readonly<Record<TokenKind, string>> = {
  word: 'an identifier',
  string: 'a quoted string',
  integer: 'an integer',
  real: 'a real number',
  newline: 'end of line',
  end: 'end of file',
  comma: '","',
  open: '"{"',
  close: '"}"',
  unknown: 'token not',
}

const SINGLE: Readonly<Record<string, TokenKind>> = { '\n': 'newline', ',': 'comma', '{': 'open', '}': 'close' }
const ESCAPES: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', f: '\f' }
const BLANK = /[ \t\r\v\f]*(?:#[^\n]*)?/y
const WORD = /[A-Za-z][\w-]*/y
const NUMBER = /-?\d+(?:\.\d*)?/y

export class AmandaLexer {
  readonly #text: string
  readonly #report: Report
  #offset = 0
  #trueLine = 1
  #returned: Token | undefined
  /** Kind of the token that was taken last, or that was asked for in its place: a statement whose last token is a newline is over. */
  last: TokenKind = 'newline'

  constructor(text: string, report: Report) {
    this.#text = text
    this.#report = report
  }

  /** The line of the file at which the lexer stands, from 1. */
  get trueLine(): number {
    return this.#trueLine
  }

  /** Where the next token is read, unless one was given back. */
  get offset(): number {
    return this.#offset
  }

  next(): Token {
    const token = this.#returned ?? this.#read()
    this.#returned = undefined
    this.last = token.kind
    return token
  }

  /** Gives the token back, which is then read again. */
  unget(token: Token): void {
    this.#returned = token
    this.last = 'unknown'
  }

  /**
   * Takes a token of `kind`; undefined after a complaint when there is another, which is then used up. A string passes for a word, and a whole number for a real
   * one unless it had been given back.
   */
  expect<Kind extends TokenKind>(kind: Kind): Extract<Token, { readonly kind: Kind }> | undefined {
    const wasReturned = this.#returned !== undefined
    let token = this.next()
    if (kind === 'word' && token.kind === 'string') token = { kind: 'word', text: token.text }
    if (kind === 'real' && token.kind === 'integer' && !wasReturned) token = { kind: 'real', value: Number(token.value) }
    this.last = kind
    if (token.kind === kind) return token as Extract<Token, { readonly kind: Kind }>
    this.#report('error', `${EXPECTED[kind]} is expected`)
    return undefined
  }

  /** Complains unless the statement is over. */
  endStatement(): void {
    if (this.last !== 'newline') this.expect('newline')
  }

  #match(pattern: RegExp): string {
    pattern.lastIndex = this.#offset
    const [found = ''] = pattern.exec(this.#text) ?? []
    this.#offset += found.length
    return found
  }

  #read(): Token {
    this.#match(BLANK)
    const character = this.#text[this.#offset]
    if (character === undefined) return { kind: 'end' }
    const word = this.#match(WORD)
    if (word !== '') return { kind: 'word', text: this.#bounded(word, 'token') }
    const number = this.#match(NUMBER)
    if (number !== '') return this.#number(number)
    this.#offset++
    if (character === '"') return { kind: 'string', text: this.#string() }
    if (character === '\n') this.#trueLine++
    return { kind: SINGLE[character] ?? 'unknown' } as Token
  }

  #number(text: string): Token {
    if (text.includes('.')) return { kind: 'real', value: Number(text) }
    return { kind: 'integer', value: BigInt(text.slice(0, DIGITS_MAX)) }
  }

  #bounded(text: string, what: string): string {
    if (text.length <= TOKEN_CHARS_MAX) return text
    this.#report('error', `${what} too long: ${text.slice(0, 20)}...`)
    return text.slice(0, TOKEN_CHARS_MAX)
  }

  /** The text of a string whose opening quote is read. A backslash before a newline goes, the newline stays. */
  #string(): string {
    const pieces: string[] = []
    for (;;) {
      pieces.push(this.#match(/[^"\\\n]*/y))
      const character = this.#text[this.#offset]
      if (character === undefined || character === '\n') {
        this.#report('error', 'string not terminated')
        break
      }
      this.#offset++
      if (character === '"') break
      pieces.push(this.#escaped())
    }
    return this.#bounded(pieces.join(''), 'string')
  }

  #escaped(): string {
    const octal = this.#match(/[0-7]{1,3}/y)
    if (octal !== '') return String.fromCharCode(Number.parseInt(octal, 8) & 0xff)
    const character = this.#text[this.#offset] ?? ''
    if (character !== '') this.#offset++
    if (character === '\n') this.#trueLine++
    return ESCAPES[character] ?? character
  }
}
