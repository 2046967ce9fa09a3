// The header before every dump on a volume or holding disk: one block of text, padded with NUL to 32768 bytes. Format:
// docs/formats/dump-header.md. Readable by stock Amanda 3.x in both directions.

import { Fault } from '../../kernel/fault.ts'
import { quoteString, splitWords, unquoteString } from './quote.ts'

export const DUMP_HEADER_BYTES = 32_768

export type DumpHeader =
  | { readonly kind: 'tapestart'; readonly datestamp: string; readonly label: string }
  | { readonly kind: 'tapeend'; readonly datestamp: string }
  | { readonly kind: 'noop' }
  | DumpFileHeader

export interface DumpFileHeader {
  readonly kind: 'file' | 'cont-file' | 'split-file'
  readonly datestamp: string
  readonly host: string
  readonly disk: string
  readonly level: number
  /** `split-file` only. total -1: unknown when the part was written. */
  readonly part?: { readonly number: number; readonly total: number }
  /** Suffix of the compressed form (`.gz`, `.zst`, `cust`); `N` when it is not compressed. */
  readonly compress: string
  readonly isEncrypted: boolean
  /** `/bin/tar`, `APPLICATION`, … */
  readonly program: string
  readonly application?: string
  readonly serverCustomCompress?: string
  readonly clientCustomCompress?: string
  readonly serverEncrypt?: string
  readonly clientEncrypt?: string
  readonly serverDecryptOption?: string
  readonly clientDecryptOption?: string
  readonly continuation?: string
  readonly isPartial: boolean
  /** Uncompressed size, KiB; 0 when unknown. */
  readonly originalKib: number
  /** `%08x:%d` each. */
  readonly nativeCrc?: string
  readonly clientCrc?: string
  readonly serverCrc?: string
  /** The `<dle>…</dle>` of the request that made the dump. */
  readonly dleXml?: string
  /** Shell commands that undo the filters, each empty or ending in `|`, and the one that restores. */
  readonly decryptCommand: string
  readonly uncompressCommand: string
  readonly recoverCommand: string
  /** Written as `bs=32k` in the restore hint when set. */
  readonly blockKib?: number
}

/** Longest word or line value; Amanda's readers keep 255 bytes. */
const WORD_BYTES_MAX = 255
/** A DLE is left out when it would not leave this much room for the rest of the header. */
const DLE_RESERVE_BYTES = 4096
/** Amanda's readers know this many levels. */
const LEVEL_LIMIT = 400
const HINT = 'To restore, position tape at start of file and run:'

/** Optional words of the first line in the order Amanda expects them, with the field each fills. */
const FILTER_WORDS = [
  ['server_custom_compress', 'serverCustomCompress'],
  ['client_custom_compress', 'clientCustomCompress'],
  ['server_encrypt', 'serverEncrypt'],
  ['client_encrypt', 'clientEncrypt'],
  ['server_decrypt_option', 'serverDecryptOption'],
  ['client_decrypt_option', 'clientDecryptOption'],
] as const

/** Lines `NAME=value` with a CRC, in the order they are written. */
const CRC_LINES = [
  ['NATIVE-CRC', 'nativeCrc'],
  ['CLIENT-CRC', 'clientCrc'],
  ['SERVER-CRC', 'serverCrc'],
] as const

const FILE_TYPES = { file: 'FILE', 'cont-file': 'CONT_FILE', 'split-file': 'SPLIT_FILE' } as const

function malformed(message: string): Fault {
  return new Fault('wire-malformed', `dump header: ${message}`)
}

