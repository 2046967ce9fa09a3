// Writes what is held to volumes, one dump at a time, when the rules of flushing allow it (flush-rules.ts), and leaves at the end what they do not.

import { loadOf } from './admission.ts'
import { degrade } from './degraded-mode.ts'
import { endJob, jobsIn, setMode, withFault, type Draft } from './driver-draft.ts'
import { FLUSH_AT_ONCE, isFlushDue, nextToTape } from './flush-rules.ts'

export function startTape(draft: Draft): void {
  if (draft.degraded !== undefined || draft.stopped !== undefined || loadOf(draft).isVolumeBusy) return
  const held = jobsIn(draft, 'held')
  if (held.length === 0) return
  const { flush = FLUSH_AT_ONCE, volumeBytes = Number.POSITIVE_INFINITY } = draft.state.limits
  if (draft.volume === undefined && !mayBeginVolume(draft)) return
  const next = nextToTape(held.map((job) => ({ ...job.mode, job })), flush.order, draft.volume?.leftBytes ?? volumeBytes)
  if (next === undefined) return
  const { path, bytes, turn, isPartial, fault, job } = next
  setMode(draft, job, { kind: 'taping', path, bytes, turn, isPartial, fault })
  draft.effects.push({ kind: 'start-tape', id: job.spec.id, path })
}

function mayBeginVolume(draft: Draft): boolean {
  const { flush = FLUSH_AT_ONCE, volumeBytes } = draft.state.limits
  const coming = [...jobsIn(draft, 'waiting'), ...jobsIn(draft, 'running')].filter((job) => (job.mode.kind === 'running' ? job.mode.to === 'holding' : !job.isDirect))
  const held = jobsIn(draft, 'held')
  const load = {
    heldBytes: held.reduce((sum, { mode }) => sum + Math.max(1, mode.bytes), 0),
    scheduledBytes: coming.reduce((sum, job) => sum + (job.estimatedBytes ?? 0), 0),
    isDumpingOver: coming.length === 0,
  }
  if (volumeBytes === undefined || isFlushDue(load, flush, volumeBytes) || isRoomWanted(draft)) return canBeginVolume(draft)
  const isOver = load.isDumpingOver && jobsIn(draft, 'waiting').length + jobsIn(draft, 'running').length === 0
  if (isOver) for (const job of held) endJob(draft, job, { kind: 'held', isPartial: job.mode.isPartial, note: 'taperflush criteria not met', ...withFault(job.mode.fault) })
  return false
}

/** A dump stands still for room that a flush would free: that is worth a volume, whatever is held. */
function isRoomWanted(draft: Draft): boolean {
  return jobsIn(draft, 'waiting').some(({ mode }) => mode.reason === 'no-holding-space') || jobsIn(draft, 'running').some(({ mode }) => mode.wantsRoomSince !== undefined)
}

/** Whether the run may begin one more; if not, no volume can be written any more. */
export function canBeginVolume(draft: Draft): boolean {
  const { volumesPerRun } = draft.state.limits
  if (volumesPerRun === undefined || draft.volumesStarted < volumesPerRun) return true
  degrade(draft, { code: 'volumes-per-run', message: `${volumesPerRun} tapes filled; runtapes=${volumesPerRun} does not allow additional tapes`, retry: 'later' })
  return false
}
