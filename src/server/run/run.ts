// One run from its id to its summary: estimates, plan, dumps, volumes, log and catalog. Owns the order in which things are written: a
// row of the catalog never says more than what is durable on the holding disk or on volumes. Everything that can go wrong with a dump
// or a volume is in the summary; a run rejects only when it cannot be recorded at all.

import { Fault, faultOf } from '../../kernel/fault.ts'
import type { DumpId, DumpRecord, RunRecord } from '../../catalog/contract.ts'
import { dumpId, runId } from '../../catalog/ids.ts'
import type { DiskListEntry } from '../../config/resolved.ts'
import type { DumpProgress, DumpSelection, RunProgress, RunSummary } from '../control/contract.ts'
import { Driver, factsOf } from '../driver/driver.ts'
import { isFlushedAlong, jobSpecOf, limitsOf, volumeNewsOf } from '../driver/driver-plan.ts'
import { initialDriverState, type DriverEffect, type DumpResult, type JobSpec, type TapeResult } from '../driver/driver-state.ts'
import type { HoldingAllotment } from '../../storage/holding/contract.ts'
import { runDump } from '../dumper/dumper.ts'
import { isCutAtSource } from '../dumper/vault/cut-at-source.ts'
import type { DumpReport, VaultCounts } from '../dumper/contract.ts'
import { rowOfGood, strangeLinesOf } from '../dumper/judge.ts'
import type { Plan, PlannedDump, PlannedSkip } from '../planner/contract.ts'
import { estimateAll } from '../planner/estimates.ts'
import { baseOf } from '../planner/history.ts'
import type { RunLog, Taper, TaperEvent } from '../taper/contract.ts'
import { quoteString } from '../../wire/amanda/quote.ts'
import { removeIfSafe } from './left-on-holding.ts'
import { recordOfHeld } from './record-of-held.ts'
import { RunBoard } from './run-board.ts'
import { endOf, placeOf, withoutWaiting } from './job-end.ts'
import { dumpedEntries, failedEntries, finishEntry, plannerFailEntry, retryEntry, startEntry, type LoggedJob } from './run-log-lines.ts'
import { summarise } from './run-summary.ts'
import { RunScripts } from '../scripts/run-scripts.ts'
import type { ScribedDump } from './run-scribe.ts'
import type { RunDoors, RunOrder } from './contract.ts'

function isSelected(selection: readonly DumpSelection[], host: string, disk: string): boolean {
  return selection.length === 0 || selection.some((one) => one.host === host && (one.disks === undefined || one.disks.includes(disk)))
}

/** What is known of one dump while its run lasts. */
interface JobFacts {
  readonly entry: DiskListEntry | undefined
  readonly history: readonly DumpRecord[]
  /** Stored bytes of the planned level, as far as anybody can tell. */
  planned?: { readonly level: number; readonly storedBytes: number }
  record: DumpRecord
}

export class Run {
  readonly order: RunOrder
  readonly #doors: RunDoors
  readonly #board: RunBoard
  readonly #controller = new AbortController()
  readonly #facts = new Map<DumpId, JobFacts>()
  readonly #record: RunRecord
  readonly #startedMs: number
  #phase: RunProgress['phase'] = 'estimating'
  #driver: Driver | undefined
  #degraded: Fault | undefined
  readonly #scripts: RunScripts
  #taped = 0

  constructor(order: RunOrder, doors: RunDoors) {
    this.order = order
    this.#doors = doors
    this.#board = new RunBoard(doors.clock, doors.events, doors.linkOf)
    this.#record = { id: order.run, startedMs: doors.clock.wallMs(), status: 'running', reason: order.reason }
    this.#startedMs = doors.clock.monotonicMs()
    this.#scripts = new RunScripts(doors, order.run)
  }

