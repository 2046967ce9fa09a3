// Compares, in a debug file of sendbackup, what tar says it wrote with what was counted on its way to amandad: a dump of which only a part left the
// client can end as if all were well. Pure.

import type { LogLine } from './log-line.ts'

const STARTED = /: sendbackup: start: ([^:]+):(.*) lev \d+$/
const WRITTEN = /: sendbackup: .*\bTotal bytes written: (\d+)/
const COUNTED = /: sendbackup: .*\bnative-CRC [\da-f]+:(\d+)/

export interface ShortDump {
  readonly host: string | undefined
  readonly disk: string | undefined
}

/** What must be in a line for it to be looked at here. */
export const SHORT_DUMP_WORDS = ['sendbackup: start: '] as const

/** Follows the lines of one file. */
export class ShortDumpWatch {
  #whose: ShortDump = { host: undefined, disk: undefined }
  #writtenBytes = 0

  /** The dump, when this line shows that it is short. */
  push({ text, program }: LogLine): ShortDump | undefined {
    if (program !== 'sendbackup') return undefined
    const started = STARTED.exec(text)
    if (started !== null) {
      this.#whose = { host: started[1], disk: started[2] }
      this.#writtenBytes = 0
    }
    this.#writtenBytes = Number(WRITTEN.exec(text)?.[1] ?? this.#writtenBytes)
    const counted = COUNTED.exec(text)
    return counted !== null && Number(counted[1]) < this.#writtenBytes ? this.#whose : undefined
  }
}
