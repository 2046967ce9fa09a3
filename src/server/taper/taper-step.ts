// The taper's decisions, without any I/O: `step(state, event) → effects`. taper.ts carries the effects out one after the other and comes back
// with the event that each ends in.
//
//   mode       event            next mode   effects
//   idle       dump-started     preparing   prepare the first part
//   preparing  part-prepared    writing     write it          (a volume is loaded)
//                               loading     load a volume     (none is, and the run may start one more)
//                               idle        end as failed     (volumes-per-run)
//   loading    volume-loaded    writing     log START, write the part
//              volume-refused   idle        end as failed
//   writing    part-written     preparing   log PART, prepare the next
//                               committing  log PART, commit  (it was the last)
//              part-lost        loading     log PARTPARTIAL and the end of the volume, load the next
//                               idle        end as failed     (the part did not fit on an empty volume, volumes-per-run)
//   committing committed        idle        end as taped
//   any        failed           idle        end as failed
//   idle       run-ended        idle        log the end of the volume

import { assert, unreachable } from '../../kernel/assert.ts'
import { Fault } from '../../kernel/fault.ts'
import type { DumpId, PartRecord } from '../../catalog/contract.ts'
import { partEntry, volumeEndEntry, volumeStartEntry, type LoggedDump, type LoggedPlace, type RunLogEntry } from '../../wire/amanda/run-log.ts'
import type { VolumeStart } from './contract.ts'

export interface LoadedVolume {
  readonly label: string
  readonly slot: string
  /** Bytes of finished parts. */
  readonly bytes: number
  readonly files: number
}

interface Job {
  readonly id: DumpId
  readonly dump: LoggedDump
  readonly originalKib: number
  readonly partNumber: number
  readonly isLastPart: boolean
  readonly parts: readonly PartRecord[]
  readonly volumes: readonly VolumeStart[]
}

export interface TaperState {
  readonly mode: 'idle' | 'preparing' | 'loading' | 'writing' | 'committing'
  readonly run: string
  readonly place: LoggedPlace
  readonly volumesPerRun: number
  readonly volumesStarted: number
  readonly volume: LoadedVolume | undefined
  readonly job: Job | undefined
}

export type TaperStepEvent =
  | { readonly kind: 'dump-started'; readonly id: DumpId; readonly dump: LoggedDump; readonly originalKib: number }
  | { readonly kind: 'part-prepared'; readonly isLast: boolean }
  | { readonly kind: 'volume-loaded'; readonly volume: VolumeStart }
  | { readonly kind: 'volume-refused'; readonly fault: Fault }
  | { readonly kind: 'part-written'; readonly fileNumber: number; readonly bytes: number; readonly seconds: number }
  /** The volume was full or failed in mid part; nothing of the part counts. */
  | { readonly kind: 'part-lost'; readonly fileNumber: number; readonly bytes: number; readonly seconds: number; readonly reason: string }
  | { readonly kind: 'committed' }
  | { readonly kind: 'failed'; readonly fault: Fault }
  | { readonly kind: 'run-ended' }

export type TaperEffect =
  | { readonly kind: 'log'; readonly entries: readonly RunLogEntry[] }
  | { readonly kind: 'prepare-part'; readonly partNumber: number }
  | { readonly kind: 'load-volume'; readonly tapeNumber: number }
  | { readonly kind: 'write-part'; readonly partNumber: number; readonly volume: LoadedVolume }
  | { readonly kind: 'part-done'; readonly part: PartRecord }
  | { readonly kind: 'part-again'; readonly partNumber: number; readonly label: string; readonly reason: string }
  | { readonly kind: 'volume-ended'; readonly volume: LoadedVolume; readonly message: string }
  | { readonly kind: 'commit'; readonly parts: readonly PartRecord[] }
  | { readonly kind: 'end-taped'; readonly parts: readonly PartRecord[]; readonly volumes: readonly VolumeStart[] }
  | { readonly kind: 'end-failed'; readonly fault: Fault; readonly parts: readonly PartRecord[]; readonly volumes: readonly VolumeStart[] }

export interface TaperStep {
  readonly state: TaperState
  readonly effects: readonly TaperEffect[]
}

export function initialTaperState(run: string, place: LoggedPlace, volumesPerRun: number): TaperState {
  return { mode: 'idle', run, place, volumesPerRun, volumesStarted: 0, volume: undefined, job: undefined }
}

function jobOf(state: TaperState): Job {
  assert(state.job !== undefined, `the taper has no dump in mode ${state.mode}`)
  return state.job
}

function fail(state: TaperState, fault: Fault, before: readonly TaperEffect[] = []): TaperStep {
  const { parts, volumes } = jobOf(state)
  return { state: { ...state, mode: 'idle', job: undefined }, effects: [...before, { kind: 'end-failed', fault, parts, volumes }] }
}

function load(state: TaperState, before: readonly TaperEffect[]): TaperStep {
  if (state.volumesStarted >= state.volumesPerRun) {
    return fail(state, new Fault('volumes-per-run', `the run has used its ${state.volumesPerRun} volumes`), before)
  }
  return { state: { ...state, mode: 'loading' }, effects: [...before, { kind: 'load-volume', tapeNumber: state.volumesStarted + 1 }] }
}

