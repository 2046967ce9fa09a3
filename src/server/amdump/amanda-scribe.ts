// Keeps the records of an Amanda configuration while a run goes on: curinfo, command file, index headers, the driver's lines in the run log, and the trace. Each is written when
// what it says is so and before anything builds on it: a dump is in curinfo and the command file before the taper may take it, its place on a volume before its holding file is forgotten.
// What cannot be recorded is told in the run log; no dump fails for it.

import type { Clock } from '../../kernel/clock.ts'
import type { Disk } from '../../kernel/disk.ts'
import { faultOf } from '../../kernel/fault.ts'
import type { DumpId, DumpRecord } from '../../catalog/contract.ts'
import { dumpId, runId } from '../../catalog/ids.ts'
import type { CommandStore } from '../../records/command-store.ts'
import { timestampSeconds } from '../../records/timestamp.ts'
import type { CurinfoStore } from '../../records/curinfo-store.ts'
import { chunkBaseName } from '../../storage/holding/chunk-files.ts'
import type { HeldDump } from '../../storage/holding/contract.ts'
import type { DumpFileHeader } from '../../wire/amanda/dump-header.ts'
import { quoteString } from '../../wire/amanda/quote.ts'
import { partStats, tapedStats } from '../../wire/amanda/run-log.ts'
import { formatScheduledDump } from '../../wire/amanda/schedule.ts'
import { OUR_FEATURES } from '../../wire/amanda/features.ts'
import type { DumpReport, DumpTotals } from '../dumper/contract.ts'
import type { CurinfoPlanner } from '../planner/curinfo-planner.ts'
import type { Plan, PlanWords } from '../planner/contract.ts'
import { chunkerStats, dumperStats } from '../run/run-log-lines.ts'
import type { RunScribe, ScribedDump } from '../run/run-scribe.ts'
import type { RunLog, TapeOutcome, TaperEvent } from '../taper/contract.ts'
import { writeIndexHeader } from './amanda-index.ts'
import type { DriverTrace, TracedDump, TracedPlan } from './driver-trace.ts'
import { infoAfterDump, infoAfterTape } from './info-update.ts'

export interface ScribeDoors {
  readonly disk: Disk
  readonly clock: Clock
  readonly curinfo: CurinfoStore
  readonly commands: CommandStore
  readonly indexDir: string
  readonly holdingDirs: readonly string[]
  readonly configName: string
  readonly storage: string
  readonly hostname: string
  readonly pid: number
  /** Without any, that is worth a word. */
  readonly expectsDumps: boolean
  /** Undefined: nothing is planned. */
  readonly planner: CurinfoPlanner | undefined
  readonly driver: DriverTrace
  readonly line: (text: string) => void
}

const NO_CRC = '00000000:0'
const HEADER_KIB = 32
const DEFAULT_RATE = 1024

function traced({ host, disk, level, run }: DumpRecord): TracedDump {
  return { host, disk, level, datestamp: run }
}

function wholeKib(bytes: number): number {
  return Math.trunc(bytes / 1024)
}

export class AmandaScribe implements RunScribe {
  readonly #doors: ScribeDoors
  readonly #startedMs: number
  #schedule: PlanWords['schedule'] = []
  #runLog: RunLog | undefined
  /** Numbers of the orders to flush, by dump. */
  readonly #orders = new Map<DumpId, number>()
  /** What was kept of dumps that have failed. */
  readonly #partials = new Map<DumpId, { readonly record: DumpRecord; readonly held: HeldDump }>()
  /** The dump that the taper has in hand. */
  #taping: DumpRecord | undefined
  /** Of a disk there was no estimate, or its dump could not be planned. */
  hasPlannerFailure = false

  constructor(doors: ScribeDoors) {
    this.#doors = doors
    this.#startedMs = doors.clock.monotonicMs()
  }

