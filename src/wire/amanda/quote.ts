// Amanda's quoted strings and the names it makes of hosts and disks. A string is quoted when it is empty or has a byte that a reader
// of words would trip over; readers take both forms. Format: docs/formats/dump-header.md, section "Quoted strings".

import { Fault } from '../../kernel/fault.ts'

const NEEDS_QUOTES = /[\u0000-\u0020\u007f:'\\"\u0080-\uffff]/
const ESCAPED: Readonly<Record<string, string>> = { '\t': '\\t', '\n': '\\n', '\r': '\\r', '\f': '\\f', '\\': '\\\\', '"': '\\"' }
const UNESCAPED: Readonly<Record<string, string>> = { t: '\t', n: '\n', r: '\r', f: '\f' }

/** `text` as a word of a header, a log line or a request. */
export function quoteString(text: string): string {
  if (text !== '' && !NEEDS_QUOTES.test(text)) return text
  return `"${text.replace(/[\t\n\r\f\\"]/g, (character) => ESCAPED[character] ?? character)}"`
}

/** What a quoted or bare word says. Quotes are dropped wherever they stand; `\ooo` is a byte in octal, `\x` any other `x` itself. */
export function unquoteString(word: string): string {
  if (!/["\\]/.test(word)) return word
  const out: Buffer[] = []
  const parts = word.match(/\\[0-7]{1,3}|\\.|"|[^\\"]+|\\$/gs) ?? []
  for (const part of parts) {
    if (part === '"') continue
    if (!part.startsWith('\\') || part === '\\') out.push(Buffer.from(part === '\\' ? '' : part))
    else if (/^\\[0-7]/.test(part)) {
      const byte = Number.parseInt(part.slice(1), 8) & 0xff
      if (byte !== 0) out.push(Buffer.from([byte]))
    } else out.push(Buffer.from(UNESCAPED[part.charAt(1)] ?? part.slice(1)))
  }
  return Buffer.concat(out).toString('utf8')
}

/** The words of a line, still quoted. Blanks separate words unless they stand in quotes. Throws `wire-malformed` for an open quote. */
export function splitWords(line: string): string[] {
  const words: string[] = []
  let start = -1
  let isQuoted = false
  for (let index = 0; index <= line.length; index++) {
    const character = line[index]
    if (character === undefined || (!isQuoted && (character === ' ' || character === '\t'))) {
      if (start >= 0) words.push(line.slice(start, index))
      start = -1
      continue
    }
    if (start < 0) start = index
    if (character === '\\') index++
    else if (character === '"') isQuoted = !isQuoted
  }
  if (isQuoted) throw new Fault('wire-malformed', 'a quoted string has no end')
  return words
}

/** `name` as a part of a file name: `/`, `:` and `\` become `_`. */
export function sanitiseFileName(name: string): string {
  return name.replace(/[/:\\]/g, '_')
}
