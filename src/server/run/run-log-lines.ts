// The lines of planner, driver, dumper and chunker in the run's log, as Amanda's tools read them (docs/formats/run-log.md). The taper
// writes its own. Pure.

import { quoteString } from '../../wire/amanda/quote.ts'
import type { RunLogEntry } from '../../wire/amanda/run-log.ts'
import type { RunId } from '../../catalog/contract.ts'
import type { DumpTotals } from '../dumper/contract.ts'

const NO_CRC = '00000000:0'
/** A dump of no time must not have an infinite rate. */
const SECONDS_MIN = 0.001

export interface LoggedJob {
  readonly run: RunId
  readonly host: string
  readonly disk: string
  readonly level: number
}

function names(job: LoggedJob): string {
  return `${job.host} ${quoteString(job.disk)} ${job.run} ${job.level}`
}

/** Stock Amanda counts whole KiB, and takes a dump of less than this for one of a tenth of a second. */
const CHUNKER_SECONDS_MIN = 0.1

function dumperRate(kib: number, seconds: number): string {
  return `sec ${seconds.toFixed(3)} kb ${kib} kps ${(kib / Math.max(seconds, SECONDS_MIN)).toFixed(1)}`
}

function wholeKib(bytes: number): number {
  return Math.trunc(bytes / 1024)
}

/** What left the client; behind a filter of the server it is stored as something else. */
function sentKib({ clientCrc, storedBytes }: Pick<DumpTotals, 'clientCrc' | 'storedBytes'>): number {
  const sent = Number(clientCrc?.slice(clientCrc.indexOf(':') + 1) ?? Number.NaN)
  return wholeKib(Number.isSafeInteger(sent) ? sent : storedBytes)
}

/** What the dumper says of a good dump between brackets. */
export function dumperStats(totals: DumpTotals, seconds: number): string {
  return `${dumperRate(sentKib(totals), seconds)} orig-kb ${totals.originalKib}`
}

/** The same of the chunker, or of what it kept. */
export function chunkerStats(bytes: number, seconds: number): string {
  const taken = Math.max(seconds, CHUNKER_SECONDS_MIN)
  return `sec ${taken.toFixed(6)} kb ${wholeKib(bytes)} kps ${(wholeKib(bytes) / taken).toFixed(6)}`
}

export function startEntry(program: 'planner' | 'driver', run: RunId): RunLogEntry {
  return { type: 'START', program, text: `date ${run}` }
}

export function finishEntry(program: 'planner' | 'driver', run: RunId, seconds: number): RunLogEntry {
  return { type: 'FINISH', program, text: `date ${run} time ${seconds.toFixed(3)}` }
}

export function dumpedEntries(job: LoggedJob, kind: 'good' | 'strange', totals: DumpTotals, seconds: number, lines: readonly string[], isHeld: boolean): RunLogEntry[] {
  const sums = `${totals.nativeCrc ?? NO_CRC} ${totals.clientCrc ?? NO_CRC} [${dumperStats(totals, seconds)}]`
  const dumper: RunLogEntry =
    kind === 'good' ? { type: 'SUCCESS', program: 'dumper', text: `${names(job)} ${sums}` } : { type: 'STRANGE', program: 'dumper', text: [`${job.host} ${quoteString(job.disk)} ${job.level} ${sums}`, ...lines].join('\n') }
  const chunker: RunLogEntry = { type: 'SUCCESS', program: 'chunker', text: `${names(job)} ${totals.serverCrc} [${chunkerStats(totals.storedBytes, seconds)}]` }
  return isHeld ? [dumper, chunker] : [dumper]
}

export function failedEntries(job: LoggedJob, message: string, lines: readonly string[], partial: { readonly bytes: number; readonly crc: string | undefined } | undefined, seconds: number): RunLogEntry[] {
  const dumper: RunLogEntry = { type: 'FAIL', program: 'dumper', text: [`${names(job)} [${message.replaceAll('\n', ' ')}]`, ...lines].join('\n') }
  if (partial === undefined) return [dumper]
  return [dumper, { type: 'PARTIAL', program: 'chunker', text: `${names(job)} ${partial.crc ?? NO_CRC} [${chunkerStats(partial.bytes, seconds)}]` }]
}

export function retryEntry(job: LoggedJob, delaySeconds: number, level: number, message: string): RunLogEntry {
  return { type: 'RETRY', program: 'dumper', text: `${names(job)} delay ${delaySeconds} level ${level} message "${quoteString(`${message} `).slice(1, -2)}"` }
}

export function plannerFailEntry(job: LoggedJob, reason: string): RunLogEntry {
  return { type: 'FAIL', program: 'planner', text: `${names(job)} "${quoteString(`${reason} `).slice(1, -2)}"` }
}
