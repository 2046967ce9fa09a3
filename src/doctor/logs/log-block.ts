// Whose dump the lines are of that follow a heading. A run log writes what sendbackup and tar said below `FAIL dumper HOST DISK` or `STRANGE dumper
// HOST DISK`, a mail report below `/-- HOST DISK lev N FAILED`; these lines name nobody themselves. Follows the lines of one file. Pure.

import { unquote } from './log-line.ts'

const NAMES = String.raw`(\S+) +("(?:[^"\\]|\\.)*"|\S+)`
const IN_RUN_LOG = new RegExp(`^(?:FAIL|STRANGE) dumper ${NAMES} `)
const IN_REPORT = new RegExp(String.raw`^ {0,4}/-- +${NAMES} +lev(?:el)? +\d+ +(?:FAILED|STRANGE)`)
/** `? ` is strange, `| ` normal; older reports do not indent. */
const BELOW = /^ {0,4}(?:\?{1,2} |\| |sendbackup: )/

/** Each heading has one of these. */
export const BLOCK_WORDS: readonly string[] = ['FAIL dumper ', 'STRANGE dumper ', ' FAILED [', ' STRANGE']

export interface BlockNames {
  readonly host?: string
  readonly disk?: string
}

export class LogBlock {
  #names: BlockNames = {}

  /** Who the line is of, as far as its place in the file says it; lines that hold nothing of interest may be left out. */
  push(text: string): BlockNames {
    // Most lines are of debug files, and begin with a day of the week.
    if (!' ?|/FSs'.includes(text.charAt(0))) return {}
    const heading = IN_RUN_LOG.exec(text) ?? IN_REPORT.exec(text)
    if (heading !== null) {
      const [, host = '', disk = ''] = heading
      this.#names = { host, disk: unquote(disk) ?? disk }
      return this.#names
    }
    return BELOW.test(text) ? this.#names : {}
  }
}
