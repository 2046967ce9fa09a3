// The driver at one moment as Amanda's driver tells it in its `state` lines, for whoever writes such a trace: queues, free bandwidth and room, and
// why dumpers are idle. Pure.

import type { WaitReason } from '../control/contract.ts'
import { draftOf, jobsIn } from './driver-draft.ts'
import type { DriverState, Job } from './driver-state.ts'
import { openDisks } from './holding-allocation.ts'
import { RATE_KIB_UNKNOWN } from './start-order.ts'

/** Amanda's words, from the weakest reason to the strongest: of several, the last in this order is told. */
const IDLE_WORDS = ['not-idle', 'no-dumpers', 'start-wait', 'no-hold', 'client-constrained', 'no-bandwidth', 'no-diskspace'] as const
export type IdleWord = (typeof IDLE_WORDS)[number]

const WORD_OF: Readonly<Record<WaitReason, IdleWord>> = {
  'all-dumpers-busy': 'no-dumpers',
  'start-time': 'start-wait',
  'retry-delay': 'start-wait',
  'volume-busy': 'no-hold',
  'host-busy': 'client-constrained',
  'spindle-busy': 'client-constrained',
  'no-bandwidth': 'no-bandwidth',
  'no-holding-space': 'no-diskspace',
}

export interface DriverView {
  /** KiB a second that are free, by interface. */
  readonly interfaces: readonly { readonly name: string; readonly freeKib: number }[]
  readonly disks: readonly { readonly freeKib: number; readonly writers: number }[]
  readonly taper: 'idle' | 'writing' | 'down'
  readonly idleDumpers: number
  readonly held: { readonly count: number; readonly kib: number }
  /** Dumps that wait to be started: to the holding disk, and straight to a volume. */
  readonly waiting: number
  readonly waitingDirect: number
  readonly wantingRoom: number
  readonly idle: IdleWord
}

export function viewOf(state: DriverState): DriverView {
  const draft = draftOf(state)
  const [running, waiting, held] = [jobsIn(draft, 'running'), jobsIn(draft, 'waiting'), jobsIn(draft, 'held')]
  const usedOn = (name: string): number => running.reduce((sum, job: Job) => (job.spec.interface === name ? sum + (job.rateKib ?? RATE_KIB_UNKNOWN) : sum), 0)
  const isWriting = jobsIn(draft, 'taping').length > 0 || running.some(({ mode }) => mode.to === 'volume')
  return {
    interfaces: [...(state.limits.interfaces ?? [])].map(([name, useKib]) => ({ name, freeKib: Math.max(0, useKib - usedOn(name)) })),
    disks: openDisks(state.disks, running).map(({ freeBytes, writers }) => ({ freeKib: Math.max(0, Math.floor(freeBytes / 1024)), writers })),
    taper: state.degraded === undefined ? (isWriting ? 'writing' : 'idle') : 'down',
    idleDumpers: Math.max(0, state.limits.parallelDumps - running.length),
    held: { count: held.length, kib: Math.ceil(held.reduce((sum, { mode }) => sum + mode.bytes, 0) / 1024) },
    waiting: waiting.filter(({ isDirect }) => !isDirect).length,
    waitingDirect: waiting.filter(({ isDirect }) => isDirect).length,
    wantingRoom: running.filter(({ mode }) => mode.wantsRoomSince !== undefined).length,
    idle: IDLE_WORDS[Math.max(1, ...waiting.map(({ mode }) => (mode.reason === undefined ? 0 : IDLE_WORDS.indexOf(WORD_OF[mode.reason]))))] ?? 'no-dumpers',
  }
}
