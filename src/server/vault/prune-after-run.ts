// Applies the keep rules when a run has ended. Rules that are new are only looked at the first time, and it is told what they would remove: a slip of the
// pen must not cost a year of dumps in its first night. After that, dumps that no rule keeps are removed, at most once a day unless much would come free.

import { replaceFile, type Disk } from '../../kernel/disk.ts'
import { faultOf } from '../../kernel/fault.ts'
import type { Clock } from '../../kernel/clock.ts'
import type { EventSink, Log } from '../../kernel/log.ts'
import type { KeepRules, PrunePlan } from '../../storage/vault/contract.ts'
import type { ServerEvent } from '../control/contract.ts'
import { areNewRules, readPruneNotes, rulesText, type PruneNotes, type PruneOutcome } from './prune-notes.ts'
import type { VaultDesk } from './vault-desk.ts'

/** A little under a day, so that nightly runs that end a bit earlier still count. */
const SWEEP_MS = 20 * 3_600_000
/** Share of what the dumps in the vault added, from which on it is not waited for the next day. */
const MUCH = 0.1

export interface PruneDoors {
  readonly clock: Clock
  readonly disk: Disk
  readonly desk: VaultDesk
  readonly rules: KeepRules | undefined
  readonly notesFile: string
  readonly events: EventSink<ServerEvent>
  readonly log: Log
}

function shareRemoved({ kept, removed }: PrunePlan): number {
  const sum = (rows: PrunePlan['kept']): number => rows.reduce((bytes, { dump }) => bytes + dump.addedBytes, 0)
  const gone = sum(removed)
  return gone === 0 ? 0 : gone / (gone + sum(kept))
}

/** Never rejects: a prune that fails is tried again after the next run. */
export async function pruneAfterRun(doors: PruneDoors, signal: AbortSignal): Promise<void> {
  const { clock, disk, desk, rules, notesFile, events, log } = doors
  if (rules === undefined) return
  try {
    const nowMs = clock.wallMs()
    const notes = await readPruneNotes(disk, notesFile)
    const plan = await desk.plan(rules)
    const counts = { atMs: nowMs, removed: plan.removed.length, kept: plan.kept.length }
    const end = async (next: PruneNotes, last: PruneOutcome): Promise<void> => {
      await replaceFile(disk, notesFile, Buffer.from(`${JSON.stringify({ ...notes, ...next, last })}\n`))
      if (last.removed > 0 || last.freedBytes > 0) events({ kind: 'vault-pruned', ...last })
    }
    if (areNewRules(notes, rules)) {
      if (counts.removed > 0) log.warn('the keep rules of the vault are new: nothing is removed yet', { wouldRemove: counts.removed, keeps: counts.kept })
      return await end({ rules: rulesText(rules) }, { ...counts, freedBytes: 0, isDryRun: true })
    }
    const ageMs = nowMs - (notes.sweptMs ?? Number.NEGATIVE_INFINITY)
    // A clock that was set back must not stop the sweeping.
    const isDue = ageMs >= SWEEP_MS || ageMs < 0
    if (!isDue && shareRemoved(plan) < MUCH) return
    const result = await desk.carryOut(plan, () => undefined, signal)
    const freedBytes = Math.max(0, result.bytesBefore - result.bytesAfter)
    log.info('the vault was pruned', { removed: counts.removed, kept: counts.kept, freedBytes })
    await end({ sweptMs: nowMs }, { ...counts, freedBytes, isDryRun: false })
  } catch (error) {
    const { code, message } = faultOf(error)
    log.warn('the vault could not be pruned; the next run tries again', { code, reason: message })
    if (!signal.aborted) events({ kind: 'warning', atMs: clock.wallMs(), code, message: `the vault could not be pruned: ${message}` })
  }
}
