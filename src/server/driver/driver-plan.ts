// What a configuration and a plan say to the driver. Pure.

import type { DumpId, DumpRecord } from '../../catalog/contract.ts'
import type { ResolvedConfig } from '../../config/resolved.ts'
import { storedRatio } from '../planner/history.ts'
import type { PlannedDump } from '../planner/contract.ts'
import type { TaperEvent } from '../taper/contract.ts'
import type { DegradedChoice, DriverLimits, JobSpec, VolumeNews } from './driver-state.ts'
import { FLUSH_AT_ONCE } from './flush-rules.ts'

/** `isFlush`: an operator asked for what is held to be written, so no rule about beginning volumes holds. */
export function limitsOf({ limits, interfaces = [], storage }: ResolvedConfig, isFlush: boolean): DriverLimits {
  const { parallelDumps, retries, dumpOrder, reservePercent } = limits
  const shared = {
    parallelDumps,
    retries,
    interfaces: new Map(interfaces.map(({ name, useKib }) => [name, useKib])),
    ...(dumpOrder === undefined ? {} : { dumpOrder }),
    ...(reservePercent === undefined ? {} : { reservePercent }),
  }
  if (storage.kind !== 'vtape') return shared
  const flush = storage.flush ?? FLUSH_AT_ONCE
  return { ...shared, flush: isFlush ? { ...FLUSH_AT_ONCE, order: flush.order } : flush, volumeBytes: storage.volumeBytes, volumesPerRun: storage.volumesPerRun }
}

/** Whether a run that dumps takes a dump of an earlier run along to volumes. `isSelected`: its disk is one of those that are dumped. */
export function isFlushedAlong({ storage }: ResolvedConfig, isSelected: boolean): boolean {
  const earlier = storage.kind === 'vtape' ? (storage.flush?.earlier ?? 'all') : 'all'
  return earlier === 'all' || (earlier === 'selected' && isSelected)
}

/** What the driver must know of what the taper does. */
export function volumeNewsOf(event: TaperEvent): VolumeNews | undefined {
  if (event.kind === 'volume-started' || event.kind === 'volume-ended') return { kind: event.kind }
  return event.kind === 'part-written' ? { kind: 'volume-filled', bytes: event.part.bytes } : undefined
}

export interface JobContext {
  readonly id: DumpId
  /** Complete dumps of the disk, newest first. */
  readonly history: readonly DumpRecord[]
  readonly isForVault: boolean
  /** The same moment on two clocks. */
  readonly now: { readonly wallMs: number; readonly monotonicMs: number }
}

export function jobSpecOf(dump: PlannedDump, { id, history, isForVault, now }: JobContext): JobSpec {
  const { entry, level, priority, rateKib, degraded } = dump
  const ratio = storedRatio(history)
  const stored = (bytes: number | undefined): number | undefined => (bytes === undefined ? undefined : Math.ceil(bytes * ratio))
  const instead: DegradedChoice | undefined = degraded === undefined || 'message' in degraded ? degraded : { ...degraded, estimatedBytes: stored(degraded.estimatedBytes) }
  return {
    id, host: entry.host, spindle: entry.spindle, maxDumps: entry.maxDumps, holding: entry.holding, level, priority, estimatedBytes: stored(dump.estimatedBytes),
    ...(rateKib === undefined ? {} : { rateKib }),
    ...(entry.interface === undefined ? {} : { interface: entry.interface }),
    ...(entry.retries === undefined ? {} : { retries: entry.retries }),
    ...(entry.startMinutes === undefined ? {} : { notBeforeMs: now.monotonicMs + msUntil(entry.startMinutes, now.wallMs) }),
    ...(instead === undefined ? {} : { degraded: instead }),
    ...(isForVault ? { isForVault } : {}),
  }
}

/** Until so many minutes after the midnight before `wallMs`, local time; 0 when that is past. */
function msUntil(minutes: number, wallMs: number): number {
  const day = new Date(wallMs)
  return Math.max(0, new Date(day.getFullYear(), day.getMonth(), day.getDate(), 0, minutes).getTime() - wallMs)
}
