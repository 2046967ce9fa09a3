// Supervises one dump: asks the agent, reads its four streams at once, stores DATA on the holding disk or hands it to the taper, and judges
// the end. Never reports a dump good before all of it is durable and every checksum has agreed. Memory: what the transport's
// windows and the writer's buffer hold, whatever the size of the dump.

import { assert } from '../../kernel/assert.ts'
import type { ByteSource } from '../../kernel/byte-stream.ts'
import { Fault, faultOf } from '../../kernel/fault.ts'
import type { DumpRecord } from '../../catalog/contract.ts'
import { addIndexStream, createIndexWriter, type IndexWriter } from '../../catalog/index-file/index-writer.ts'
import { indexPath } from '../../catalog/index-file/index-format.ts'
import { headerFilterFields } from '../../stream/dump-filters.ts'
import type { Connection } from '../../transport/contract.ts'
import type { HeldDump, HoldingAllotment, HoldingTotals, HoldingWriter } from '../../storage/holding/contract.ts'
import { formatDumpHeader, type DumpFileHeader } from '../../wire/amanda/dump-header.ts'
import { formatDle } from '../../wire/amanda/dle-writer.ts'
import { OUR_FEATURES } from '../../wire/amanda/features.ts'
import { MesgReader } from '../../wire/amanda/mesg.ts'
import { MesgSummariser } from '../../wire/amanda/mesg-summary.ts'
import { formatRequest } from '../../wire/amanda/request.ts'
import type { DumpOrder, DumpReport, DumpSteps, DumpTotals, DumperDoors, VaultCounts } from './contract.ts'
import { dleOfEntry } from './dle-of-entry.ts'
import { dumpHeaderOf } from './dump-header-of.ts'
import { judgeDump, rowOfGood, strangeAdditions, totalsOf } from './judge.ts'
import { RetryWanted, connectTo, openDumpStreams, watchSilence, type DumpStreams, type Watchdog } from './open-streams.ts'
import { drain, storedFlow, type StoredFlow, type Waiting } from './stored-flow.ts'
import { isCutAtSource } from './vault/cut-at-source.ts'
import { dumpIntoVault, type VaultFlow } from './vault/vault-dump.ts'
import { writeDurably } from './write-durably.ts'

const PROGRESS_MS = 250
/** A client that complains without end is read no further; the summary of it is bounded anyway. */
const MESG_BYTES_MAX = 256 * 1024 * 1024

class RunningDump {
  readonly #order: DumpOrder
  readonly #doors: DumperDoors
  readonly #steps: DumpSteps
  readonly #summariser = new MesgSummariser()
  readonly #waiting: Waiting = { isForClient: true }
  readonly #streams: DumpStreams
  readonly #isInfoRead: Promise<void>
  /** Rejects once the dump has gone wrong. */
  readonly #stopped = Promise.withResolvers<never>()
  #infoRead: () => void = () => undefined
  #watchdog: Watchdog | undefined
  /** The first thing that went wrong. */
  #fault: Fault | undefined
  #indexFault: Fault | undefined
  #index: IndexWriter | undefined
  #durableBytes = 0
  #lastProgressMs = -PROGRESS_MS

  constructor(order: DumpOrder, doors: DumperDoors, steps: DumpSteps, streams: DumpStreams) {
    this.#order = order
    this.#doors = doors
    this.#steps = steps
    this.#streams = streams
    this.#stopped.promise.catch(() => undefined)
    this.#isInfoRead = new Promise((resolve) => (this.#infoRead = resolve))
  }

