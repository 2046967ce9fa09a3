// What the MESG stream of one dump came to: what a header needs, the sizes and checksums the client claims, and the lines for people.
// Memory is bounded whatever the client writes. The rules of success are those of Amanda's dumper.

import type { MesgLine } from './mesg.ts'
import type { RetryAdvice } from './retry.ts'

export interface MesgSummary {
  readonly info: Readonly<Record<string, string>>
  readonly isInfoComplete: boolean
  readonly originalKib?: number
  readonly nativeCrc?: string
  readonly clientCrc?: string
  readonly hasEnd: boolean
  readonly errors: readonly string[]
  readonly retry?: RetryAdvice
  readonly isStrange: boolean
  /** Lines for people with their marks `| `, `? `, `?? `; at most LINES_MAX, then a line that says how many were left out. */
  readonly lines: readonly string[]
}

const LINES_MAX = 1000
const ERRORS_MAX = 100
const INFO_MAX = 64

export class MesgSummariser {
  readonly #info = new Map<string, string>()
  readonly #errors: string[] = []
  readonly #lines: string[] = []
  #linesLeftOut = 0
  #facts: { -readonly [Key in 'isInfoComplete' | 'originalKib' | 'nativeCrc' | 'clientCrc' | 'hasEnd' | 'retry' | 'isStrange']?: MesgSummary[Key] } = {}

  take(line: MesgLine): void {
    switch (line.kind) {
      case 'info':
        if (this.#info.size < INFO_MAX) this.#info.set(line.key, line.value)
        break
      case 'info-end':
        this.#facts.isInfoComplete = true
        break
      case 'size':
        this.#facts.originalKib = line.sizeKib
        break
      case 'native-crc':
        this.#facts.nativeCrc = line.crc
        break
      case 'client-crc':
        this.#facts.clientCrc = line.crc
        break
      case 'retry':
        this.#facts.retry = line.advice
        break
      case 'error':
        // It also counts as the end line.
        this.#facts.hasEnd = true
        if (this.#errors.length < ERRORS_MAX) this.#errors.push(line.text)
        break
      case 'end':
        this.#facts.hasEnd = true
        break
      case 'normal':
        this.#keep(`| ${line.text}`)
        break
      case 'strange':
      case 'warning':
        this.#facts.isStrange = true
        this.#keep(`? ${line.text}`)
        break
      case 'unknown':
        this.#facts.isStrange = true
        this.#keep(`?? ${line.text}`)
        break
      case 'start':
      case 'state':
      case 'no-op':
        break
    }
  }

  summary(): MesgSummary {
    const leftOut = this.#linesLeftOut === 0 ? [] : [`| ${this.#linesLeftOut} more lines were left out`]
    return {
      isInfoComplete: false,
      hasEnd: false,
      isStrange: false,
      ...this.#facts,
      info: Object.fromEntries(this.#info),
      errors: [...this.#errors],
      lines: [...this.#lines, ...leftOut],
    }
  }

  #keep(line: string): void {
    if (this.#lines.length < LINES_MAX) this.#lines.push(line)
    else this.#linesLeftOut++
  }
}
