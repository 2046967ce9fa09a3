// The rows of the dump summary: what each disk's dumps came to, before widths are known. A row is either cells or a word that stands across columns.

import { quoteString } from '../../../wire/amanda/quote.ts'
import { isMissing, lastWords } from './exit-status.ts'
import { dumpsInOrder } from './failure-lines.ts'
import type { DiskFacts, DumpFacts, LoggedStats, LogFacts, TaperFacts, TryFacts } from './log-facts.ts'

/** The dumper's columns: its time and rate, or a word in their middle. */
export type DumpCell = { readonly kind: 'stats'; readonly seconds: number; readonly rate: number; readonly secondsText: string; readonly rateText: string } | { readonly kind: 'word'; readonly word: string }
export type TapeCell = { readonly kind: 'stats'; readonly seconds: number; readonly rate: number; readonly secondsText: string; readonly rateText: string; readonly isPartial: boolean } | { readonly kind: 'failed' } | { readonly kind: 'none' }

export type SummaryRow =
  /** `word` stands in the sizes' place and rules fill the rest. */
  | { readonly kind: 'ruled'; readonly host: string; readonly disk: string; readonly word: 'MISSING' | 'SKIPPED' }
  /** No dump: `word` stands in the dumper's place. */
  | { readonly kind: 'word'; readonly host: string; readonly disk: string; readonly word: 'FAILED' | 'NOT FLUSHED' }
  | {
      readonly kind: 'dump'
      readonly host: string
      readonly disk: string
      readonly level: number
      /** 0 when it is not known. */
      readonly originalKib: number
      readonly outputKib: number
      readonly isPartial: boolean
      readonly dump: DumpCell
      readonly tape: TapeCell
    }
  /** The same dump on another volume. */
  | { readonly kind: 'again'; readonly tape: TapeCell }

function rateCells({ seconds, kibPerSecond, secondsText, rateText }: LoggedStats) {
  return { seconds: seconds ?? 0, rate: kibPerSecond ?? 0, secondsText: secondsText ?? '', rateText: rateText ?? '' }
}

function tapeCell(taper: TaperFacts | undefined): TapeCell {
  if (taper?.status === 'done' || taper?.status === 'partial') return { kind: 'stats', ...rateCells(taper.stats), isPartial: taper.status === 'partial' }
  return taper?.status === 'fail' && taper.failureFrom !== 'config' ? { kind: 'failed' } : { kind: 'none' }
}

/** The size that a try came to: what is on the volume, else on the holding disk, else what the client sent. */
function outputOf({ dumper, chunker, taper }: TryFacts): number {
  return taper?.stats.kib || chunker?.kib || dumper?.kib || 0
}

function sizesOf({ tries }: DumpFacts): { readonly originalKib: number; readonly outputKib: number } {
  const taped = tries.find(({ taper }) => taper !== undefined)
  const originalKib = tries.find(({ dumper }) => (dumper?.originalKib ?? 0) > 0)?.dumper?.originalKib ?? (taped?.taper?.status === undefined ? 0 : (taped.taper.stats.originalKib ?? 0))
  return { originalKib, outputKib: taped?.taper?.stats.kib === undefined ? (tries.map(outputOf).find((kib) => kib > 0) ?? 0) : outputOf(taped) }
}

function levelOf({ tries }: DumpFacts): number {
  return tries.reduce((level, { dumper, chunker, taper }) => taper?.level ?? chunker?.level ?? dumper?.level ?? level, 0)
}

/** What stands in the dumper's place when the last try has no dump. */
function wordOf(facts: LogFacts, hasDumper: boolean, first: TaperFacts | undefined): string {
  if (hasDumper) return 'PARTIAL'
  if (first?.status === undefined) return 'FAILED'
  return facts.programs.get('amvault') === undefined ? 'FLUSH' : 'VAULT'
}

function dumpRows(facts: LogFacts, { host, disk }: DiskFacts, dump: DumpFacts): SummaryRow[] {
  const { dumper, chunker } = lastWords(dump)
  const [first, ...others] = dump.tries.flatMap(({ taper }) => (taper === undefined ? [] : [taper]))
  if (dumper === undefined && chunker === undefined && first?.status === 'fail' && first.failureFrom === 'config') return []
  const cell: DumpCell = dumper?.status === 'success' || dumper?.status === 'strange' ? { kind: 'stats', ...rateCells(dumper) } : { kind: 'word', word: wordOf(facts, dumper !== undefined, first) }
  const row: SummaryRow = { kind: 'dump', host, disk: quoteString(disk), level: levelOf(dump), ...sizesOf(dump), isPartial: first?.status === 'partial', dump: cell, tape: tapeCell(first) }
  return [row, ...others.map((taper): SummaryRow => ({ kind: 'again', tape: tapeCell(taper) }))]
}

function diskRows(facts: LogFacts, disk: DiskFacts): SummaryRow[] {
  const { host } = disk
  const name = quoteString(disk.disk)
  const rows = dumpsInOrder(disk).flatMap((dump) => dumpRows(facts, disk, dump))
  if (disk.isSkipped) return [{ kind: 'ruled', host, disk: name, word: 'SKIPPED' }, ...rows]
  if (disk.dumps.length > 0) return rows
  if (disk.plannerFailure !== undefined || disk.driverFailure !== undefined) return [{ kind: 'word', host, disk: name, word: 'FAILED' }]
  if (disk.announcedBy === 'amflush') return [{ kind: 'word', host, disk: name, word: 'NOT FLUSHED' }]
  return isMissing(disk, facts) ? [{ kind: 'ruled', host, disk: name, word: 'MISSING' }] : []
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

export function summaryRows(facts: LogFacts): SummaryRow[] {
  const disks = facts.disks.toSorted((a, b) => compare(a.host, b.host) || compare(a.disk, b.disk))
  return disks.flatMap((disk) => diskRows(facts, disk))
}