  async run(signal: AbortSignal): Promise<DumpReport> {
    const { clock, isLinkUp } = this.#doors
    const { dataTimeoutMs, entry } = this.#order
    const onAbort = (): void => void this.#stop(signal.reason instanceof Fault ? signal.reason : new Fault('cancelled', 'the dump was cancelled'))
    if (signal.aborted) onAbort()
    signal.addEventListener('abort', onAbort, { once: true })
    const onStall = (): void => void this.#stop(new Fault('dump-stalled', `nothing came from ${entry.host} for ${Math.round(dataTimeoutMs / 1000)} s although it was connected`))
    this.#watchdog = watchSilence(clock, dataTimeoutMs, () => isLinkUp(entry.host), () => !this.#waiting.isForClient, onStall)
    const mesg = this.#readMesg()
    const others = Promise.all([this.#readIndex(), this.#readState()])
    try {
      return await this.#store(mesg, others, signal)
    } finally {
      signal.removeEventListener('abort', onAbort)
      this.#watchdog.stop()
    }
  }

  #stop(fault: Fault): Fault {
    this.#fault ??= fault
    const { data, mesg, index, state } = this.#streams
    for (const stream of [data, mesg, index, state]) stream?.cancel(this.#fault)
    this.#infoRead()
    this.#stopped.reject(this.#fault)
    return this.#fault
  }

  async #readMesg(): Promise<void> {
    const reader = new MesgReader()
    const { mesg } = this.#streams
    let bytes = 0
    try {
      for (let piece = await mesg.read(); piece !== null; piece = await mesg.read()) {
        this.#watchdog?.touch()
        bytes += piece.length
        if (bytes > MESG_BYTES_MAX) throw new Fault('agent-error', `the client sent more than ${MESG_BYTES_MAX} bytes of messages`)
        for (const line of reader.push(piece)) {
          this.#summariser.take(line)
          if (line.kind === 'info-end' || line.kind === 'error' || line.kind === 'end') this.#infoRead()
        }
      }
      const rest = reader.finish()
      if (rest !== undefined) this.#summariser.take(rest)
    } catch (error) {
      this.#stop(faultOf(error))
    }
    this.#infoRead()
  }

  /** An index that cannot be kept makes the dump strange, not bad: all of the data is there. */
  async #readIndex(): Promise<void> {
    const { index } = this.#streams
    if (index === undefined) return
    const touched: ByteSource = {
      read: async () => {
        const piece = await index.read()
        this.#watchdog?.touch()
        return piece
      },
      cancel: (reason) => index.cancel(reason),
    }
    try {
      const { run, level, entry } = this.#order
      const { disk, indexDir, openIndex = (dump) => createIndexWriter(disk, indexPath(indexDir, dump)) } = this.#doors
      this.#index = await openIndex({ run, level, host: entry.host, disk: entry.disk })
      await addIndexStream(this.#index, touched)
    } catch (error) {
      this.#indexFault = faultOf(error)
      // Read on, or the client would wait for room in the stream.
      await drain(touched, () => undefined).catch(() => undefined)
    }
  }

  async #readState(): Promise<void> {
    const { state } = this.#streams
    if (state !== undefined) await drain(state, () => this.#watchdog?.touch()).catch(() => undefined)
  }

  #header(): DumpFileHeader {
    const { compress, encrypt } = this.#order.entry
    const dleXml = formatDle(dleOfEntry(this.#order.entry, [this.#order.level], this.#order.baseRun), 'sendbackup')
    return dumpHeaderOf(this.#order, this.#summariser.summary().info, headerFilterFields(compress, encrypt), dleXml)
  }

  async #store(mesg: Promise<void>, others: Promise<unknown>, signal: AbortSignal): Promise<DumpReport> {
    await this.#isInfoRead
    const onPiece = (): void => this.#watchdog?.touch()
    let flow: StoredFlow | undefined
    try {
      if (this.#fault !== undefined) throw this.#fault
      if (this.#order.to === 'vault') return await this.#toVault(mesg, others, signal)
      flow = await storedFlow(this.#streams.data, this.#order.entry, this.#doors.processes, this.#order.to === 'holding' ? 'sums' : 'takes', this.#waiting, onPiece)
      this.#steps.onPhase('dumping')
      const verdict = async (): Promise<DumpTotals> => this.#verdict(flow, mesg, others)
      return this.#order.to === 'holding' ? await this.#toHolding(flow, verdict) : await this.#toVolume(flow, verdict, signal)
    } catch (error) {
      const fault = this.#stop(faultOf(error))
      await Promise.all([mesg, others])
      return this.#failed(fault, flow, undefined, false)
    }
  }

  /** After the last byte: waits for what the client has to say and checks everything. Rejects with why the dump is not good. */
  async #verdict(flow: Pick<VaultFlow, 'arrived' | 'stored'> | undefined, mesg: Promise<void>, others: Promise<unknown>): Promise<DumpTotals> {
    this.#steps.onPhase('finishing')
    await Promise.all([mesg, others])
    if (this.#fault !== undefined || flow === undefined) throw this.#fault ?? new Fault('internal', 'a dump without data was judged')
    const summary = this.#summariser.summary()
    const fault = judgeDump(summary, flow.arrived, this.#order.entry)
    if (fault !== undefined) throw fault
    await this.#finishIndex()
    return totalsOf(summary, flow.arrived, flow.stored)
  }

  async #finishIndex(): Promise<void> {
    if (this.#index === undefined) return
    const index = this.#index
    this.#index = undefined
    if (this.#indexFault === undefined) await this.#doors.indexTurns.take(() => index.finish()).catch((error: unknown) => (this.#indexFault = faultOf(error)))
    else await index.abandon()
  }

  #progress(flow: StoredFlow, isLast = false): void {
    const nowMs = this.#doors.clock.monotonicMs()
    if (!isLast && nowMs - this.#lastProgressMs < PROGRESS_MS) return
    this.#lastProgressMs = nowMs
    this.#steps.onProgress(flow.arrived.bytes, this.#durableBytes)
  }

  /** A dump that has gone wrong does not wait for room. */
  #allotment(): HoldingAllotment | undefined {
    const { room } = this.#order
    return room === undefined ? undefined : { pieces: room.pieces, more: () => Promise.race([room.more(), this.#stopped.promise]) }
  }

  async #toHolding(flow: StoredFlow, verdict: () => Promise<DumpTotals>): Promise<DumpReport> {
    const writer = await this.#doors.holding.create(this.#header(), this.#order.expectedBytes, flow.stored, this.#allotment())
    let held: HeldDump
    let totals: DumpTotals
    try {
      // Behind a filter nobody can tell which of the client's bytes are in what was written: there, all are committed at the end.
      const onDurable = (bytes: number): void => {
        if (flow.isPlain) this.#streams.data.commit((this.#durableBytes = bytes))
      }
      await writeDurably(flow.source, writer, this.#doors.clock, onDurable, () => this.#progress(flow))
      totals = await verdict()
      held = await writer.finish(holdingTotals(totals))
    } catch (error) {
      const fault = this.#stop(faultOf(error))
      return this.#failed(fault, flow, await this.#keepPartial(writer, fault), false)
    }
    this.#durableBytes = flow.arrived.bytes
    this.#streams.data.commit(this.#durableBytes)
    this.#progress(flow, true)
    return { ...this.#praise(flow), totals, held }
  }

  /** What arrived may hold files that somebody needs; wrong bytes, or what fills the holding disk for others, does not stay. */
  async #keepPartial(writer: HoldingWriter, fault: Fault): Promise<HeldDump | undefined> {
    const isUseful = writer.bytes > 0 && fault.code !== 'dump-crc-differs' && fault.code !== 'holding-full' && fault.code !== 'disk-full' && !(fault instanceof RetryWanted)
    try {
      if (isUseful) return await writer.keepPartial()
    } catch (error) {
      this.#doors.log.warn('what arrived of a failed dump could not be kept', { host: this.#order.entry.host, disk: this.#order.entry.disk, error: faultOf(error).message })
      return undefined
    }
    await writer.abandon()
    return undefined
  }

  async #toVolume(flow: StoredFlow, verdict: () => Promise<DumpTotals>, signal: AbortSignal): Promise<DumpReport> {
    let totals: DumpTotals | undefined
    let ownFault: Fault | undefined
    const settled = Promise.withResolvers<HoldingTotals>()
    const row = Promise.withResolvers<DumpRecord>()
    for (const { promise } of [settled, row]) promise.catch(() => undefined)
    const data: ByteSource = {
      read: async () => {
        try {
          const piece = await flow.source.read()
          this.#progress(flow)
          if (piece !== null) return piece
          totals = await verdict()
          settled.resolve(holdingTotals(totals))
          const { kind, lines } = this.#praise(flow)
          row.resolve(rowOfGood(this.#order.record, totals, kind, lines, this.#doors.clock.wallMs()))
          return null
        } catch (error) {
          ownFault = this.#stop(faultOf(error))
          settled.reject(ownFault)
          row.reject(ownFault)
          throw ownFault
        }
      },
      cancel: (reason) => flow.source.cancel(reason),
    }
    const { partBytes } = this.#order.entry
    const outcome = await this.#doors.taper.tape({ source: { kind: 'direct', header: this.#header(), data, totals: settled.promise, row: row.promise }, record: this.#order.record, ...(partBytes === undefined ? {} : { partBytes }) }, signal)
    if (outcome.kind === 'taped' && totals !== undefined) {
      this.#durableBytes = flow.arrived.bytes
      this.#streams.data.commit(this.#durableBytes)
      this.#progress(flow, true)
      return { ...this.#praise(flow), totals, taped: outcome }
    }
    const isVolumeFault = ownFault === undefined && this.#fault === undefined
    const fault = this.#stop(ownFault ?? (outcome.kind === 'failed' ? outcome.fault : new Fault('internal', 'the taper did not write a dump that ended well')))
    return this.#failed(fault, flow, undefined, isVolumeFault)
  }

  async #toVault(mesg: Promise<void>, others: Promise<unknown>, signal: AbortSignal): Promise<DumpReport> {
    const { vault, clock, processes } = this.#doors
    assert(vault !== undefined, 'a dump goes into a vault that is not open')
    this.#steps.onPhase('dumping')
    let totals: DumpTotals | undefined
    const { manifest, counts, addedBytes, flow } = await dumpIntoVault(
      {
        order: this.#order, doors: vault, clock, processes, data: this.#streams.data, waiting: this.#waiting,
        onPiece: () => this.#watchdog?.touch(),
        onProgress: (bytes, durableBytes, soFar) => this.#vaultProgress(bytes, durableBytes, soFar),
        settle: async (arrived) => {
          totals = await this.#verdict(arrived, mesg, others)
          return { header: formatDumpHeader({ ...this.#header(), ...holdingTotals(totals) }), endedMs: clock.wallMs() }
        },
      },
      signal,
    )
    assert(totals !== undefined, 'a dump was listed that nobody judged')
    this.#vaultProgress(flow.arrived.bytes, addedBytes, counts, true)
    return { ...this.#praise(flow.raw ?? 'at-source'), totals: { ...totals, storedBytes: addedBytes }, manifest, counts }
  }

  #vaultProgress(bytes: number, durableBytes: number, counts: VaultCounts, isLast = false): void {
    const nowMs = this.#doors.clock.monotonicMs()
    if (!isLast && nowMs - this.#lastProgressMs < PROGRESS_MS) return
    this.#lastProgressMs = nowMs
    this.#steps.onProgress(bytes, durableBytes, counts)
  }

  #praise(flow: StoredFlow | 'at-source'): { readonly kind: 'good' | 'strange'; readonly lines: readonly string[] } {
    const summary = this.#summariser.summary()
    const additions = flow === 'at-source' ? strangeAdditions(summary, [], this.#indexFault, true) : strangeAdditions(summary, flow.strangeLines(), this.#indexFault)
    return { kind: summary.isStrange || additions.length > 0 ? 'strange' : 'good', lines: [...summary.lines, ...additions] }
  }

  async #failed(fault: Fault, flow: StoredFlow | undefined, partial: HeldDump | undefined, isVolumeFault: boolean): Promise<DumpReport> {
    await this.#index?.abandon().catch(() => undefined)
    this.#index = undefined
    return failedReport(fault, { lines: this.#summariser.summary().lines, bytes: flow?.arrived.bytes ?? 0, partial, isVolumeFault })
  }
}

function holdingTotals({ originalKib, nativeCrc, clientCrc, serverCrc }: DumpTotals): HoldingTotals {
  return { originalKib, serverCrc, ...(nativeCrc === undefined ? {} : { nativeCrc }), ...(clientCrc === undefined ? {} : { clientCrc }) }
}

function failedReport(fault: Fault, facts: { lines: readonly string[]; bytes: number; partial: HeldDump | undefined; isVolumeFault: boolean }): DumpReport {
  const { partial, ...rest } = facts
  const wanted = fault instanceof RetryWanted ? fault.advice : undefined
  const advice = wanted === undefined ? undefined : { ...(wanted.delaySeconds === undefined ? {} : { delayMs: wanted.delaySeconds * 1000 }), ...(wanted.level === undefined ? {} : { level: wanted.level }) }
  return { kind: 'failed', fault, ...rest, ...(partial === undefined ? {} : { partial }), ...(advice === undefined ? {} : { advice }) }
}

/** Makes one dump. Never rejects for anything a client, a disk or a volume does. `signal`'s reason, if a Fault, becomes the dump's. */
export async function runDump(order: DumpOrder, doors: DumperDoors, steps: DumpSteps, signal: AbortSignal): Promise<DumpReport> {
  const { entry, run, level, baseRun } = order
  let connection: Connection | undefined
  try {
    steps.onPhase('connecting')
    connection = await connectTo(doors.transport, doors.clock, entry.host, order.connectTimeoutMs, signal)
    const isTalk = order.to === 'vault' && isCutAtSource(entry, { kind: 'vault' })
    const body = formatRequest('sendbackup', { features: OUR_FEATURES, hostname: entry.host, config: order.configName, timestamp: run }, [{ ...dleOfEntry(entry, [level], baseRun), ...(isTalk ? { isDataPathVault: true } : {}) }])
    const streams = await openDumpStreams(connection, body, signal, order.to === 'vault')
    return await new RunningDump(order, doors, steps, streams).run(signal)
  } catch (error) {
    return failedReport(faultOf(error), { lines: [], bytes: 0, partial: undefined, isVolumeFault: false })
  } finally {
    // A share of the host's connection: its other dumps go on.
    await connection?.close(new Fault('cancelled', 'the dump is over'))
  }
}
