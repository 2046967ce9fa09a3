// The MESG stream of a dump: lines for people (`| ` normal, `? ` strange) and the lines that say how the dump is made and how it
// ended (`sendbackup: …`). Reader and writer; the reader takes the bytes in any pieces and never fails on text it does not know,
// which is strange, as it is to Amanda's dumper.

import { RunningText } from './running-text.ts'
import { formatRetry, parseRetry, type RetryAdvice } from './retry.ts'
import { oneLineText } from './service-errors.ts'

/** `%08x:%d`. */
export type CrcText = string

export type MesgLine =
  | { readonly kind: 'start'; readonly text: string }
  /** BACKUP, APPLICATION, RECOVER_CMD, COMPRESS_SUFFIX, CLIENT_CUSTOM_COMPRESS, CLIENT_ENCRYPT, CLIENT_DECRYPT_OPTION, … */
  | { readonly kind: 'info'; readonly key: string; readonly value: string }
  /** All that a header needs has been said. */
  | { readonly kind: 'info-end' }
  | { readonly kind: 'normal' | 'strange'; readonly text: string }
  | { readonly kind: 'size'; readonly sizeKib: number }
  | { readonly kind: 'native-crc' | 'client-crc'; readonly crc: CrcText }
  | { readonly kind: 'warning'; readonly text: string }
  | { readonly kind: 'error'; readonly text: string }
  | { readonly kind: 'retry'; readonly advice: RetryAdvice }
  | { readonly kind: 'state'; readonly text: string }
  | { readonly kind: 'no-op' }
  | { readonly kind: 'end' }
  /** A line of no form that is known; logged and strange. */
  | { readonly kind: 'unknown'; readonly text: string }

const PREFIX = 'sendbackup: '
const CRC = /^[0-9a-f]{8}:\d{1,15}$/
const INFO = /^([A-Z][A-Z0-9_-]{0,63})=(.*)$/s

/** The line with its line end. */
export function formatMesgLine(line: MesgLine): string {
  switch (line.kind) {
    case 'start':
      return `${PREFIX}start [${oneLineText(line.text)}]\n`
    case 'info':
      return `${PREFIX}info ${line.key}=${oneLineText(line.value)}\n`
    case 'info-end':
      return `${PREFIX}info end\n`
    case 'normal':
      return `| ${oneLineText(line.text)}\n`
    case 'strange':
      return `? ${oneLineText(line.text)}\n`
    case 'size':
      return `${PREFIX}size ${line.sizeKib}\n`
    case 'native-crc':
      return `${PREFIX}native-CRC ${line.crc}\n`
    case 'client-crc':
      return `${PREFIX}client-CRC ${line.crc}\n`
    case 'warning':
      return `${PREFIX}warning ${oneLineText(line.text)}\n`
    case 'error':
      // Dumper keeps the text up to the first closing bracket.
      return `${PREFIX}error [${oneLineText(line.text).replaceAll(']', ')').replaceAll('[', '(')}]\n`
    case 'retry':
      return `${PREFIX}retry ${formatRetry(line.advice)}\n`
    case 'state':
      return `${PREFIX}state ${oneLineText(line.text)}\n`
    case 'no-op':
      return `${PREFIX}no-op\n`
    case 'end':
      return `${PREFIX}end\n`
    case 'unknown':
      return `${oneLineText(line.text)}\n`
  }
}

function parseInfo(rest: string, line: string): MesgLine {
  if (rest === 'end') return { kind: 'info-end' }
  const match = INFO.exec(rest)
  return match === null ? { kind: 'unknown', text: line } : { kind: 'info', key: match[1] ?? '', value: match[2] ?? '' }
}

function parseRetryLine(rest: string, line: string): MesgLine {
  try {
    return { kind: 'retry', advice: parseRetry(rest) }
  } catch {
    return { kind: 'unknown', text: line }
  }
}

function bracketed(text: string): string {
  if (!text.startsWith('[')) return text
  const end = text.indexOf(']')
  return text.slice(1, end < 0 ? text.length : end)
}

/** What one line says; never throws. */
export function parseMesgLine(line: string): MesgLine {
  if (line.startsWith('|')) return { kind: 'normal', text: line.slice(1).replace(/^ /, '') }
  if (line.startsWith('?')) return { kind: 'strange', text: line.slice(1).replace(/^ /, '') }
  if (!line.startsWith(PREFIX)) return { kind: 'unknown', text: line }
  const rest = line.slice(PREFIX.length)
  const blank = rest.indexOf(' ')
  const word = blank < 0 ? rest : rest.slice(0, blank)
  const value = blank < 0 ? '' : rest.slice(blank + 1)
  switch (word) {
    case 'start':
      return { kind: 'start', text: value.startsWith('[') && value.endsWith(']') ? value.slice(1, -1) : value }
    case 'info':
      return parseInfo(value, line)
    case 'size':
      return /^\d{1,15}$/.test(value) ? { kind: 'size', sizeKib: Number(value) } : { kind: 'unknown', text: line }
    case 'native-CRC':
    case 'client-CRC':
      return CRC.test(value) ? { kind: word === 'native-CRC' ? 'native-crc' : 'client-crc', crc: value } : { kind: 'unknown', text: line }
    case 'warning':
      return { kind: 'warning', text: bracketed(value) }
    case 'error':
      return { kind: 'error', text: bracketed(value) }
    case 'retry':
      return parseRetryLine(value, line)
    case 'state':
      return { kind: 'state', text: value }
    case 'no-op':
      return { kind: 'no-op' }
    case 'end':
      return { kind: 'end' }
    default:
      return { kind: 'unknown', text: line }
  }
}

/** Reads a MESG stream in pieces. */
export class MesgReader {
  readonly #text = new RunningText()

  /** The lines that `piece` completes. Lines longer than 64 KiB come in parts. */
  push(piece: Uint8Array): MesgLine[] {
    return this.#text.push(piece).map(parseMesgLine)
  }

  /** The stream has ended: the rest of a last line without a line end, which is an error of the dump. */
  finish(): MesgLine | undefined {
    const rest = this.#text.finish()
    return rest === undefined ? undefined : { kind: 'error', text: `partial line in MESG: ${oneLineText(rest)}` }
  }
}
