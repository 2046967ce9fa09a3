// The taper's shell: carries out what taper-step.ts decides, one dump after the other. Owns the order in which things become durable (see
// contract.ts) and never lets a failure out but as an outcome.

import type { Clock } from '../../kernel/clock.ts'
import type { Disk } from '../../kernel/disk.ts'
import { Fault, faultOf } from '../../kernel/fault.ts'
import { Turns } from '../../kernel/turns.ts'
import type { PartRecord } from '../../catalog/contract.ts'
import type { PartWriter } from '../../storage/device.ts'
import type { HoldingArea } from '../../storage/holding/contract.ts'
import type { DumpFileHeader } from '../../wire/amanda/dump-header.ts'
import { tapeFailEntry, tapedEntry, type LoggedDump, type LoggedPlace } from '../../wire/amanda/run-log.ts'
import type { RunLog, TapeOutcome, TapeRequest, Taper, VolumeForecast } from './contract.ts'
import { directFeed, holdingFeed, type PartFeed, type PreparedPart } from './part-feed.ts'
import { VOLUME_FULL, initialTaperState, taperStep, type TaperEffect, type TaperState, type TaperStepEvent } from './taper-step.ts'
import { loadVolume, scanStorage, type VolumeLoaderOptions } from './volume-loader.ts'

export interface TaperOptions extends VolumeLoaderOptions {
  readonly disk: Disk
  readonly clock: Clock
  readonly holding: HoldingArea
  readonly runLog: RunLog
  /** An existing directory for the part cache of direct dumps; needs room for one part. */
  readonly cacheDir: string
  /** Whether partial dumps go to volumes. */
  readonly tapePartials: boolean
  /** For whoever counts what the taper goes through. */
  readonly onStep?: (before: TaperState, event: TaperStepEvent, after: TaperState) => void
}

const PROGRESS_BYTES = 16 * 1024 * 1024
const BLOCK_KIB = 32

/** What a dump needs while it is taped. */
interface Job {
  readonly request: TapeRequest
  readonly feed: PartFeed
  readonly signal: AbortSignal
  readonly startedMs: number
  readonly partBytes: number
  prepared: PreparedPart | undefined
  bytes: number
}

class TaperShell implements Taper {
  readonly #options: TaperOptions
  readonly #place: LoggedPlace
  #state: TaperState
  readonly #turns = new Turns()

  constructor(options: TaperOptions) {
    this.#options = options
    this.#place = { storage: options.storage.name, pool: options.storage.name }
    this.#state = initialTaperState(options.run, this.#place, options.storage.volumesPerRun)
  }

  tape(request: TapeRequest, signal: AbortSignal): Promise<TapeOutcome> {
    return this.#turns.take(() => this.#tapeOne(request, signal))
  }

