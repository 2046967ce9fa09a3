// The parts of a report that are about what went wrong: what failed, what was strange, and what clients said of both.

import { quoteString } from '../../../wire/amanda/quote.ts'
import { isMissing } from './exit-status.ts'
import { LOG_PROGRAMS, type DiskFacts, type DumpFacts, type LogFacts, type TryFacts } from './log-facts.ts'

/** Lines of a client that a report shows of one failure; the log has all. */
const DETAIL_LINES_MAX = 100
/** Of a dumper whose chunker failed: what the chunker says is the reason. */
const ABORTED = 'Aborted by driver'

interface Tried {
  readonly disk: DiskFacts
  readonly dump: DumpFacts
  readonly attempt: TryFacts
}

function nameOf({ host, disk }: DiskFacts): string {
  return `${host} ${quoteString(disk)}`
}

/** The dumps of a disk, oldest first. */
export function dumpsInOrder(disk: DiskFacts): DumpFacts[] {
  return disk.dumps.toSorted((a, b) => (a.datestamp < b.datestamp ? -1 : a.datestamp > b.datestamp ? 1 : 0))
}

function triesOf(facts: LogFacts): Tried[] {
  return facts.disks.flatMap((disk) => dumpsInOrder(disk).flatMap((dump) => dump.tries.map((attempt) => ({ disk, dump, attempt }))))
}

/** Whether a try made up for one before it. One that no volume was allowed for did not. */
function isDumped({ dumper, chunker, taper }: TryFacts): boolean {
  if (dumper?.status !== 'success' && dumper?.status !== 'strange') return false
  if (chunker === undefined) return taper?.status === 'done'
  return chunker.status === 'success' && !(taper?.status === 'fail' && taper.failureFrom === 'config')
}

/** What is said of the tries of one dump, one after the other. */
function triedLines(facts: LogFacts, disk: DiskFacts, dump: DumpFacts): string[] {
  const lines: string[] = []
  const date = dump.datestamp === facts.datestamp ? '' : ` date ${dump.datestamp}`
  const say = (level: number, words: string): void => void lines.push(`  ${nameOf(disk)}${date} lev ${level}  ${words}`)
  let hasFailed = false
  let hasFailedOnTape = false
  for (const attempt of dump.tries) {
    const { dumper, chunker, taper, retry } = attempt
    if (retry !== undefined) {
      say(dumper?.level ?? 0, `FAILED [${retry.message}: Will retry at level ${retry.level}]`)
      continue
    }
    if (dumper?.status === 'fail' && dumper.error !== ABORTED) say(dumper.level, `FAILED [${dumper.error ?? ''}]`)
    if (chunker?.status === 'fail') say(chunker.level, `FAILED [${chunker.error ?? ''}]`)
    if (chunker?.status === 'fail') hasFailedOnTape = true
    if (dumper?.status === 'fail' || chunker?.status === 'fail') hasFailed = true
    else if (hasFailed && dumper !== undefined && isDumped(attempt)) {
      say(dumper.level, 'was successfully retried')
      hasFailed = false
      hasFailedOnTape = false
    }
    if (taper?.status === 'partial') say(taper.level ?? 0, `partial taper: ${taper.error === undefined || taper.error === '' ? 'successfully taped a partial dump' : taper.error}`)
    const isTapeError = taper?.status === 'fail' && taper.failureFrom === 'error'
    if (isTapeError) say(taper.level ?? 0, `FLUSH(${taper.storage}) [${taper.error ?? ''}]`)
    else if (taper?.status === 'fail' && chunker === undefined && dumper !== undefined) say(taper.level ?? 0, `FAILED [${taper.error ?? ''}]`)
    else if (taper?.status === 'fail' && taper.failureFrom !== 'config' && dumper !== undefined) say(taper.level ?? 0, `FLUSH [${taper.error ?? ''}]`)
    if (taper?.status === 'partial' || isTapeError) hasFailedOnTape = true
    else if (hasFailedOnTape && taper?.status === 'done') {
      say(taper.level ?? 0, 'was successfully re-flushed')
      hasFailedOnTape = false
    }
  }
  return lines
}

export function failureLines(facts: LogFacts): string[] {
  const ofPrograms = (['fatal', 'errors'] as const).flatMap((kind) =>
    LOG_PROGRAMS.flatMap((name) => (facts.programs.get(name)?.[kind] ?? []).map((text) => `  ${name}: ${kind === 'fatal' ? 'FATAL' : 'ERROR'} ${text}`)),
  )
  const missing = facts.disks.filter((disk) => isMissing(disk, facts)).map((disk) => `  ${nameOf(disk)} RESULTS MISSING`)
  const ofDisks = (['driverFailure', 'plannerFailure'] as const).flatMap((who) =>
    facts.disks.flatMap((disk) => (disk[who] === undefined ? [] : [`  ${nameOf(disk)} lev ${disk[who].level}  FAILED [${disk[who].error}]`])),
  )
  return [...ofPrograms, ...missing, ...ofDisks, ...facts.disks.flatMap((disk) => dumpsInOrder(disk).flatMap((dump) => triedLines(facts, disk, dump)))]
}

export function strangeLines(facts: LogFacts): string[] {
  return triesOf(facts).flatMap(({ disk, attempt: { dumper } }) => (dumper?.status === 'strange' ? [`  ${nameOf(disk)} lev ${dumper.level}  STRANGE (see below)`] : []))
}

function detail(head: string, lines: readonly string[]): string[] {
  const more = lines.length - DETAIL_LINES_MAX
  const cut = more > 0 ? [String.raw`  \--------`, `  ${more} lines follow, see the corresponding log.* file for the complete list`] : []
  return [`  /-- ${head}`, ...lines.slice(0, DETAIL_LINES_MAX).map((line) => `  ${line}`), ...cut, String.raw`  \--------`]
}

export function failureDetails(facts: LogFacts): string[] {
  return triesOf(facts).flatMap(({ disk, attempt: { dumper } }) => (dumper?.status === 'fail' && dumper.error !== ABORTED ? detail(`${nameOf(disk)} lev ${dumper.level} FAILED [${dumper.error ?? ''}]`, dumper.lines) : []))
}

export function strangeDetails(facts: LogFacts): string[] {
  return triesOf(facts).flatMap(({ disk, attempt: { dumper } }) => (dumper?.status === 'strange' ? detail(`${nameOf(disk)} lev ${dumper.level} STRANGE`, dumper.lines) : []))
}