function endVolume(volume: LoadedVolume, lostFiles: number, message: string | undefined): TaperEffect[] {
  return [
    { kind: 'log', entries: [volumeEndEntry(volume.label, Math.trunc(volume.bytes / 1024), volume.files + lostFiles, message)] },
    { kind: 'volume-ended', volume, message: message ?? 'OK' },
  ]
}

function onPartWritten(state: TaperState, event: Extract<TaperStepEvent, { kind: 'part-written' }>): TaperStep {
  const job = jobOf(state)
  assert(state.mode === 'writing' && state.volume !== undefined, 'a part was written without being asked for')
  const part: PartRecord = { dump: job.id, partNumber: job.partNumber, label: state.volume.label, fileNumber: event.fileNumber, bytes: event.bytes }
  const parts = [...job.parts, part]
  const volume = { ...state.volume, bytes: state.volume.bytes + event.bytes, files: state.volume.files + 1 }
  const entry = partEntry(state.place, part.label, part.fileNumber, job.dump, part.partNumber, { seconds: event.seconds, bytes: event.bytes, originalKib: job.originalKib })
  const effects: TaperEffect[] = [{ kind: 'log', entries: [entry] }, { kind: 'part-done', part }]
  if (job.isLastPart) return { state: { ...state, mode: 'committing', volume, job: { ...job, parts } }, effects: [...effects, { kind: 'commit', parts }] }
  const partNumber = job.partNumber + 1
  return { state: { ...state, mode: 'preparing', volume, job: { ...job, parts, partNumber } }, effects: [...effects, { kind: 'prepare-part', partNumber }] }
}

function onPartLost(state: TaperState, event: Extract<TaperStepEvent, { kind: 'part-lost' }>): TaperStep {
  const job = jobOf(state)
  assert(state.mode === 'writing' && state.volume !== undefined, 'a part was lost without being asked for')
  const { volume } = state
  const stats = { seconds: event.seconds, bytes: event.bytes, originalKib: job.originalKib }
  const effects: TaperEffect[] = []
  if (event.bytes > 0) {
    const lost = partEntry(state.place, volume.label, event.fileNumber, job.dump, job.partNumber, stats, event.reason)
    effects.push({ kind: 'log', entries: [lost, { type: 'INFO', program: 'taper', text: 'Will request retry of failed split part.' }] })
  }
  effects.push({ kind: 'part-again', partNumber: job.partNumber, label: volume.label, reason: event.reason }, ...endVolume(volume, event.bytes > 0 ? 1 : 0, undefined))
  const without = { ...state, volume: undefined }
  if (volume.files === 0 && event.reason === VOLUME_FULL) {
    return fail(without, new Fault('no-volume', `a part of the dump does not fit on the empty volume ${volume.label}`, { next: 'Make the part size of the storage smaller than its volumes.' }), effects)
  }
  return load(without, effects)
}

/** The reason of a part that was lost because its volume takes no more. */
export const VOLUME_FULL = 'No space left on device'

export function taperStep(state: TaperState, event: TaperStepEvent): TaperStep {
  switch (event.kind) {
    case 'dump-started': {
      assert(state.mode === 'idle', 'a dump was started while another is taped')
      const job: Job = { id: event.id, dump: event.dump, originalKib: event.originalKib, partNumber: 1, isLastPart: false, parts: [], volumes: [] }
      return { state: { ...state, mode: 'preparing', job }, effects: [{ kind: 'prepare-part', partNumber: 1 }] }
    }
    case 'part-prepared': {
      const job = { ...jobOf(state), isLastPart: event.isLast }
      if (state.volume === undefined) return load({ ...state, job }, [])
      return { state: { ...state, mode: 'writing', job }, effects: [{ kind: 'write-part', partNumber: job.partNumber, volume: state.volume }] }
    }
    case 'volume-loaded': {
      const job = jobOf(state)
      assert(state.mode === 'loading', 'a volume was loaded without being asked for')
      const { label, slot, tapeNumber } = event.volume
      const volume: LoadedVolume = { label, slot, bytes: 0, files: 0 }
      return {
        state: { ...state, mode: 'writing', volume, volumesStarted: tapeNumber, job: { ...job, volumes: [...job.volumes, event.volume] } },
        effects: [
          { kind: 'log', entries: [volumeStartEntry(state.place, state.run, label, tapeNumber)] },
          { kind: 'write-part', partNumber: job.partNumber, volume },
        ],
      }
    }
    case 'volume-refused':
      return fail(state, event.fault)
    case 'part-written':
      return onPartWritten(state, event)
    case 'part-lost':
      return onPartLost(state, event)
    case 'committed': {
      assert(state.mode === 'committing', 'a dump was committed without being asked for')
      const { parts, volumes } = jobOf(state)
      return { state: { ...state, mode: 'idle', job: undefined }, effects: [{ kind: 'end-taped', parts, volumes }] }
    }
    case 'failed':
      return fail(state, event.fault)
    case 'run-ended':
      assert(state.mode === 'idle', 'the run ended while a dump is taped')
      return { state: { ...state, volume: undefined }, effects: state.volume === undefined ? [] : endVolume(state.volume, 0, undefined) }
    default:
      return unreachable(event)
  }
}
