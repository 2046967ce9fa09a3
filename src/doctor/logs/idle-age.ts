// How long a connection had been silent when it was lost, as far as logs of stock Amanda show it. The mesg connection of a dump carries some
// hundred bytes when the dump begins and nothing until it ends, so its age is the time from there to the error.
//   dumper's debug file: from `Building type FILE header` (mesg has said what it has to) to `security_stream_seterr(…, Connection …)`
//   amdump:              from the command to the dumper to its FAILED; a moment more than the silence
// Pure.

import type { LogLine } from './log-line.ts'

export interface IdleAge {
  readonly seconds: number
  /** The log's own times of both ends; else the silence may have been a little shorter. */
  readonly isExact: boolean
  readonly host?: string
  readonly disk?: string
}

const HEADER_BUILT = /: dumper: Building type FILE header of .* with name='([^']*)' disk='([^']*)'/
const STREAM_LOST = /: dumper: security_stream_seterr\(\w+, (?:Xrecv error: )?Connection (?:reset by peer|timed out)/
const DUMP_COMMAND = /^driver: send-cmd time \d+\.\d+ to (dumper\d+): (?:SHM|PORT)-DUMP \S+ \S+ (?:NULL |\S+:\d+\S* )?\d+ (\S+) \S+ ("(?:[^"\\]|\\.)*"|\S+) /
const DUMP_LOST = /^driver: result time \d+\.\d+ from (dumper\d+): FAILED \S+ "\[(?:mesg|index|data|state) read: /

/** Follows the lines of one file. */
export class IdleWatch {
  #header: { readonly atMs: number; readonly host: string; readonly disk: string } | undefined
  readonly #commands = new Map<string, { readonly seconds: number; readonly host: string; readonly disk: string }>()
  readonly ages: IdleAge[] = []

  push({ text, atMs, runSeconds }: LogLine): void {
    if (atMs !== undefined) this.#pushDebug(text, atMs)
    else if (runSeconds !== undefined) this.#pushDriver(text, runSeconds)
  }

  #pushDebug(text: string, atMs: number): void {
    const header = HEADER_BUILT.exec(text)
    if (header !== null) this.#header = { atMs, host: header[1] ?? '', disk: header[2] ?? '' }
    if (this.#header === undefined || !STREAM_LOST.test(text)) return
    const { host, disk } = this.#header
    this.ages.push({ seconds: (atMs - this.#header.atMs) / 1000, isExact: true, host, disk })
    this.#header = undefined
  }

  #pushDriver(text: string, seconds: number): void {
    const command = DUMP_COMMAND.exec(text)
    if (command !== null) this.#commands.set(command[1] ?? '', { seconds, host: command[2] ?? '', disk: (command[3] ?? '').replaceAll('"', '') })
    const dumper = DUMP_LOST.exec(text)?.[1]
    const begun = dumper === undefined ? undefined : this.#commands.get(dumper)
    if (begun !== undefined) this.ages.push({ seconds: seconds - begun.seconds, isExact: false, host: begun.host, disk: begun.disk })
  }
}

/** The ages of one dump in words; exact ones speak for all. */
export function describeAges(ages: readonly IdleAge[]): string[] {
  const exact = ages.filter(({ isExact }) => isExact)
  const best = (exact.length > 0 ? exact : ages).map(({ seconds }) => seconds).toSorted((a, b) => a - b)
  const [first] = best
  const last = best.at(-1)
  if (first === undefined || last === undefined) return []
  const about = exact.length > 0 ? '' : 'at most '
  if (best.length === 1) return [`The connection had been silent for ${about}${first.toFixed(1)} s when it was lost.`]
  return [last - first <= 2 ? `${best.length} times, and always after ${about}${first.toFixed(1)} to ${last.toFixed(1)} s of silence: something in between forgets connections at that age.` : `Lost after ${about}${best.map((seconds) => seconds.toFixed(1)).join(', ')} s of silence.`]
}
