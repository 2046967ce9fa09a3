// Dumps that turned out larger than was thought and have used what they were given on the holding disks. They get more, first come first served,
// while there is some. When all dumps stand still for it and nothing will free any, the smallest is broken off, and goes straight to a volume.

import type { DumpId } from '../../catalog/contract.ts'
import { jobsIn, setMode, type Draft } from './driver-draft.ts'
import type { Job, RunningFacts } from './driver-state.ts'
import { allocate, grownBytes, openDisks } from './holding-allocation.ts'

type RunningJob = Job & { readonly mode: { readonly kind: 'running' } & RunningFacts }

export function wantRoom(draft: Draft, id: DumpId): void {
  const job = draft.jobs.get(id)
  if (job?.mode.kind !== 'running') return
  if (job.mode.isCancelled) refuse(draft, { ...job, mode: job.mode }, 'the dump was cancelled')
  else setMode(draft, job, { ...job.mode, wantsRoomSince: draft.nextTurn++ })
}

/** A dump that is to end cannot while it waits for room. */
export function releaseFromQueue(draft: Draft, id: DumpId): void {
  const job = waitingForRoom(draft).find(({ spec }) => spec.id === id)
  if (job !== undefined) refuse(draft, job, 'the dump was cancelled')
}

function waitingForRoom(draft: Draft): RunningJob[] {
  return jobsIn(draft, 'running').filter(({ mode }) => mode.wantsRoomSince !== undefined).toSorted((one, other) => (one.mode.wantsRoomSince ?? 0) - (other.mode.wantsRoomSince ?? 0))
}

export function serveRoomQueue(draft: Draft): void {
  for (const job of waitingForRoom(draft)) grow(draft, job)
  const waiting = waitingForRoom(draft)
  const isStill = waiting.length > 0 && waiting.length === jobsIn(draft, 'running').length
  const willFlush = jobsIn(draft, 'held').length + jobsIn(draft, 'taping').length > 0
  if (!isStill || willFlush) return
  const [smallest] = waiting.toSorted((one, other) => (one.estimatedBytes ?? 0) - (other.estimatedBytes ?? 0))
  if (smallest !== undefined) refuse(draft, smallest, 'not enough holding disk space')
}

function grow(draft: Draft, job: RunningJob): void {
  const { mode, spec } = job
  const estimatedBytes = Math.max(job.estimatedBytes ?? 0, mode.pieces.reduce((sum, piece) => sum + piece.bytes, 0))
  const grown = grownBytes(estimatedBytes)
  const pieces = allocate(openDisks(draft.disks, jobsIn(draft, 'running')), grown - estimatedBytes, mode.pieces.at(-1)?.disk)
  if (pieces === undefined) return
  setMode(draft, job, { ...mode, pieces: [...mode.pieces, ...pieces], wantsRoomSince: undefined }, { estimatedBytes: grown })
  draft.effects.push({ kind: 'give-room', id: spec.id, pieces })
}

function refuse(draft: Draft, job: RunningJob, why: string): void {
  const { mode, spec } = job
  setMode(draft, job, { ...mode, wantsRoomSince: undefined, isRefused: true })
  draft.effects.push({ kind: 'refuse-room', id: spec.id, fault: { code: 'holding-full', message: why, retry: 'later' } })
}
