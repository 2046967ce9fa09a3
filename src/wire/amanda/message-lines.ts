// The MESG stream of a dump: lines for people (`| normal`, `? strange`) and lines for the server (`sendbackup: …`). The reader is a
// pure state machine that takes bytes in any pieces and keeps what counts; the server decides from its summary. Format:
// docs/formats/services.md, section "MESG".

import { parseRetry, type RetryRequest } from './service-bodies.ts'

/** Values of the `sendbackup: info KEY=value` lines. */
export type BackupInfo = Readonly<Record<string, string>>

export type MessageLine =
  | { readonly kind: 'normal' | 'strange' | 'unknown'; readonly text: string }
  | { readonly kind: 'info'; readonly key: string; readonly value: string }
  | { readonly kind: 'info-end' }
  | { readonly kind: 'start'; readonly text: string }
  | { readonly kind: 'size'; readonly kib: number }
  | { readonly kind: 'native-crc' | 'client-crc'; readonly crc: string }
  | { readonly kind: 'error'; readonly text: string }
  | { readonly kind: 'warning'; readonly text: string }
  | { readonly kind: 'retry'; readonly retry: RetryRequest }
  | { readonly kind: 'end' }
  | { readonly kind: 'ignored' }

/** What a dump's messages came to. */
export interface MessageSummary {
  readonly info: BackupInfo
  readonly isInfoComplete: boolean
  readonly originalKib: number | undefined
  readonly nativeCrc: string | undefined
  readonly clientCrc: string | undefined
  readonly hasEnd: boolean
  readonly errors: readonly string[]
  readonly retry: RetryRequest | undefined
  readonly isStrange: boolean
  /** The lines for people, with their marks, at most LINES_KEPT_MAX. */
  readonly lines: readonly string[]
}

/** A line longer than this is cut: a client that writes no newline must not fill our memory. */
const LINE_BYTES_MAX = 8192
const LINES_KEPT_MAX = 1000

/** One line without its newline. */
export function parseMessageLine(line: string): MessageLine {
  if (line.startsWith('|')) return { kind: 'normal', text: line.slice(1).replace(/^ /, '') }
  if (line.startsWith('?')) return { kind: 'strange', text: line.slice(1).replace(/^ /, '') }
  const match = /^sendbackup: ([A-Za-z-]+)(?: (.*))?$/s.exec(line)
  const rest = match?.[2] ?? ''
  switch (match?.[1]) {
    case 'start':
      return { kind: 'start', text: rest }
    case 'info': {
      if (rest === 'end') return { kind: 'info-end' }
      const equals = rest.indexOf('=')
      return equals < 0 ? { kind: 'unknown', text: line } : { kind: 'info', key: rest.slice(0, equals), value: rest.slice(equals + 1) }
    }
    case 'size':
      return /^\d{1,15}$/.test(rest) ? { kind: 'size', kib: Number(rest) } : { kind: 'unknown', text: line }
    case 'native-CRC':
    case 'client-CRC':
      if (!/^[0-9a-f]{8}:\d{1,15}$/.test(rest)) return { kind: 'unknown', text: line }
      return { kind: match[1] === 'native-CRC' ? 'native-crc' : 'client-crc', crc: rest }
    case 'error':
      // The text is in brackets that may hold brackets; the outer pair goes.
      return { kind: 'error', text: rest.replace(/^\[(.*)\]$/s, '$1') }
    case 'warning':
      return { kind: 'warning', text: rest }
    case 'retry':
      return retryLine(rest, line)
    case 'end':
      return { kind: 'end' }
    case 'state':
    case 'statedone':
    case 'no-op':
      return { kind: 'ignored' }
    default:
      return { kind: 'unknown', text: line }
  }
}

function retryLine(rest: string, line: string): MessageLine {
  try {
    return { kind: 'retry', retry: parseRetry(rest) }
  } catch {
    return { kind: 'unknown', text: line }
  }
}

/** Collects the lines of one MESG stream. `push` returns the lines that became complete. */
export class MessageReader {
  #partial = ''
  readonly #decoder = new TextDecoder('utf-8')
  readonly #info: Record<string, string> = {}
  #isInfoComplete = false
  #originalKib: number | undefined
  #nativeCrc: string | undefined
  #clientCrc: string | undefined
  #hasEnd = false
  readonly #errors: string[] = []
  #retry: RetryRequest | undefined
  #isStrange = false
  readonly #lines: string[] = []

  push(piece: Uint8Array): MessageLine[] {
    const text = this.#partial + this.#decoder.decode(piece, { stream: true })
    const lines = text.split('\n')
    this.#partial = (lines.pop() ?? '').slice(0, LINE_BYTES_MAX)
    return lines.map((line) => this.#take(line.slice(0, LINE_BYTES_MAX)))
  }

  /** The stream is over. What is left without a newline is a defect of the client. */
  finish(): MessageSummary {
    if (this.#partial !== '') {
      this.#errors.push(`partial line in message stream: ${this.#partial}`)
      this.#partial = ''
    }
    return {
      info: this.#info,
      isInfoComplete: this.#isInfoComplete,
      originalKib: this.#originalKib,
      nativeCrc: this.#nativeCrc,
      clientCrc: this.#clientCrc,
      hasEnd: this.#hasEnd,
      errors: this.#errors,
      retry: this.#retry,
      isStrange: this.#isStrange,
      lines: this.#lines,
    }
  }

  /** The info lines so far; complete once `info-end` was returned by `push`. */
  get info(): BackupInfo {
    return this.#info
  }

  #take(line: string): MessageLine {
    const parsed = parseMessageLine(line)
    switch (parsed.kind) {
      case 'normal':
        this.#keep(`| ${parsed.text}`)
        break
      case 'strange':
        this.#isStrange = true
        this.#keep(`? ${parsed.text}`)
        break
      case 'unknown':
        if (parsed.text === '') break
        this.#isStrange = true
        this.#keep(`?? ${parsed.text}`)
        break
      case 'warning':
        this.#isStrange = true
        this.#keep(line)
        break
      case 'info':
        this.#info[parsed.key] = parsed.value
        break
      case 'info-end':
        this.#isInfoComplete = true
        break
      case 'size':
        this.#originalKib = parsed.kib
        break
      case 'native-crc':
        this.#nativeCrc = parsed.crc
        break
      case 'client-crc':
        this.#clientCrc = parsed.crc
        break
      case 'error':
        this.#errors.push(parsed.text)
        this.#keep(line)
        break
      case 'retry':
        this.#retry = parsed.retry
        break
      case 'end':
        this.#hasEnd = true
        break
      case 'start':
      case 'ignored':
        break
    }
    return parsed
  }

  #keep(line: string): void {
    if (this.#lines.length < LINES_KEPT_MAX) this.#lines.push(line)
  }
}
