// What a waiting dump needs before it starts, and what it still waits for: a dumper, its host, the spindle, bandwidth, room on the holding disks
// or a volume. Pure.

import type { HoldingPiece } from '../../storage/holding/contract.ts'
import type { WaitReason } from '../control/contract.ts'
import { jobsIn, type Draft } from './driver-draft.ts'
import type { Job, Place } from './driver-state.ts'
import { allocate, openDisks, roomBytes, type OpenDisk } from './holding-allocation.ts'
import { RATE_KIB_UNKNOWN } from './start-order.ts'

/** Asked for at first by a dump whose size nobody knows. */
const UNKNOWN_SIZE_BYTES = 64 * 1024 * 1024

/** What goes on now. Made anew after each start. */
export interface Load {
  readonly running: readonly Job[]
  readonly isVolumeBusy: boolean
  /** Something is on its way that will free room on the holding disk or the volume. */
  readonly willFreeRoom: boolean
  readonly disks: readonly OpenDisk[]
  /** KiB a second that running dumps take, by interface. */
  readonly bandwidth: ReadonlyMap<string, number>
}

export function loadOf(draft: Draft): Load {
  const running = jobsIn(draft, 'running')
  const isTaping = jobsIn(draft, 'taping').length > 0
  const bandwidth = new Map<string, number>()
  for (const job of running) if (job.spec.interface !== undefined) bandwidth.set(job.spec.interface, (bandwidth.get(job.spec.interface) ?? 0) + rateOf(job))
  return {
    running,
    isVolumeBusy: isTaping || running.some(({ mode }) => mode.to === 'volume'),
    willFreeRoom: running.length > 0 || isTaping || jobsIn(draft, 'held').length > 0,
    disks: openDisks(draft.disks, running),
    bandwidth,
  }
}

function rateOf(job: Job): number {
  return job.rateKib ?? RATE_KIB_UNKNOWN
}

/** The holding disks have no room for it, and nothing is on its way that would free any. `instead`: what it does unless another dump can start. */
export interface Stuck {
  readonly kind: 'stuck'
  readonly instead: { readonly kind: 'go'; readonly to: Place; readonly pieces: readonly HoldingPiece[] } | { readonly kind: 'wait'; readonly reason: WaitReason } | undefined
}

/** What the dump waits for, or where it goes. */
export type Admission = { readonly kind: 'wait'; readonly reason: WaitReason } | { readonly kind: 'go'; readonly to: Place; readonly pieces: readonly HoldingPiece[] } | Stuck

export function admit(draft: Draft, job: Job, load: Load, nowMs: number): Admission {
  const { spec, mode } = job
  if (mode.kind === 'waiting' && mode.notBeforeMs > nowMs) return { kind: 'wait', reason: job.attempts > 0 ? 'retry-delay' : 'start-time' }
  if (load.running.length >= Math.max(1, draft.state.limits.parallelDumps)) return { kind: 'wait', reason: 'all-dumpers-busy' }
  const ofHost = load.running.filter((other) => other.spec.host === spec.host)
  if (ofHost.length >= Math.max(1, spec.maxDumps)) return { kind: 'wait', reason: 'host-busy' }
  if (spec.spindle !== -1 && ofHost.some((other) => other.spec.spindle === spec.spindle)) return { kind: 'wait', reason: 'spindle-busy' }
  if (!hasBandwidth(draft, job, load)) return { kind: 'wait', reason: 'no-bandwidth' }
  if (spec.isForVault === true) return { kind: 'go', to: 'vault', pieces: [] }
  return job.isDirect ? toVolume(load) : toHolding(draft, job, load)
}

/** One dump alone may take more than the interface has: otherwise it would never be made. */
function hasBandwidth(draft: Draft, job: Job, load: Load): boolean {
  const name = job.spec.interface
  const limit = name === undefined ? undefined : draft.state.limits.interfaces?.get(name)
  if (name === undefined || limit === undefined) return true
  const used = load.bandwidth.get(name) ?? 0
  return used === 0 || rateOf(job) <= limit - used
}

function toHolding(draft: Draft, job: Job, load: Load): Admission {
  const pieces = allocate(load.disks, job.estimatedBytes ?? UNKNOWN_SIZE_BYTES)
  if (pieces !== undefined) return { kind: 'go', to: 'holding', pieces }
  if (load.willFreeRoom) return { kind: 'wait', reason: 'no-holding-space' }
  // Unknown sizes may be small: what room there is may do.
  const rest = job.estimatedBytes === undefined ? allocate(load.disks, roomBytes(load.disks)) : undefined
  if (rest !== undefined) return { kind: 'stuck', instead: { kind: 'go', to: 'holding', pieces: rest } }
  return { kind: 'stuck', instead: job.spec.holding === 'auto' && draft.degraded === undefined ? toVolume(load) : undefined }
}

function toVolume(load: Load): Exclude<Admission, Stuck> {
  return load.isVolumeBusy ? { kind: 'wait', reason: 'volume-busy' } : { kind: 'go', to: 'volume', pieces: [] }
}