  #seconds(): string {
    return ((this.#doors.clock.monotonicMs() - this.#startedMs) / 1000).toFixed(3)
  }

  async planned({ words, skips }: Plan): Promise<void> {
    const { line, planner, curinfo } = this.#doors
    this.hasPlannerFailure = skips.some(({ kind }) => kind === 'failed')
    if (words === undefined) return
    this.#schedule = words.schedule
    for (const { isTimed, text } of words.results) line(isTimed ? `planner: time ${this.#seconds()}: ${text}` : text)
    line(`planner: time ${this.#seconds()}: getting estimates took ${this.#seconds()} secs`)
    for (const text of words.trace) {
      if (/^(?:DELAYING|PROMOTING) DUMPS/.test(text)) line('')
      if (text !== 'GENERATING SCHEDULE:') line(text)
    }
    line(`planner: time ${this.#seconds()}: analysis took 0.000 secs`)
    for (const text of ['', 'GENERATING SCHEDULE:', '--------']) line(text)
    for (const dump of words.schedule) line(formatScheduledDump({ ...dump, features: OUR_FEATURES.format() }))
    if (words.schedule.length === 0) line('--> Generated empty schedule! <--')
    line('--------')
    for (const { dle, info } of planner?.leftOut ?? []) if (info !== undefined) await curinfo.write(dle.host, dle.disk, info)
  }

  async driving(flushBytes: number, runLog: RunLog): Promise<void> {
    this.#runLog = runLog
    const { driver, hostname } = this.#doors
    driver.scheduled(Math.ceil(flushBytes / 1024))
    await runLog.append({ type: 'STATS', program: 'driver', text: `hostname ${hostname}` })
    if (this.#schedule.length === 0 && this.#doors.expectsDumps) await runLog.append({ type: 'WARNING', program: 'driver', text: 'WARNING: got empty schedule from planner' })
  }

  #planOf({ record: { level }, entry }: ScribedDump): TracedPlan & { readonly sizeKib: number; readonly seconds: number } {
    const line = this.#schedule.find((one) => one.host === entry.host && one.disk === entry.disk)
    const sizes = line?.level === level ? line : line !== undefined && 'level' in line.degraded && line.degraded.level === level ? line.degraded : undefined
    const { application } = entry
    return {
      sizeKib: sizes?.sizeKib ?? 0, storedKib: sizes?.storedKib ?? 0, rateKib: sizes?.rateKib ?? DEFAULT_RATE, seconds: sizes?.seconds ?? 0,
      program: application.name === 'gnutar' || application.name === 'dump' ? application.name.toUpperCase() : 'APPLICATION', auth: entry.auth ?? 'tether',
    }
  }

  dumpStarted(dump: ScribedDump): void {
    const { driver, holdingDirs } = this.#doors
    const { host, disk, level, run } = dump.record
    const path = dump.to === 'holding' ? `${holdingDirs[0] ?? ''}/${run}/${chunkBaseName({ host, disk, level } as DumpFileHeader)}` : undefined
    if (path === undefined) this.#taping = dump.record
    driver.dumpStarted(traced(dump.record), this.#planOf(dump), path)
  }

  async dumpEnded(dump: ScribedDump, report: DumpReport, seconds: number, runLog: RunLog): Promise<void> {
    const { driver } = this.#doors
    const { record } = dump
    if (report.kind === 'failed') {
      const { partial, fault } = report
      driver.dumpFailed(traced(record), fault.message, fault.code === 'agent-unreachable' || fault.code === 'host-unknown', partial === undefined ? undefined : { kib: wholeKib(partial.bytes), server: partial.header.serverCrc ?? NO_CRC, stats: chunkerStats(partial.bytes, seconds) })
      // Another attempt takes its place, or the taper gets it.
      if (partial !== undefined) this.#partials.set(record.id, { record, held: partial })
      return
    }
    const { totals } = report
    this.#partials.delete(record.id)
    await this.#remember(dump, totals, seconds)
    const { sizeKib, storedKib, rateKib, seconds: plannedSeconds } = this.#planOf(dump)
    const estimate = `sec ${plannedSeconds} nkb ${sizeKib + HEADER_KIB} ckb ${Math.ceil((storedKib + HEADER_KIB) / HEADER_KIB) * HEADER_KIB} kps ${rateKib}`
    await runLog.append({ type: 'STATS', program: 'driver', text: `estimate ${record.host} ${quoteString(record.disk)} ${record.run} ${record.level} [${estimate}]` }).catch(() => undefined)
    driver.dumpDone(traced(record), {
      originalKib: totals.originalKib, sentKib: sentKib(totals), storedKib: wholeKib(totals.storedBytes), seconds, native: totals.nativeCrc ?? NO_CRC, client: totals.clientCrc ?? NO_CRC, server: totals.serverCrc,
      dumperStats: dumperStats(totals, seconds), chunkerStats: chunkerStats(totals.storedBytes, seconds),
    })
    if (report.held !== undefined) await this.#orderFlush(record, report.held)
    if (report.held !== undefined && dump.entry.index) await this.#try('the header of an index', () => writeIndexHeader(this.#doors.disk, this.#doors.indexDir, report.held.header))
    if (report.held === undefined && report.manifest === undefined) await this.tapeEnded(record, report.taped)
  }

  /** The memory of the disk. */
  async #remember({ record, entry }: ScribedDump, totals: DumpTotals, seconds: number): Promise<void> {
    const { curinfo } = this.#doors
    await this.#try(`what is remembered of ${record.host}:${record.disk}`, async () => {
      const info = await curinfo.read(record.host, record.disk)
      const dump = { level: record.level, sizeKib: totals.originalKib, storedKib: Math.max(1, wholeKib(totals.storedBytes)), seconds: Math.max(1, Math.trunc(seconds)), dateS: timestampSeconds(record.run), isCompressed: entry.compress.kind !== 'none' }
      await curinfo.write(record.host, record.disk, infoAfterDump(info, dump))
    })
  }

  /** Takes the orders to flush `held`, which earlier runs have left, and makes those that are missing. Returns the lines about them for the trace. */
  async claimHeld(held: readonly HeldDump[]): Promise<string[]> {
    const { commands, configName, storage, pid } = this.#doors
    const lines: string[] = []
    await commands.change(({ lastId, orders }) => {
      const next = [...orders]
      let last = lastId
      for (const { path, header } of held) {
        const at = next.findIndex((order) => order.kind === 'flush' && order.holdingFile === path)
        const known = next[at]
        const order = known?.kind === 'flush' ? { ...known, workingPid: pid } : { kind: 'flush' as const, id: ++last, config: configName, holdingFile: path, host: header.host, disk: header.disk, timestamp: header.datestamp, level: header.level, toStorage: storage, workingPid: pid, status: { kind: 'todo' as const } }
        if (at < 0) next.push(order)
        else next[at] = order
        this.#orders.set(dumpId(runId(header.datestamp), header.host, header.disk, header.level), order.id)
        lines.push(`FLUSH ${order.id};${storage} ${header.host} ${quoteString(header.disk)} ${header.datestamp} ${header.level} ${quoteString(path)}`)
      }
      return { lastId: last, orders: next }
    })
    return lines
  }

  async #orderFlush(record: DumpRecord, held: HeldDump): Promise<void> {
    const { commands, configName, storage, pid } = this.#doors
    await this.#try('the order to flush a dump', async () => {
      const id = await commands.add({ kind: 'flush', config: configName, holdingFile: held.path, host: record.host, disk: record.disk, timestamp: record.run, level: record.level, toStorage: storage, workingPid: pid, status: { kind: 'todo' } })
      this.#orders.set(record.id, id)
    })
  }

  async notStarted({ host, disk, run, level }: DumpRecord, reason: string): Promise<void> {
    await this.#runLog?.append({ type: 'FAIL', program: 'driver', text: `${host} ${quoteString(disk)} ${run} ${level} [${reason.replaceAll('\n', ' ')}]` }).catch(() => undefined)
  }

  retried(record: DumpRecord): void {
    this.#doors.driver.retried(traced(record))
  }

  async tapeStarted(record: DumpRecord, path: string): Promise<void> {
    this.#taping = record
    const partial = this.#partials.get(record.id)
    if (partial !== undefined) await this.#orderFlush(record, partial.held)
    this.#partials.delete(record.id)
    this.#doors.driver.tapeStarted(traced(record), path, Math.ceil(record.nativeBytes / 1024))
  }

  /** What the taper tells while it works. */
  async taperEvent(event: TaperEvent): Promise<void> {
    const { driver } = this.#doors
    const append = (text: string): Promise<void> => this.#runLog?.append({ type: 'INFO', program: 'taper', text }).catch(() => undefined) ?? Promise.resolve()
    if (event.kind === 'volume-started') {
      const { slot, label, kind } = event.volume
      driver.volumeStarted(label)
      if (kind === 'new') await append(`Slot ${slotNumber(slot)} without label can be labeled`)
    } else if (event.kind === 'part-written') {
      const { part, host, disk, level } = event
      const datestamp = this.#taping?.run ?? ''
      driver.partWritten({ host, disk, level, datestamp }, part.label, part.fileNumber, wholeKib(part.bytes), partStats({ seconds: 0.1, bytes: part.bytes, originalKib: wholeKib(this.#taping?.nativeBytes ?? part.bytes) }))
    } else if (event.kind === 'volume-refused' && event.label !== undefined) await append(`Slot ${slotNumber(event.slot)} with label ${event.label} is not reusable`)
  }

  async tapeEnded(record: DumpRecord, outcome: TapeOutcome): Promise<void> {
    const { driver, curinfo, commands } = this.#doors
    if (outcome.kind === 'skipped') return driver.tapeFailed(traced(record), false, outcome.reason)
    if (outcome.kind === 'failed') {
      const isVolumes = outcome.fault.code === 'no-volume' || outcome.fault.code === 'volumes-per-run'
      if (isVolumes) driver.noVolume(outcome.fault.message)
      return driver.tapeFailed(traced(record), isVolumes, outcome.fault.message)
    }
    const [first] = outcome.parts
    if (first !== undefined && !outcome.isPartial) {
      await this.#try(`where ${record.host}:${record.disk} lies`, async () => {
        const info = await curinfo.read(record.host, record.disk)
        if (info !== undefined) await curinfo.write(record.host, record.disk, infoAfterTape(info, { level: record.level, dateS: timestampSeconds(record.run) }, { label: first.label, fileNumber: first.fileNumber }))
      })
    }
    await this.#try('that a dump was flushed', () => commands.change(({ lastId, orders }) => ({ lastId, orders: orders.filter((order) => !(order.kind === 'flush' && order.host === record.host && order.disk === record.disk && order.timestamp === record.run)) })))
    driver.tapeDone(traced(record), outcome.serverCrc, tapedStats({ seconds: 0.1, bytes: outcome.bytes, originalKib: outcome.isPartial ? 0 : Math.ceil(record.nativeBytes / 1024) }))
  }

  /** Orders that are left belong to nobody, so that the next run takes them. */
  async ended(): Promise<void> {
    const { commands, pid, driver } = this.#doors
    for (const { record, held } of this.#partials.values()) await this.#orderFlush(record, held)
    await this.#try('the orders that are left', () => commands.change(({ lastId, orders }) => {
      const isMine = (id: number): boolean => [...this.#orders.values()].includes(id)
      return orders.some(({ id, workingPid }) => workingPid === pid && isMine(id)) ? { lastId, orders: orders.map((order) => (isMine(order.id) ? { ...order, workingPid: 0 } : order)) } : undefined
    }))
    driver.end()
  }

  async #try(what: string, work: () => Promise<void>): Promise<void> {
    try {
      await work()
    } catch (error) {
      await this.#runLog?.append({ type: 'ERROR', program: 'driver', text: `${what} could not be recorded: ${faultOf(error).message.replaceAll('\n', ' ')}` }).catch(() => undefined)
    }
  }
}

function slotNumber(slot: string): string {
  return slot.replace(/^slot/, '')
}

function sentKib({ clientCrc, storedBytes }: DumpTotals): number {
  return wholeKib(Number(clientCrc?.slice(clientCrc.indexOf(':') + 1) ?? storedBytes))
}
