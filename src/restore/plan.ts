// Chooses the dumps that give a disk back as it was at a date: a full and the incrementals on it, each made on the one before. Pure.
// A partial dump is never chosen unless it is asked for by its id.

import type { DumpId, DumpRecord, RunId } from '../catalog/contract.ts'
import { Fault } from '../kernel/fault.ts'

export interface RestoreWish {
  readonly host: string
  readonly disk: string
  /** The newest dump at or before it; undefined: the newest of all. */
  readonly notAfter?: RunId
  /** This very dump, also when it is partial. */
  readonly dump?: DumpId
}

/** The dumps to restore, full first. Throws `dump-missing`, which names the link that is not there and the newest date that is whole. */
export function planRestore(dumps: readonly DumpRecord[], wish: RestoreWish): readonly DumpRecord[] {
  const usable = dumps.filter((dump) => dump.host === wish.host && dump.disk === wish.disk && dump.status === 'complete').toSorted(newestFirst)
  const where = `${wish.host} ${wish.disk}`
  if (wish.dump !== undefined) {
    const named = dumps.find((dump) => dump.id === wish.dump && (dump.status === 'complete' || dump.status === 'partial'))
    if (named === undefined) throw new Fault('dump-missing', `there is no dump ${wish.dump}`)
    return chainOf(named, usable)
  }
  const candidates = usable.filter((dump) => wish.notAfter === undefined || dump.run <= wish.notAfter)
  const newest = candidates[0]
  if (newest === undefined) {
    const oldest = usable.at(-1)
    const hint = oldest === undefined ? '' : `; the oldest is of ${oldest.run}`
    throw new Fault('dump-missing', `there is no complete dump of ${where}${wish.notAfter === undefined ? '' : ` at or before ${wish.notAfter}`}${hint}`)
  }
  try {
    return chainOf(newest, usable)
  } catch (error) {
    const whole = candidates.slice(1).find((dump) => isWhole(dump, usable))
    if (!(error instanceof Fault) || whole === undefined) throw error
    throw new Fault(error.code, error.message, { next: `The newest dump that can be restored is of ${whole.run}: name that date with --at.` })
  }
}

function newestFirst(a: DumpRecord, b: DumpRecord): number {
  if (a.run !== b.run) return a.run < b.run ? 1 : -1
  return b.level - a.level
}

function isWhole(dump: DumpRecord, usable: readonly DumpRecord[]): boolean {
  try {
    chainOf(dump, usable)
    return true
  } catch {
    return false
  }
}

function chainOf(last: DumpRecord, usable: readonly DumpRecord[]): DumpRecord[] {
  const chain = [last]
  for (let dump = last; dump.level > 0; ) {
    const base = baseOf(dump, usable)
    if (base === undefined) {
      const wanted = dump.baseRun === undefined ? 'a dump of a lower level before it' : `the dump of ${dump.baseRun}`
      throw new Fault('dump-missing', `the level ${dump.level} dump of ${dump.host} ${dump.disk} of ${dump.run} needs ${wanted}, which is not there or not complete`)
    }
    chain.unshift(base)
    dump = base
  }
  return chain
}

/** What `dump` was made on. A catalog rebuilt from volumes does not know the base run: it is the newest dump of a lower level before it. */
function baseOf(dump: DumpRecord, usable: readonly DumpRecord[]): DumpRecord | undefined {
  return usable.find((other) => other.level < dump.level && (dump.baseRun === undefined ? other.run < dump.run : other.run === dump.baseRun))
}
