// Starts dumps: each idle dumper in turn takes the first, by its letter, of those that may start. With a dump order, dumps that go straight to a
// volume come before all others, so that the volume is not idle while there are some. A dump for which there is no room goes to a volume, or
// is given up, once no other can start or free room.

import { admit, loadOf, type Admission, type Stuck } from './admission.ts'
import { endUnstarted, jobsIn, setMode, type Draft } from './driver-draft.ts'
import type { Job } from './driver-state.ts'
import { openDisks, roomBytes } from './holding-allocation.ts'
import { firstFor } from './start-order.ts'
import { canBeginVolume } from './start-tape.ts'

interface Candidate {
  readonly job: Job
  readonly admission: Extract<Admission, { kind: 'go' }>
}

export function startDumps(draft: Draft, nowMs: number): void {
  if (draft.stopped !== undefined) return
  for (let dumper = idleDumper(draft); ; dumper = idleDumper(draft)) {
    const candidates = judgeWaiting(draft, nowMs)
    const { dumpOrder } = draft.state.limits
    const direct = dumpOrder === undefined ? [] : candidates.filter(({ admission }) => admission.to === 'volume')
    const chosen = firstFor(direct.length > 0 ? direct : candidates, dumpOrder, dumper)
    if (chosen === undefined || (chosen.admission.to === 'volume' && draft.volume === undefined && !canBeginVolume(draft))) return
    start(draft, chosen, dumper)
  }
}

function idleDumper(draft: Draft): number {
  const busy = new Set(jobsIn(draft, 'running').map(({ mode }) => mode.dumper))
  let dumper = 0
  while (busy.has(dumper)) dumper++
  return dumper
}

/** Those that may start. The others are told what they wait for, or ended when that will never come. */
function judgeWaiting(draft: Draft, nowMs: number): Candidate[] {
  const load = loadOf(draft)
  const candidates: Candidate[] = []
  const stuck: { readonly job: Job; readonly admission: Stuck }[] = []
  for (const job of jobsIn(draft, 'waiting')) {
    const admission = admit(draft, job, load, nowMs)
    if (admission.kind === 'go') candidates.push({ job, admission })
    else if (admission.kind === 'wait') wait(draft, job, admission.reason)
    else stuck.push({ job, admission })
  }
  return candidates.length > 0 ? candidates : stuck.flatMap((one) => resolveStuck(draft, one))
}

function resolveStuck(draft: Draft, { job, admission: { instead } }: { readonly job: Job; readonly admission: Stuck }): Candidate[] {
  if (instead?.kind === 'go') return [{ job, admission: instead }]
  if (instead?.kind === 'wait') wait(draft, job, instead.reason)
  else endUnstarted(draft, job, { code: 'holding-full', message: `the dump needs about ${job.estimatedBytes ?? 0} bytes and the holding disks have ${roomBytes(openDisks(draft.disks, []))}`, retry: 'later' })
  return []
}

function wait(draft: Draft, job: Job, reason: Extract<Admission, { kind: 'wait' }>['reason']): void {
  if (job.mode.kind !== 'waiting' || job.mode.reason === reason) return
  const isNew = job.mode.reason === undefined && reason === 'start-time'
  setMode(draft, job, { ...job.mode, reason })
  draft.effects.push({ kind: 'waits', id: job.spec.id, reason })
  if (isNew) draft.effects.push({ kind: 'wake', atMs: job.mode.notBeforeMs })
}

function start(draft: Draft, { job, admission: { to, pieces } }: Candidate, dumper: number): void {
  const attempt = job.attempts + 1
  setMode(draft, job, { kind: 'running', to, dumper, pieces, wantsRoomSince: undefined, isRefused: false, isCancelled: false }, { attempts: attempt, leftover: undefined })
  draft.effects.push({ kind: 'start-dump', id: job.spec.id, level: job.level, attempt, to, dumper, pieces, ...(job.leftover === undefined ? {} : { discard: job.leftover }) })
}
