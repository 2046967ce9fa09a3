// Applies the keep rules when a run has ended. Rules that are new are only looked at the first time, and it is told what they would remove: a slip of the
// pen must not cost a year of dumps in its first night. After that, dumps that no rule keeps are removed, at most once a day unless much would come
// free. What was done last stands in a small file beside the catalog.

import { readFile, replaceFile, type Disk } from '../../kernel/disk.ts'
import { faultOf, systemErrorCode } from '../../kernel/fault.ts'
import type { Clock } from '../../kernel/clock.ts'
import type { EventSink, Log } from '../../kernel/log.ts'
import type { KeepRules, PrunePlan } from '../../storage/vault/contract.ts'
import type { ServerEvent } from '../control/contract.ts'
import type { VaultDesk } from './vault-desk.ts'

/** A little under a day, so that nightly runs that end a bit earlier still count. */
const SWEEP_MS = 20 * 3_600_000
/** Share of what the dumps in the vault added, from which on it is not waited for the next day. */
const MUCH = 0.1
const FILE_BYTES_MAX = 64 * 1024

export interface PruneNotes {
  /** The rules that were looked at, canonical. */
  readonly rules?: string
  /** Since when they are these. */
  readonly sinceMs?: number
  /** When garbage was last swept. */
  readonly sweptMs?: number
}

export interface PruneDoors {
  readonly clock: Clock
  readonly disk: Disk
  readonly desk: VaultDesk
  readonly rules: KeepRules | undefined
  readonly notesFile: string
  readonly events: EventSink<ServerEvent>
  readonly log: Log
}

export function rulesText(rules: KeepRules): string {
  return JSON.stringify(Object.entries(rules).filter(([, value]) => value !== undefined).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

export async function readPruneNotes(disk: Disk, file: string): Promise<PruneNotes> {
  try {
    const value: unknown = JSON.parse((await readFile(disk, file, FILE_BYTES_MAX)).toString('utf8'))
    if (typeof value !== 'object' || value === null) return {}
    const { rules, sinceMs, sweptMs } = value as Record<string, unknown>
    return { ...(typeof rules === 'string' ? { rules } : {}), ...(typeof sinceMs === 'number' ? { sinceMs } : {}), ...(typeof sweptMs === 'number' ? { sweptMs } : {}) }
  } catch (error) {
    // Without it the rules count as new: nothing is removed for one night more.
    if (systemErrorCode(error) === 'ENOENT' || error instanceof SyntaxError) return {}
    throw error
  }
}

/** Whether the rules are the ones that were there at the end of an earlier run. Pure. */
export function isFirstNight(notes: PruneNotes, rules: KeepRules): boolean {
  return notes.rules !== rulesText(rules)
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
    const put = (next: PruneNotes): Promise<void> => replaceFile(disk, notesFile, Buffer.from(`${JSON.stringify(next)}\n`))
    const counts = { removed: plan.removed.length, kept: plan.kept.length }
    if (isFirstNight(notes, rules)) {
      await put({ ...notes, rules: rulesText(rules), sinceMs: nowMs })
      if (plan.removed.length === 0) return
      log.warn('the keep rules of the vault are new: nothing is removed yet', { wouldRemove: counts.removed, keeps: counts.kept })
      return events({ kind: 'vault-pruned', atMs: nowMs, ...counts, freedBytes: 0, isDryRun: true })
    }
    const ageMs = nowMs - (notes.sweptMs ?? Number.NEGATIVE_INFINITY)
    // A clock that was set back must not stop the sweeping.
    const isDue = ageMs >= SWEEP_MS || ageMs < 0
    if (!isDue && shareRemoved(plan) < MUCH) return
    const result = await desk.carryOut(plan, () => undefined, signal)
    await put({ ...notes, sweptMs: nowMs })
    const freedBytes = Math.max(0, result.bytesBefore - result.bytesAfter)
    log.info('the vault was pruned', { removed: counts.removed, kept: counts.kept, freedBytes })
    if (counts.removed > 0 || freedBytes > 0) events({ kind: 'vault-pruned', atMs: clock.wallMs(), ...counts, freedBytes, isDryRun: false })
  } catch (error) {
    const { code, message } = faultOf(error)
    log.warn('the vault could not be pruned; the next run tries again', { code, reason: message })
    if (!signal.aborted) events({ kind: 'warning', atMs: clock.wallMs(), code, message: `the vault could not be pruned: ${message}` })
  }
}
