// The sums of a report: what was dumped and what reached volumes, all together, of full dumps and of incremental ones. Sizes are KiB, times seconds.

import type { DumpFacts, LogFacts, TryFacts } from './log-facts.ts'

export interface KindTotals {
  dumpCount: number
  dumpSeconds: number
  outputKib: number
  originalKib: number
  tapedCount: number
  partCount: number
  tapeSeconds: number
  tapeKib: number
}

export interface ReportTotals {
  readonly total: KindTotals
  readonly full: KindTotals
  readonly incremental: KindTotals
  /** How many dumps, dumps on volumes and parts there are of each incremental level. */
  readonly dumpLevels: ReadonlyMap<number, number>
  readonly tapedLevels: ReadonlyMap<number, number>
  readonly partLevels: ReadonlyMap<number, number>
}

function noTotals(): KindTotals {
  return { dumpCount: 0, dumpSeconds: 0, outputKib: 0, originalKib: 0, tapedCount: 0, partCount: 0, tapeSeconds: 0, tapeKib: 0 }
}

interface Sums {
  readonly kinds: { readonly total: KindTotals; readonly full: KindTotals; readonly incremental: KindTotals }
  readonly dumps: Map<number, number>
  readonly taped: Map<number, number>
  readonly parts: Map<number, number>
}

function count(levels: Map<number, number>, level: number, more: number): void {
  if (level > 0 && more > 0) levels.set(level, (levels.get(level) ?? 0) + more)
}

/** Whether a try made a dump, on the holding disk or on a volume. */
function isDumped({ dumper, chunker, taper }: TryFacts): boolean {
  if (dumper?.status !== 'success' && dumper?.status !== 'strange') return false
  return chunker === undefined ? taper?.status === 'done' : chunker.status !== 'fail'
}

/** What a try left on the holding disk, or on a volume when it went there without one; undefined when it left nothing. */
export function storedKib(attempt: TryFacts): number | undefined {
  const { dumper, chunker, taper, retry } = attempt
  if (dumper === undefined || retry !== undefined) return undefined
  if (!isDumped(attempt) && dumper.status !== 'fail') return undefined
  return chunker === undefined ? taper?.stats.kib : chunker.status === 'fail' ? undefined : chunker.kib
}

function addTry(sums: Sums, attempt: TryFacts): void {
  const { dumper, taper } = attempt
  const add = (level: number, change: (totals: KindTotals) => void): void => {
    change(sums.kinds.total)
    change(level > 0 ? sums.kinds.incremental : sums.kinds.full)
  }
  if (dumper !== undefined && attempt.retry === undefined) {
    const isWhole = isDumped(attempt)
    const stored = storedKib(attempt)
    if (isWhole || stored !== undefined) {
      add(dumper.level, (totals) => {
        totals.outputKib += stored ?? 0
        totals.originalKib += (isWhole ? dumper.originalKib : taper?.stats.originalKib) ?? 0
        totals.dumpSeconds += isWhole ? (dumper.seconds ?? 0) : 0
        totals.dumpCount += isWhole ? 1 : 0
      })
    }
    if (isWhole) count(sums.dumps, dumper.level, 1)
  }
  if (taper?.status === 'done' || taper?.status === 'partial') {
    const level = taper.level ?? 0
    add(level, (totals) => {
      totals.tapedCount++
      totals.partCount += taper.parts.length
      totals.tapeSeconds += taper.stats.seconds ?? 0
      totals.tapeKib += taper.stats.kib ?? 0
    })
    count(sums.taped, level, 1)
    count(sums.parts, level, taper.parts.length)
  }
}

export function totalsOf({ disks }: LogFacts): ReportTotals {
  const kinds = { total: noTotals(), full: noTotals(), incremental: noTotals() }
  const sums: Sums = { kinds, dumps: new Map(), taped: new Map(), parts: new Map() }
  const dumps: readonly DumpFacts[] = disks.flatMap((disk) => disk.dumps)
  for (const { tries } of dumps) for (const attempt of tries) addTry(sums, attempt)
  return { ...kinds, dumpLevels: sums.dumps, tapedLevels: sums.taped, partLevels: sums.parts }
}
