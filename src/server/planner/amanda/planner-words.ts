// What the planner says while it plans, in Amanda's words: lines of its trace (stderr, `amdump.TIMESTAMP`) and entries of the run log.

import { quoteString } from '../../../wire/amanda/quote.ts'
import type { RunLogEntry, RunLogType } from '../../../wire/amanda/run-log.ts'

export class PlannerWords {
  readonly #trace: string[] = []
  readonly #log: RunLogEntry[] = []
  #open = ''

  /** A piece of a line of the trace that goes on. */
  say(text: string): void {
    this.#open += text
  }

  /** The rest of a line of the trace. */
  line(text = ''): void {
    this.#trace.push(...`${this.#open}${text}`.split('\n'))
    this.#open = ''
  }

  log(type: RunLogType, text: string): void {
    this.#log.push({ type, program: 'planner', text })
  }

  get trace(): readonly string[] {
    return this.#trace
  }

  get entries(): readonly RunLogEntry[] {
    return this.#log
  }
}

/** Host and disk as they stand in messages. */
export function spoken({ host, disk }: { readonly host: string; readonly disk: string }): string {
  return `${host}:${quoteString(disk)}`
}

export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`
}