function word(value: string, what: string): string {
  if (value === '' || /[\s\0"\\]/.test(value)) throw malformed(`${what} ${JSON.stringify(value)} must be one word without quotes`)
  if (Buffer.byteLength(value) > WORD_BYTES_MAX) throw malformed(`${what} is longer than ${WORD_BYTES_MAX} bytes`)
  return value
}

/** Any string as one quoted word; only NUL cannot be written. */
function quotedWord(value: string, what: string): string {
  const quoted = quoteString(value)
  if (quoted.includes('\0')) throw malformed(`${what} has a NUL`)
  if (Buffer.byteLength(quoted) > WORD_BYTES_MAX) throw malformed(`${what} is longer than ${WORD_BYTES_MAX} bytes`)
  return quoted
}

function oneLine(value: string, what: string): string {
  if (/[\n\r\f\0]/.test(value)) throw malformed(`${what} ${JSON.stringify(value)} must be one line`)
  return value
}

function formatFirstLine(header: DumpFileHeader): string {
  const words = [`AMANDA: ${FILE_TYPES[header.kind]} ${word(header.datestamp, 'datestamp')} ${word(header.host, 'host')} ${quotedWord(header.disk, 'disk')} `]
  if (header.kind === 'split-file') {
    if (header.part === undefined) throw malformed('a split file has no part number')
    words.push(`part ${header.part.number}/${header.part.total} `)
  }
  words.push(`lev ${header.level} comp ${word(header.compress, 'compression')} program ${word(header.program, 'program')}`)
  if (header.isEncrypted) words.push('crypt enc')
  for (const [name, field] of FILTER_WORDS) {
    const value = header[field]
    if (value !== undefined) words.push(`${name} ${word(value, name)}`)
  }
  return words.join(' ')
}

function formatDle(xml: string): string[] {
  const text = xml.split('\n').filter((line) => line.trim() !== '')
  if (Buffer.byteLength(xml) >= DUMP_HEADER_BYTES - DLE_RESERVE_BYTES || text.length === 0 || xml.includes('\0')) return []
  let delimiter = 'ENDDLE'
  for (let count = 1; text.includes(delimiter); count++) delimiter = `ENDDLE${count}`
  return [`DLE=<<${delimiter}`, ...text, delimiter]
}

function formatFileHeader(header: DumpFileHeader): string {
  const lines = [formatFirstLine(header)]
  if (header.continuation !== undefined) lines.push(`CONT_FILENAME=${oneLine(header.continuation, 'continuation')}`)
  if (header.application !== undefined) lines.push(`APPLICATION=${oneLine(header.application, 'application')}`)
  if (header.isPartial) lines.push('PARTIAL=YES')
  if (header.originalKib > 0) lines.push(`ORIGSIZE=${header.originalKib}`)
  for (const [name, field] of CRC_LINES) if (header[field] !== undefined) lines.push(`${name}=${oneLine(header[field], name)}`)
  if (header.dleXml !== undefined) lines.push(...formatDle(header.dleXml))
  const commands = [header.decryptCommand, header.uncompressCommand, header.recoverCommand].filter((command) => command !== '')
  const blockSize = header.blockKib === undefined ? '' : `bs=${header.blockKib}k `
  lines.push(HINT, `\tdd if=<tape> ${blockSize}skip=1 | ${commands.map((command) => `${oneLine(command, 'command')} `).join('')}`)
  return `${lines.join('\n')}\n\f\n`
}

/** The text of a header without padding, as index `.header` files hold it. Throws `wire-malformed` for what cannot be written. */
export function formatDumpHeader(header: DumpHeader): string {
  switch (header.kind) {
    case 'tapestart':
      return `AMANDA: TAPESTART DATE ${word(header.datestamp, 'datestamp')} TAPE ${word(header.label, 'label')}\n\f\n`
    case 'tapeend':
      return `AMANDA: TAPEEND DATE ${word(header.datestamp, 'datestamp')}\n\f\n`
    case 'noop':
      return 'AMANDA: NOOP\n\f\n'
    case 'file':
    case 'cont-file':
    case 'split-file':
      return formatFileHeader(header)
  }
}

/** Exactly 32768 bytes. Throws `wire-malformed` when a value cannot be written (a host of 256 bytes, a label with a blank). */
export function encodeDumpHeader(header: DumpHeader): Buffer {
  const text = Buffer.from(formatDumpHeader(header), 'utf8')
  if (text.length > DUMP_HEADER_BYTES) throw malformed(`${text.length} bytes of text do not fit into ${DUMP_HEADER_BYTES}`)
  const block = Buffer.alloc(DUMP_HEADER_BYTES)
  text.copy(block)
  return block
}

/** Walks the words of a first line. */
class Words {
  readonly #words: readonly string[]
  #index = 0

  constructor(line: string) {
    this.#words = splitWords(line)
  }

  next(what: string): string {
    const found = this.#words[this.#index++]
    if (found === undefined) throw malformed(`${what} is missing`)
    if (Buffer.byteLength(found) > WORD_BYTES_MAX) throw malformed(`${what} is longer than ${WORD_BYTES_MAX} bytes`)
    return found
  }

  expect(...words: readonly string[]): void {
    for (const expected of words) {
      const found = this.next(expected)
      if (found !== expected) throw malformed(`${JSON.stringify(found)} where ${expected} was expected`)
    }
  }

  /** Takes the next word if it is `expected`. */
  take(expected: string): boolean {
    if (this.#words[this.#index] !== expected) return false
    this.#index++
    return true
  }
}

function decimal(text: string, what: string, limit: number): number {
  const value = /^-?\d{1,15}$/.test(text) ? Number(text) : Number.NaN
  if (!(value >= -1 && value <= limit)) throw malformed(`${what} ${JSON.stringify(text)} is not a number in range`)
  return value
}

type Draft = { -readonly [Key in keyof DumpFileHeader]: DumpFileHeader[Key] }

function parsePart(text: string): { number: number; total: number } {
  const [number, total, ...rest] = text.split('/')
  if (number === undefined || total === undefined || rest.length > 0) throw malformed(`part ${JSON.stringify(text)} is not n/total`)
  const part = { number: decimal(number, 'part number', 1e9), total: decimal(total, 'part total', 1e9) }
  if (part.number < 1) throw malformed(`part number ${part.number} is less than 1`)
  return part
}

function parseFileLine(kind: DumpFileHeader['kind'], words: Words): Draft {
  const datestamp = words.next('datestamp')
  const host = words.next('host')
  const disk = unquoteString(words.next('disk'))
  const part = kind === 'split-file' ? (words.expect('part'), parsePart(words.next('part'))) : undefined
  words.expect('lev')
  const level = decimal(words.next('level'), 'level', LEVEL_LIMIT - 1)
  if (level < 0) throw malformed('level is negative')
  words.expect('comp')
  const compress = words.next('compression')
  words.expect('program')
  const header: Draft = { kind, datestamp, host, disk, level, compress: compress === 'C' ? '.Z' : compress, isEncrypted: false, program: words.next('program'), isPartial: false, originalKib: 0, decryptCommand: '', uncompressCommand: '', recoverCommand: '' }
  if (part !== undefined) header.part = part
  if (words.take('crypt')) {
    words.expect('enc')
    header.isEncrypted = true
  }
  for (const [name, field] of FILTER_WORDS) if (words.take(name)) header[field] = words.next(name)
  return header
}

/** Puts what the restore hint says into `header`: `<tab>dd if=<tape> [bs=Nk ]skip=1 | [decrypt |][uncompress |]restore`. */
function parseHint(line: string, header: Draft): void {
  const match = /^\tdd if=<tape> (?:bs=(\d{1,7})k )?skip=1 \|(.*)$/s.exec(line)
  if (match === null) return
  if (match[1] !== undefined) header.blockKib = Number(match[1])
  const commands = (match[2] ?? '').split('|').map((command) => command.trim())
  header.recoverCommand = commands.pop() ?? ''
  const filter = (command: string | undefined): string => (command === undefined || command === '' ? '' : `${command} |`)
  header.uncompressCommand = filter(commands.pop())
  header.decryptCommand = filter(commands.join(' | '))
}

function parseFileLines(header: Draft, lines: readonly string[]): void {
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? ''
    const crc = CRC_LINES.find(([name]) => line.startsWith(`${name}=`))
    if (crc !== undefined) {
      const value = line.slice(crc[0].length + 1)
      if (!/^[0-9a-f]{8}:\d{1,15}$/.test(value)) throw malformed(`${crc[0]} ${JSON.stringify(value)} is not a checksum`)
      header[crc[1]] = value
    } else if (line.startsWith('CONT_FILENAME=')) header.continuation = line.slice(14)
    else if (line.startsWith('APPLICATION=')) header.application = line.slice(12)
    else if (line === 'PARTIAL=YES') header.isPartial = true
    else if (line.startsWith('ORIGSIZE=')) header.originalKib = Math.max(0, decimal(line.slice(9), 'ORIGSIZE', Number.MAX_SAFE_INTEGER))
    else if (line.startsWith('DLE=<<')) {
      const end = lines.indexOf(line.slice(6), index + 1)
      if (end < 0) throw malformed('the DLE has no end')
      header.dleXml = lines.slice(index + 1, end).join('\n')
      index = end
    } else if (line.startsWith('\tdd ')) parseHint(line, header)
    else if (line === '\f') return
  }
}

/**
 * Reads a header from its block, padded or not. Lines it does not know are passed over, as a later Amanda may add some. Throws
 * `wire-malformed` for everything that is not a header.
 */
export function decodeDumpHeader(block: Uint8Array): DumpHeader {
  const bytes = Buffer.from(block.buffer, block.byteOffset, Math.min(block.byteLength, DUMP_HEADER_BYTES))
  const end = bytes.indexOf(0)
  const lines = bytes.toString('utf8', 0, end < 0 ? bytes.length : end).split('\n')
  const first = lines[0] ?? ''
  if (!first.startsWith('AMANDA: ') && !first.startsWith('NETDUMP: ')) throw malformed('it does not begin with AMANDA:')
  const words = new Words(first.slice(first.indexOf(' ') + 1))
  const type = words.next('type')
  switch (type) {
    case 'NOOP':
      return { kind: 'noop' }
    case 'TAPEEND':
      words.expect('DATE')
      return { kind: 'tapeend', datestamp: words.next('datestamp') }
    case 'TAPESTART': {
      words.expect('DATE')
      const datestamp = words.next('datestamp')
      words.expect('TAPE')
      return { kind: 'tapestart', datestamp, label: words.next('label') }
    }
    case 'FILE':
    case 'CONT_FILE':
    case 'SPLIT_FILE': {
      const header = parseFileLine(type === 'FILE' ? 'file' : type === 'CONT_FILE' ? 'cont-file' : 'split-file', words)
      parseFileLines(header, lines.slice(1))
      return header
    }
    default:
      throw malformed(`type ${JSON.stringify(type)} is not known`)
  }
}