  progress(): RunProgress {
    const degraded = this.#degraded === undefined ? {} : { degraded: { code: this.#degraded.code, message: this.#degraded.message, next: this.#degraded.next } }
    return { run: this.#record, phase: this.#phase, dumps: this.#board.rows(), ...degraded }
  }

  /** Cancels all, or the selected dumps; returns how many had not ended. */
  cancel(reason: Fault, selection?: readonly DumpSelection[]): number {
    const open = this.#board.rows().filter((row) => row.phase !== 'done' && isSelected(selection ?? [], row.host, row.disk))
    if (selection === undefined) this.#controller.abort(reason)
    this.#driver?.cancel(reason, selection === undefined ? undefined : open.map(({ id }) => id))
    return open.length
  }

  async execute(): Promise<RunSummary> {
    const { catalog, events, holding, pid, openRunLog, openTaper, clock } = this.#doors
    const { run } = this.order
    await catalog.putRun(this.#record)
    events({ kind: 'run-started', atMs: clock.wallMs(), run: this.#record })
    await using runLog = await openRunLog(run)
    await holding.claim(run, pid)
    await using taper = openTaper(run, runLog, (event) => this.#taperEvent(event))
    try {
      await runLog.append({ type: 'INFO', program: 'driver', text: `driver pid ${pid}` })
      const plan = await this.#plan(runLog)
      await this.#drive(plan, runLog, taper)
      this.#enter('ending')
      await taper.endRun()
      await this.#doors.scribe?.ended(runLog)
      await runLog.append(finishEntry('driver', run, this.#seconds()))
      await runLog.sync()
    } finally {
      await holding.release(run)
    }
    const ended: RunRecord = { ...this.#record, status: 'done', endedMs: clock.wallMs() }
    await catalog.putRun(ended)
    const summary = summarise(ended, this.#board.rows(), this.#taped, runLog.path)
    events({ kind: 'run-ended', atMs: clock.wallMs(), summary })
    return summary
  }

  #seconds(): number {
    return (this.#doors.clock.monotonicMs() - this.#startedMs) / 1000
  }

  #enter(phase: RunProgress['phase']): void {
    this.#phase = phase
    this.#doors.events({ kind: 'run-phase', atMs: this.#doors.clock.wallMs(), run: this.order.run, phase })
  }

  #taperEvent(event: TaperEvent): void {
    const { events, clock, log } = this.#doors
    const atMs = clock.wallMs()
    const volumeNews = volumeNewsOf(event)
    if (volumeNews !== undefined) this.#driver?.volume(volumeNews)
    if (event.kind === 'volume-started') events({ kind: 'volume-started', atMs, label: event.volume.label, slot: event.volume.slot })
    else if (event.kind === 'volume-ended') events({ kind: 'volume-ended', atMs, label: event.label, bytes: event.bytes })
    else if (event.kind === 'volume-refused') log.debug('a volume is not written now', { slot: event.slot, label: event.label, reason: event.reason })
    else if (event.kind === 'progress') this.#board.taped(this.#boardId(event.record), event.bytes)
  }

  /** The row of a dump: a dump of this run keeps the one it began with, whatever level it was made at. */
  #boardId(record: DumpId): DumpId {
    for (const [id, facts] of this.#facts) if (facts.record.id === record) return id
    return record
  }

  async #plan(runLog: RunLog): Promise<Plan> {
    const { config, catalog, clock, transport, planner, log } = this.#doors
    const { run, kind, selection, level } = this.order
    if (kind === 'flush') return { dumps: [], skips: [], notes: [] }
    this.#enter('estimating')
    const entries = config.disklist.filter((entry) => isSelected(selection, entry.host, entry.disk))
    await runLog.append(startEntry('planner', run), ...entries.map((entry) => ({ type: 'DISK', program: 'planner', text: `${entry.host} ${quoteString(entry.disk)}` }) as const))
    const disks = await Promise.all(entries.map(async (entry) => ({ entry, forced: level, isWhole: isCutAtSource(entry, config.storage), history: await catalog.dumps({ host: entry.host, disk: entry.disk, status: 'complete' }) })))
    const rules = {
      run,
      nowMs: clock.wallMs(),
      runsPerCycle: config.runsPerCycle,
      dumpCycleDays: config.dumpCycleDays,
      bump: config.bump,
      capacityBytes: config.storage.kind === 'vtape' ? config.storage.volumeBytes * config.storage.volumesPerRun : undefined,
    }
    const doors = { clock, transport, configName: config.name, rules, connectTimeoutMs: config.limits.connectTimeoutMs, estimateTimeoutMs: config.limits.estimateTimeoutMs, ...(this.#doors.levelsOf === undefined ? {} : { levelsOf: this.#doors.levelsOf }) }
    const { signal } = this.#controller
    const estimated = await this.#scripts.around('estimate', entries.filter(({ strategy }) => strategy !== 'skip'), signal, () => estimateAll(disks, doors, signal)).catch((error: unknown) => {
      log.info('the estimates were cancelled', { error: faultOf(error).message })
      return []
    })
    const plan = planner({ ...rules, disks: estimated })
    for (const { entry, history } of disks) this.#facts.set(this.#idOf(entry, 0), { entry, history, record: this.#newRecord(entry, 0) })
    await runLog.append(...(plan.words?.entries ?? plan.notes.map((text) => ({ type: 'INFO', program: 'planner', text }) as const)))
    for (const skip of plan.skips) await this.#recordSkip(skip, runLog)
    await this.#doors.scribe?.planned(plan, runLog)
    await runLog.append(finishEntry('planner', run, this.#seconds()))
    return plan
  }

  #doctorCodes(dump: Pick<DumpRecord, 'faultCode' | 'message' | 'strangeLines'>): Partial<Pick<DumpProgress, 'doctorCodes'>> {
    const codes = this.#doors.codesOf?.(dump) ?? []
    return codes.length === 0 ? {} : { doctorCodes: codes }
  }

  /** One id a disk and run, whatever level it ends up with: level 0's. */
  #idOf(entry: Pick<DiskListEntry, 'host' | 'disk'>, level: number): DumpId {
    return dumpId(this.order.run, entry.host, entry.disk, level)
  }

  #newRecord(entry: DiskListEntry, level: number): DumpRecord {
    return { id: this.#idOf(entry, level), run: this.order.run, host: entry.host, disk: entry.disk, level, status: 'running', startedMs: this.#doors.clock.wallMs(), nativeBytes: 0, storedBytes: 0, attempts: 0 }
  }

  async #recordSkip({ entry, kind, code, reason, isLogged }: PlannedSkip, runLog: RunLog): Promise<void> {
    if (kind === 'skipped') return
    const id = this.#idOf(entry, 0)
    const nowMs = this.#doors.clock.wallMs()
    if (isLogged !== true) await runLog.append(plannerFailEntry({ run: this.order.run, host: entry.host, disk: entry.disk, level: 0 }, reason))
    await this.#doors.catalog.putDump({ ...this.#newRecord(entry, 0), status: 'failed', outcome: 'failed', faultCode: code, message: reason, endedMs: nowMs })
    this.#board.add({ id, run: this.order.run, host: entry.host, disk: entry.disk, level: 0, reason, phase: 'done', attempt: 0, outcome: 'failed', status: 'failed', faultCode: code, message: reason, ...this.#doctorCodes({ faultCode: code, message: reason }), endedMs: nowMs })
  }

  /** Dumps of earlier runs that wait on the holding disk. */
  async #heldJobs(): Promise<{ spec: JobSpec; path: string; isPartial: boolean }[]> {
    const { catalog, holding, events, clock } = this.#doors
    const { dumps, problems } = await holding.list()
    for (const { path, fault } of problems) events({ kind: 'warning', atMs: clock.wallMs(), code: fault.code, message: `${path}: ${fault.message}` })
    const jobs = []
    for (const held of dumps) {
      const id = dumpId(runId(held.header.datestamp), held.header.host, held.header.disk, held.header.level)
      const known = await catalog.dump(id)
      if (known !== undefined && (await removeIfSafe(known, held, this.#doors))) continue
      const { kind, selection } = this.order
      if (kind === 'dump' && !isFlushedAlong(this.#doors.config, isSelected(selection, held.header.host, held.header.disk))) continue
      const record = known ?? recordOfHeld(held, id, clock.wallMs())
      this.#facts.set(id, { entry: undefined, history: [], record: { ...record, holdingPath: held.path } })
      this.#board.add({ id, run: record.run, host: record.host, disk: record.disk, level: record.level, reason: 'waits on the holding disk since an earlier run', phase: 'held', attempt: 0, to: 'holding', estimatedBytes: held.bytes })
      const spec: JobSpec = { id, host: record.host, spindle: -1, maxDumps: 1, holding: 'auto', level: record.level, estimatedBytes: held.bytes }
      jobs.push({ spec, path: held.path, isPartial: held.header.isPartial })
    }
    return jobs
  }

  #jobOf(dump: PlannedDump): JobSpec {
    const { entry } = dump
    const { clock, config } = this.#doors
    const id = this.#idOf(entry, 0)
    const facts = this.#facts.get(id)
    const isForVault = config.storage.kind === 'vault'
    const spec = jobSpecOf(dump, { id, history: facts?.history ?? [], isForVault, now: { wallMs: clock.wallMs(), monotonicMs: clock.monotonicMs() } })
    const { estimatedBytes } = spec
    // What a dump adds to a vault depends on what is there, and nobody can tell before.
    if (facts !== undefined && estimatedBytes !== undefined && !isForVault) facts.planned = { level: dump.level, storedBytes: estimatedBytes }
    this.#board.add({ id, run: this.order.run, host: entry.host, disk: entry.disk, level: dump.level, reason: dump.reason, phase: 'waiting', attempt: 0, ...(dump.estimatedBytes === undefined ? {} : { estimatedBytes: dump.estimatedBytes }) })
    return spec
  }

  async #drive(plan: Plan, runLog: RunLog, taper: Taper): Promise<void> {
    const { clock, holding, config } = this.#doors
    await runLog.append(startEntry('driver', this.order.run), { type: 'STATS', program: 'driver', text: `startup time ${this.#seconds().toFixed(3)}` })
    const held = await this.#heldJobs()
    const jobs = plan.dumps.map((dump) => this.#jobOf(dump))
    await this.#doors.scribe?.driving(held.reduce((sum, { spec }) => sum + (spec.estimatedBytes ?? 0), 0), runLog)
    this.#enter(jobs.length === 0 ? 'flushing' : 'dumping')
    const state = initialDriverState(limitsOf(config, this.order.kind === 'flush'), jobs, held, await holding.rooms())
    const news: Promise<void>[] = []
    const driver = new Driver(state, {
      clock,
      holdingRooms: () => holding.rooms(),
      dump: (effect, signal, room) => this.#dump(effect, runLog, taper, signal, room),
      tape: (id, path, signal) => this.#tape(id, path, taper, signal),
      onNews: (effect) => {
        const told = this.#news(effect)
        // Awaited only when the run is over; until then its failure must not end the process.
        told.catch(() => undefined)
        news.push(told)
      },
      onState: (now) => this.#doors.onDriverState?.(now),
      onTransition: (transition) => this.#doors.onJobTransition?.(transition),
    })
    const { signal } = this.#controller
    await this.#scripts.around('backup', plan.dumps.map(({ entry }) => entry), signal, async () => {
      this.#driver = driver
      const ended = driver.run()
      if (signal.aborted) driver.cancel(faultOf(signal.reason))
      await ended
    })
    await Promise.all(news)
  }

  async #dump(effect: Extract<DriverEffect, { kind: 'start-dump' }>, runLog: RunLog, taper: Taper, signal: AbortSignal, room: HoldingAllotment): Promise<DumpResult> {
    const { catalog, holding, clock, config } = this.#doors
    const facts = this.#facts.get(effect.id)
    if (facts?.entry === undefined) throw new Fault('internal', `${effect.id} is not in the plan`)
    const { entry } = facts
    if (effect.discard !== undefined) await holding.remove(effect.discard)
    const base = effect.level === 0 ? undefined : baseOf(facts.history, effect.level)
    if (facts.record.attempts > 0 && facts.record.level !== effect.level) await catalog.removeDump(facts.record.id)
    facts.record = { ...this.#newRecord(entry, effect.level), ...(base === undefined ? {} : { baseRun: base.run }), ...(facts.planned?.level === effect.level ? { estimatedBytes: facts.planned.storedBytes } : {}), attempts: effect.attempt }
    await catalog.putDump(facts.record)
    this.#board.change(effect.id, { phase: 'connecting', level: effect.level, attempt: effect.attempt, to: effect.to, startedMs: facts.record.startedMs })
    let startedMs = clock.monotonicMs()
    const order = {
      configName: config.name,
      run: this.order.run,
      entry,
      level: effect.level,
      baseRun: base?.run,
      // The size of another level, which the agent asked for, nobody has told.
      expectedBytes: facts.planned?.level === effect.level ? facts.planned.storedBytes : undefined,
      to: effect.to,
      ...(effect.to === 'holding' ? { room } : {}),
      record: facts.record,
      connectTimeoutMs: config.limits.connectTimeoutMs,
      dataTimeoutMs: config.limits.dataTimeoutMs,
    }
    const steps = {
      onPhase: (phase: 'connecting' | 'dumping' | 'finishing' | 'taping') => {
        // Rates tell later runs how fast data comes, not how long a client takes to begin.
        if (phase === 'dumping') startedMs = clock.monotonicMs()
        this.#board.change(effect.id, { phase })
      },
      onProgress: (bytes: number, durableBytes: number, counts?: VaultCounts) => this.#board.bytes(effect.id, bytes, durableBytes, counts),
    }
    const scribed = { id: effect.id, entry, record: facts.record, to: effect.to }
    this.#doors.scribe?.dumpStarted(scribed)
    const ofHost = [...this.#facts.values()].flatMap((one) => (one.entry?.host === entry.host ? [one.entry] : []))
    const report = await this.#scripts.aroundDump(entry, ofHost, effect.level, signal, () => runDump(order, { ...this.#doors, taper }, steps, signal))
    this.#board.attemptEnded(effect.id)
    return this.#recordReport(facts, scribed, report, runLog, (clock.monotonicMs() - startedMs) / 1000)
  }

  async #recordReport(facts: JobFacts, scribed: ScribedDump, report: DumpReport, runLog: RunLog, seconds: number): Promise<DumpResult> {
    const { catalog, clock } = this.#doors
    const job: LoggedJob = { run: this.order.run, host: facts.record.host, disk: facts.record.disk, level: facts.record.level }
    const endedMs = clock.wallMs()
    if (report.kind === 'failed') {
      const { fault, partial, advice, isVolumeFault } = report
      const entries = advice === undefined ? failedEntries(job, fault.message, report.lines, partial === undefined ? undefined : { bytes: partial.bytes, crc: partial.header.serverCrc }, seconds) : [retryEntry(job, Math.round((advice.delayMs ?? 0) / 1000), advice.level ?? job.level, fault.message)]
      await runLog.append(...entries)
      await this.#doors.scribe?.dumpEnded(scribed, report, seconds, runLog)
      const kept = partial === undefined ? { status: 'failed' as const, storedBytes: 0 } : { status: 'partial' as const, storedBytes: partial.bytes, holdingPath: partial.path, ...(partial.header.serverCrc === undefined ? {} : { serverCrc: partial.header.serverCrc }) }
      facts.record = { ...facts.record, ...kept, outcome: 'failed', faultCode: fault.code, message: fault.message, endedMs, strangeLines: strangeLinesOf(report.lines) }
      await catalog.putDump(facts.record)
      return { kind: 'failed', fault: factsOf(fault), isVolumeFault, ...(partial === undefined ? {} : { partialPath: partial.path }), ...(advice === undefined ? {} : { advice }) }
    }
    const { totals, kind } = report
    // A good dump is not made again because a line could not be written.
    await runLog.append(...dumpedEntries(job, kind, totals, seconds, report.lines, report.held !== undefined)).catch((error: unknown) => {
      this.#doors.log.warn('the run log could not take the lines of a good dump', { dump: facts.record.id, error: faultOf(error).message })
    })
    await this.#doors.scribe?.dumpEnded(scribed, report, seconds, runLog)
    facts.record = { ...rowOfGood(facts.record, totals, kind, report.lines, endedMs), ...placeOf(report) }
    await catalog.putDump(facts.record)
    if (report.manifest !== undefined) return { kind: 'stored' }
    if (report.held !== undefined) return { kind: 'held', path: report.held.path, bytes: report.held.bytes }
    this.#taped++
    return { kind: 'taped' }
  }

  async #tape(id: DumpId, path: string, taper: Taper, signal: AbortSignal): Promise<TapeResult> {
    const facts = this.#facts.get(id)
    if (facts === undefined) throw new Fault('internal', `${id} is not known to the run`)
    this.#board.change(id, { phase: 'taping' })
    const partBytes = facts.entry?.partBytes
    const { scribe } = this.#doors
    scribe?.tapeStarted(facts.record, path)
    const outcome = await taper.tape({ source: { kind: 'holding', path }, record: withoutWaiting(facts.record), ...(partBytes === undefined ? {} : { partBytes }) }, signal)
    await scribe?.tapeEnded(facts.record, outcome)
    switch (outcome.kind) {
      case 'taped':
        this.#taped++
        this.#board.taped(id, outcome.bytes)
        return { kind: 'taped', isPartial: outcome.isPartial }
      case 'skipped':
        return outcome
      case 'failed':
        // Parts that reached a volume before are a waste of room there: the dump is on the holding disk as before.
        this.#board.taped(id, 0)
        return { kind: 'failed', fault: factsOf(outcome.fault) }
    }
  }

  #tellRetry(id: DumpId): void {
    const facts = this.#facts.get(id)
    if (facts !== undefined) this.#doors.scribe?.retried(facts.record)
  }

  async #news(effect: Extract<DriverEffect, { kind: 'waits' | 'retry' | 'end-job' | 'degraded' }>): Promise<void> {
    const { clock, events, catalog } = this.#doors
    switch (effect.kind) {
      case 'waits':
        return this.#board.change(effect.id, { phase: 'waiting', waitReason: effect.reason })
      case 'retry':
        this.#tellRetry(effect.id)
        return this.#board.change(effect.id, { phase: 'waiting', waitReason: 'retry-delay', faultCode: effect.fault.code, message: effect.fault.message, ...this.#doctorCodes({ faultCode: effect.fault.code, message: effect.fault.message }) })
      case 'degraded':
        this.#degraded = new Fault('no-volume', effect.fault.message)
        return events({ kind: 'degraded', atMs: clock.wallMs(), fault: { code: effect.fault.code, message: effect.fault.message, next: this.#degraded.next } })
      case 'end-job': {
        const facts = this.#facts.get(effect.id)
        if (facts === undefined) return
        if (effect.end.kind === 'failed' && facts.record.status === 'running') {
          facts.record = { ...facts.record, status: 'failed', outcome: 'failed', faultCode: effect.end.fault.code, message: effect.end.fault.message, endedMs: clock.wallMs() }
          await catalog.putDump(facts.record)
        } else if (effect.end.kind === 'held' && effect.end.fault !== undefined && facts.record.status === 'complete') {
          facts.record = { ...facts.record, faultCode: effect.end.fault.code, message: effect.end.fault.message }
          await catalog.putDump(facts.record)
        }
        const ended = endOf(effect.end, facts.record, clock.wallMs())
        // What its own run told is no news when it only waited on the holding disk.
        const strangeLines = facts.record.run === this.order.run ? facts.record.strangeLines : undefined
        // Neither is what an attempt left behind that was made good.
        this.#board.change(effect.id, { doctorCodes: [], ...ended, ...this.#doctorCodes({ ...ended, ...(strangeLines === undefined ? {} : { strangeLines }) }) })
      }
    }
  }
}