  async forecast(count: number): Promise<readonly VolumeForecast[]> {
    const { choices } = await scanStorage(this.#options)
    return choices.slice(0, count)
  }

  endRun(): Promise<void> {
    return this.#turns.take(async () => {
      await this.#drive({ kind: 'run-ended' }, undefined)
      await this.#options.runLog.sync()
    })
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.endRun()
  }

  /** Carries the effects of `first` out until the dump has ended. */
  async #drive(first: TaperStepEvent, job: Job | undefined): Promise<TapeOutcome | undefined> {
    let event: TaperStepEvent | undefined = first
    let outcome: TapeOutcome | undefined
    while (event !== undefined) {
      const step = taperStep(this.#state, event)
      this.#options.onStep?.(this.#state, event, step.state)
      this.#state = step.state
      event = undefined
      for (const effect of step.effects) {
        if (effect.kind === 'end-taped' || effect.kind === 'end-failed') outcome = await this.#end(effect, job)
        else event = await this.#carryOutSafely(effect, job)
        // What follows a failed effect is not carried out; only the last effect of a step ends in another event.
        if (event !== undefined) break
      }
    }
    return outcome
  }

  async #carryOutSafely(effect: TaperEffect, job: Job | undefined): Promise<TaperStepEvent | undefined> {
    try {
      if (job?.signal.aborted === true) throw new Fault('cancelled', 'the taper was told to stop')
      return await this.#carryOut(effect, job)
    } catch (error) {
      const fault = faultOf(error)
      if (job === undefined || this.#state.job === undefined) {
        // The outcome is decided; only its traces could not be left.
        this.#options.log.warn('the taper could not record what became of a volume', { error: fault.message })
        return undefined
      }
      return effect.kind === 'load-volume' ? { kind: 'volume-refused', fault } : { kind: 'failed', fault }
    }
  }

  async #carryOut(effect: TaperEffect, job: Job | undefined): Promise<TaperStepEvent | undefined> {
    switch (effect.kind) {
      case 'log':
        await this.#options.runLog.append(...effect.entries)
        return undefined
      case 'volume-ended':
        await this.#options.catalog.putVolume({ label: effect.volume.label, storage: this.#options.storage.name, slot: effect.volume.slot, run: this.#options.run, bytes: effect.volume.bytes, isReusable: true })
        this.#options.onEvent({ kind: 'volume-ended', label: effect.volume.label, bytes: effect.volume.bytes, files: effect.volume.files, message: effect.message })
        return undefined
      case 'load-volume': {
        const volume = await loadVolume(this.#options, effect.tapeNumber)
        this.#options.onEvent({ kind: 'volume-started', volume })
        return { kind: 'volume-loaded', volume }
      }
      default:
        if (job === undefined) throw new Fault('internal', `the taper has no dump for ${effect.kind}`)
        return this.#carryOutForDump(effect, job)
    }
  }

  async #carryOutForDump(effect: TaperEffect, job: Job): Promise<TaperStepEvent | undefined> {
    const { host, disk, level } = job.request.record
    switch (effect.kind) {
      case 'prepare-part':
        job.prepared = await job.feed.prepare(job.partBytes)
        return { kind: 'part-prepared', isLast: job.prepared.isLast }
      case 'write-part':
        return this.#writePart(effect.volume.slot, effect.partNumber, job)
      case 'part-done':
        this.#options.onEvent({ kind: 'part-written', part: effect.part, host, disk, level })
        return undefined
      case 'part-again':
        this.#options.onEvent({ kind: 'part-rewritten', partNumber: effect.partNumber, label: effect.label, reason: effect.reason })
        return undefined
      case 'commit':
        await this.#commit(effect.parts, job)
        return { kind: 'committed' }
      default:
        throw new Fault('internal', `${effect.kind} is not an effect of a dump`)
    }
  }

  async #writePart(slot: string, partNumber: number, job: Job): Promise<TaperStepEvent> {
    const prepared = job.prepared
    if (prepared === undefined) throw new Fault('internal', 'a part is written before it is prepared')
    const { continuation: _continuation, ...plain } = prepared.header
    const header: DumpFileHeader = { ...plain, kind: 'split-file', part: { number: partNumber, total: -1 }, blockKib: BLOCK_KIB }
    const startedMs = this.#options.clock.monotonicMs()
    const lost = (fileNumber: number, bytes: number, reason: string): TaperStepEvent => ({ kind: 'part-lost', fileNumber, bytes, seconds: (this.#options.clock.monotonicMs() - startedMs) / 1000, reason })
    let writer: PartWriter
    try {
      writer = await (await this.#options.changer.device(slot)).createPart(header)
    } catch (error) {
      return lost(0, 0, faultOf(error).code === 'disk-full' ? VOLUME_FULL : faultOf(error).message)
    }
    const source = job.feed.read()
    let bytes = 0
    try {
      for (;;) {
        const piece = await source.read()
        if (piece === null) break
        if (job.signal.aborted) throw new Fault('cancelled', 'the taper was told to stop')
        const refused = await this.#tryWrite(() => writer.write(piece))
        if (refused !== undefined) {
          source.cancel(new Fault('cancelled', refused))
          await writer.abandon()
          return lost(writer.fileNumber, bytes, refused)
        }
        bytes += piece.length
        if (Math.floor(bytes / PROGRESS_BYTES) !== Math.floor((bytes - piece.length) / PROGRESS_BYTES)) this.#options.onEvent({ kind: 'progress', record: job.request.record.id, bytes: job.bytes + bytes })
      }
    } catch (error) {
      source.cancel(faultOf(error))
      await writer.abandon()
      throw faultOf(error)
    }
    const refused = await this.#tryWrite(async () => {
      await writer.finish()
      return 'written'
    })
    if (refused !== undefined) {
      await writer.abandon()
      return lost(writer.fileNumber, bytes, refused)
    }
    job.bytes += bytes
    this.#options.onEvent({ kind: 'progress', record: job.request.record.id, bytes: job.bytes })
    return { kind: 'part-written', fileNumber: writer.fileNumber, bytes, seconds: (this.#options.clock.monotonicMs() - startedMs) / 1000 }
  }

  /** Why the volume did not take it; undefined when it did. */
  async #tryWrite(write: () => Promise<'written' | 'full'>): Promise<string | undefined> {
    try {
      return (await write()) === 'full' ? VOLUME_FULL : undefined
    } catch (error) {
      const fault = faultOf(error)
      return fault.code === 'disk-full' ? VOLUME_FULL : fault.message
    }
  }

  /** The parts are durable. Now the catalog, then the log, which must not tell of a dump that then fails; the holding file goes last, after the outcome is decided. */
  async #commit(parts: readonly PartRecord[], job: Job): Promise<void> {
    const { source } = job.request
    const { serverCrc, header } = await job.feed.check()
    const record = source.kind === 'direct' ? await source.row : job.request.record
    const stats = { seconds: (this.#options.clock.monotonicMs() - job.startedMs) / 1000, bytes: job.bytes, originalKib: header.isPartial ? 0 : header.originalKib }
    const crcs = { ...(header.nativeCrc === undefined ? {} : { native: header.nativeCrc }), ...(header.clientCrc === undefined ? {} : { client: header.clientCrc }), server: serverCrc }
    const { holdingPath: _holdingPath, ...kept } = record
    // A checksum of a partial dump that nothing vouches for would vouch for it.
    const isProven = !header.isPartial || header.serverCrc !== undefined
    await this.#options.catalog.putTapedDump({ ...kept, status: header.isPartial ? 'partial' : 'complete', storedBytes: job.bytes, ...(isProven ? { serverCrc } : {}) }, parts)
    const { volume } = this.#state
    if (volume !== undefined) await this.#options.catalog.putVolume({ label: volume.label, storage: this.#options.storage.name, slot: volume.slot, run: this.#options.run, bytes: volume.bytes, isReusable: true })
    try {
      await this.#options.runLog.append(tapedEntry(this.#place, loggedDump(job.request), parts.length, crcs, stats, header.isPartial))
      await this.#options.runLog.sync()
    } catch (error) {
      // On the volume and listed: made again, it would take the row of a dump that is whole.
      this.#options.log.warn('a dump is on volumes, and the run log could not take the line that says so', { dump: job.request.record.id, error: faultOf(error).message })
    }
  }

  async #end(effect: Extract<TaperEffect, { kind: 'end-taped' | 'end-failed' }>, job: Job | undefined): Promise<TapeOutcome> {
    if (job === undefined) throw new Fault('internal', 'a dump ended that never began')
    const { source, record } = job.request
    if (effect.kind === 'end-failed') {
      await this.#options.runLog.append(tapeFailEntry(this.#place, loggedDump(job.request), effect.fault.message)).catch(() => undefined)
      return { kind: 'failed', fault: effect.fault, wastedParts: effect.parts.length, volumes: effect.volumes }
    }
    if (source.kind === 'holding') {
      await this.#options.holding.remove(source.path).catch((error: unknown) => {
        this.#options.log.warn('a dump that is on volumes could not be removed from the holding disk', { path: source.path, error: faultOf(error).message })
      })
    }
    const { serverCrc, header } = await job.feed.check()
    this.#options.log.info('a dump is on volumes', { host: record.host, disk: record.disk, level: record.level, bytes: job.bytes, parts: effect.parts.length })
    return { kind: 'taped', isPartial: header.isPartial, bytes: job.bytes, serverCrc, parts: effect.parts, volumes: effect.volumes }
  }

  async #tapeOne(request: TapeRequest, signal: AbortSignal): Promise<TapeOutcome> {
    let feed: PartFeed
    let originalKib: number
    try {
      if (signal.aborted) throw new Fault('cancelled', 'the taper was told to stop')
      if (request.source.kind === 'holding') {
        const reader = await this.#options.holding.open(request.source.path)
        if (reader.dump.header.isPartial && !this.#options.tapePartials) {
          await reader[Symbol.asyncDispose]()
          return { kind: 'skipped', reason: 'it is a partial dump, and those are not written to volumes' }
        }
        originalKib = reader.dump.header.originalKib
        feed = holdingFeed(reader)
      } else {
        originalKib = request.source.header.originalKib
        feed = await directFeed(this.#options.disk, `${this.#options.cacheDir}/taper-part`, request.source)
      }
    } catch (error) {
      if (request.source.kind === 'direct') request.source.data.cancel(faultOf(error))
      return { kind: 'failed', fault: faultOf(error), wastedParts: 0, volumes: [] }
    }
    const job: Job = { request, feed, signal, startedMs: this.#options.clock.monotonicMs(), partBytes: request.partBytes ?? this.#options.storage.partBytes, prepared: undefined, bytes: 0 }
    try {
      const outcome = await this.#drive({ kind: 'dump-started', id: request.record.id, dump: loggedDump(request), originalKib }, job)
      return outcome ?? { kind: 'failed', fault: new Fault('internal', 'the taper stopped without an outcome'), wastedParts: 0, volumes: [] }
    } finally {
      await this.#closeFeed(feed)
    }
  }

  async #closeFeed(feed: PartFeed): Promise<void> {
    try {
      await feed[Symbol.asyncDispose]()
    } catch (error) {
      this.#options.log.warn('a source of the taper could not be closed', { error: faultOf(error).message })
    }
  }
}

export function createTaper(options: TaperOptions): Taper {
  return new TaperShell(options)
}

function loggedDump({ record }: TapeRequest): LoggedDump {
  return { host: record.host, disk: record.disk, datestamp: record.run, level: record.level }
}
