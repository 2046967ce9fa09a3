// The server: cleans up after a crash, runs by the schedule (a missed run is made up for once), queues runs asked for by hand, answers
// the control protocol, and stops in order. One run at a time. It reaches the machine only through its doors, so it runs unchanged in
// the simulator. Modes: new → started → stopping → stopped; a run is begun only in `started`.

import { sleep } from '../kernel/clock.ts'
import { Fault, faultOf } from '../kernel/fault.ts'
import type { EventSink } from '../kernel/log.ts'
import type { RunId, RunRecord } from '../catalog/contract.ts'
import type { AgentAdmin } from './agents/agent-admin.ts'
import { check, type CheckDoors } from './check/check.ts'
import type { AgentStatus, ControlRequest, ControlResults, DumpSelection, ForcedLevel, MailOutcome, QueuedRun, RecoveryAction, RestoreToAgent, RunSummary, ServerEvent, StatusSnapshot } from './control/contract.ts'
import { recover, type RecoveryDoors } from './recovery.ts'
import { tidyUp, type TidyDoors } from './tidy-up.ts'
import { Run } from './run/run.ts'
import type { RunDoors } from './run/contract.ts'
import { summaryOfRecords } from './run/last-run.ts'
import { RunIds } from './run/run-ids.ts'
import { pruneAfterRun } from './vault/prune-after-run.ts'
import { VaultDesk } from './vault/vault-desk.ts'
import { missedRunMs, nextRunMs } from './schedule/next-run.ts'

export interface ServerDoors extends Omit<RunDoors, 'events'>, Pick<RecoveryDoors, 'changer' | 'tapelist'>, Pick<CheckDoors, 'forecast'>, Pick<TidyDoors, 'runLogDir'> {
  readonly version: string
  readonly agents: AgentAdmin
  readonly programOf: (host: string) => string | undefined
  /** What the keep rules of the vault did last; undefined: they are not applied by themselves. */
  readonly pruneNotesFile?: string
  /** Undefined: reports are not mailed. */
  readonly reportMailer?: ReportMailer
  readonly compareLive: (request: Extract<ControlRequest, { kind: 'compare-live' }>, signal: AbortSignal) => Promise<ControlResults['compare-live']>
  readonly measurePath: (request: Extract<ControlRequest, { kind: 'measure-path' }>, emit: EventSink<ServerEvent>, signal: AbortSignal) => Promise<ControlResults['measure-path']>
  readonly restoreToAgent: (request: RestoreToAgent, signal: AbortSignal) => Promise<ControlResults['restore-to-agent']>
}

/** Mails the reports of runs. */
export interface ReportMailer {
  /** Of a run that has ended. Bounded in time; what went wrong is in the outcome, never a rejection. */
  send(run: RunId): Promise<MailOutcome>
  /** The newest outcome, of an earlier life of the server too. */
  last(): Promise<MailOutcome | undefined>
}

/** How often the schedule is looked at: a clock that was set or a machine that slept is noticed within it. */
const SCHEDULE_LOOK_MS = 30_000
/** A run this late was missed, not just begun a moment after its time. */
const LATE_MS = 2 * SCHEDULE_LOOK_MS
const TOKEN_VALID_MS = 24 * 3_600_000
/** Runs that wait. More is a mistake of whoever asks. */
const QUEUE_MAX = 100

interface Queued extends QueuedRun {
  readonly level: ForcedLevel | undefined
  readonly done: PromiseWithResolvers<RunSummary>
}

class Server {
  readonly #doors: ServerDoors
  readonly #watchers = new Set<EventSink<ServerEvent>>()
  readonly #queue: Queued[] = []
  readonly #stop = new AbortController()
  readonly #stopped = Promise.withResolvers<void>()
  readonly #startedMs: number
  #wakeRunner: () => void = () => undefined
  #current: { readonly run: Run; readonly queued: Queued } | undefined
  #lastRun: RunSummary | undefined
  /** Runs that an earlier life of the server left unfinished: their reports are still to be mailed. */
  #crashed: readonly RunId[] = []
  readonly #ids = new RunIds()
  readonly #desk: VaultDesk | undefined

  constructor(doors: ServerDoors) {
    this.#doors = doors
    this.#startedMs = doors.clock.wallMs()
    const { vault, clock, catalog, config } = doors
    if (vault !== undefined && config.storage.kind === 'vault') this.#desk = new VaultDesk({ clock, vault: vault.vault, storage: config.storage, catalog })
  }

  /** Where the transport and everybody else puts events. */
  readonly emit: EventSink<ServerEvent> = (event) => {
    for (const watcher of this.#watchers) watcher(event)
  }

  /** Every event from now on, until `unwatch`. `watcher` must return at once. */
  watch(watcher: EventSink<ServerEvent>): () => void {
    this.#watchers.add(watcher)
    return () => this.#watchers.delete(watcher)
  }

  /** Cleans up and begins to work; resolves with what the clean-up did. Rejects when the catalog or a holding disk cannot be used. */
  async start(): Promise<readonly RecoveryAction[]> {
    const actions = await recover(this.#doors)
    if (actions.length > 0) this.emit({ kind: 'recovered', atMs: this.#doors.clock.wallMs(), actions })
    this.#crashed = actions.flatMap(({ kind, run }) => (kind === 'run-marked-crashed' && run !== undefined ? [run] : []))
    for (const last of await this.#doors.catalog.runs(1)) {
      this.#ids.note(last.id)
      this.#lastRun = await this.#remembered(last)
    }
    void this.#runQueue().finally(() => this.#stopped.resolve())
    void this.#followSchedule()
    return actions
  }

  /** A run of an earlier life of the server. */
  async #remembered(run: RunRecord): Promise<RunSummary> {
    const { catalog, runLogDir = '', codesOf = () => [] } = this.#doors
    const dumps = await catalog.dumps({ run: run.id })
    const parts = await Promise.all(dumps.map(({ id }) => catalog.parts(id)))
    return summaryOfRecords(run, dumps, parts.flat(), `${runLogDir}/log.${run.id}.0`, codesOf)
  }

  /** Resolves when the server has stopped, whoever asked for it. */
  get stopped(): Promise<void> {
    return this.#stopped.promise
  }

  /** Graceful: no run is begun any more, the current one is cancelled or, with `afterRun`, waited for. */
  async stop(afterRun = false): Promise<void> {
    const { clock } = this.#doors
    if (!this.#stop.signal.aborted) {
      const fault = new Fault('server-stopping', 'the server is stopping')
      this.emit({ kind: 'stopping', atMs: clock.wallMs() })
      for (const queued of this.#queue.splice(0)) queued.done.reject(fault)
      this.#stop.abort(fault)
      this.#wakeRunner()
    }
    if (!afterRun) this.#current?.run.cancel(new Fault('cancelled', 'the server is stopping'))
    await this.stopped
  }

  /** Queues a run. `done` gives its summary, or rejects when it could not be recorded. Throws `server-stopping`. */
  queueRun(order: { readonly kind: 'dump' | 'flush'; readonly reason: RunRecord['reason']; readonly selection: readonly DumpSelection[]; readonly level?: ForcedLevel }): { readonly run: RunId; readonly done: Promise<RunSummary> } {
    if (this.#stop.signal.aborted) throw new Fault('server-stopping', 'the server is stopping')
    if (this.#queue.length >= QUEUE_MAX) throw new Fault('timed-out', `${QUEUE_MAX} runs wait already`, { next: 'Wait until some of them have ended.' })
    for (const { host, disks } of order.selection) {
      const known = this.#doors.config.disklist.filter((entry) => entry.host === host)
      const unknown = disks?.find((disk) => !known.some((entry) => entry.disk === disk))
      if (known.length === 0 || unknown !== undefined) throw new Fault('run-unknown', `${host}${unknown === undefined ? '' : `:${unknown}`} is not in the disk list`, { next: 'Add it to the configuration, or correct the name.' })
    }
    const done = Promise.withResolvers<RunSummary>()
    done.promise.catch(() => undefined)
    const queued: Queued = { run: this.#ids.next(this.#doors.clock.wallMs()), reason: order.reason, kind: order.kind, selection: order.selection, level: order.level, done }
    this.#queue.push(queued)
    this.emit({ kind: 'run-queued', atMs: this.#doors.clock.wallMs(), queued: shown(queued) })
    this.#wakeRunner()
    return { run: queued.run, done: done.promise }
  }

  async #runQueue(): Promise<void> {
    for (const run of this.#crashed) await this.#mailReport(run)
    await tidyUp(this.#doors, this.#stop.signal)
    while (!this.#stop.signal.aborted) {
      const queued = this.#queue.shift()
      if (queued === undefined) {
        await new Promise<void>((resolve) => (this.#wakeRunner = resolve))
        continue
      }
      const { run: id, reason, kind, selection, level } = queued
      const run = new Run({ run: id, reason, kind, selection, ...(level === undefined ? {} : { level }) }, { ...this.#doors, events: this.emit })
      this.#current = { run, queued }
      try {
        const summary = await run.execute()
        this.#lastRun = summary
        this.#current = undefined
        await this.#mailReport(id)
        queued.done.resolve(summary)
      } catch (error) {
        const fault = faultOf(error)
        this.#doors.log.error('a run could not be made', { run: id, code: fault.code, error: fault.message })
        this.emit({ kind: 'warning', atMs: this.#doors.clock.wallMs(), code: fault.code, message: `the run ${id} could not be made: ${fault.message}` })
        await this.#mailReport(id)
        queued.done.reject(fault)
      } finally {
        this.#current = undefined
      }
      if (kind === 'dump') await this.#prune()
      await tidyUp(this.#doors, this.#stop.signal)
    }
  }

  async #prune(): Promise<void> {
    const { config, clock, disk, log, pruneNotesFile } = this.#doors
    if (this.#desk === undefined || config.storage.kind !== 'vault' || pruneNotesFile === undefined) return
    await pruneAfterRun({ clock, disk, desk: this.#desk, rules: config.storage.keep, notesFile: pruneNotesFile, events: this.emit, log }, this.#stop.signal)
  }

  /** A report that cannot be mailed never fails its run: it is told in status and in the next report. */
  async #mailReport(run: RunId): Promise<void> {
    const { reportMailer, log, clock } = this.#doors
    if (reportMailer === undefined) return
    const mail = await reportMailer.send(run)
    if (mail.status === 'failed') log.warn(`the report of run ${run} could not be mailed: ${mail.message ?? 'no reason was given'}`, { code: 'mail-failed' })
    else log.info(mail.status === 'sent' ? 'the report of a run was mailed' : 'the report of a run is not mailed: it went as `mail.when` is not told of', { run })
    this.emit({ kind: 'report-mailed', atMs: clock.wallMs(), mail })
  }

  /** Looks often instead of sleeping long: a timer does not know that the wall clock was set or the machine slept. */
  async #followSchedule(): Promise<void> {
    const { config, clock, catalog, log } = this.#doors
    const { cron, timezone, catchUpMs } = config.schedule
    if (cron === undefined) return
    try {
      const last = (await catalog.runs()).find(({ reason }) => reason !== 'manual')
      let seenMs = last?.startedMs ?? clock.wallMs()
      for (;;) {
        const nowMs = clock.wallMs()
        // Set back a little, a clock passes the same due time twice, and that is one run; set back far, the run of its new day is due.
        if (nowMs < seenMs - LATE_MS) seenMs = nowMs
        const dueMs = missedRunMs(cron, timezone, seenMs, nowMs, Math.max(catchUpMs, LATE_MS))
        if (dueMs !== undefined) {
          seenMs = nowMs
          this.#queueDue(nowMs - dueMs > LATE_MS ? 'catch-up' : 'schedule')
        }
        const nextMs = nextRunMs(cron, timezone, nowMs) ?? Number.POSITIVE_INFINITY
        await sleep(clock, Math.min(SCHEDULE_LOOK_MS, Math.max(1, nextMs - nowMs)), this.#stop.signal)
      }
    } catch (error) {
      if (!this.#stop.signal.aborted) log.error('the schedule is not followed any more', { error: faultOf(error).message })
    }
  }

  /** A run that cannot be queued now must not end the schedule: the next one may. */
  #queueDue(reason: 'schedule' | 'catch-up'): void {
    try {
      this.queueRun({ kind: 'dump', reason, selection: [] })
    } catch (error) {
      const { code, message } = faultOf(error)
      this.#doors.log.error('a run of the schedule could not be queued', { code, error: message })
      this.emit({ kind: 'warning', atMs: this.#doors.clock.wallMs(), code, message: `a run of the schedule could not be queued: ${message}` })
    }
  }

  async snapshot(): Promise<StatusSnapshot> {
    const { config, version, clock, catalog, holding } = this.#doors
    const { cron, timezone } = config.schedule
    const [volumes, held, freeBytes, stats] = await Promise.all([catalog.volumes(), holding.list(), holding.freeBytes(), this.#doors.vault?.vault.stats()])
    const nextMs = cron === undefined ? undefined : nextRunMs(cron, timezone, clock.wallMs())
    const lastMail = await this.#doors.reportMailer?.last()
    return {
      name: config.name,
      version,
      startedMs: this.#startedMs,
      nowMs: clock.wallMs(),
      isStopping: this.#stop.signal.aborted,
      ...(this.#current === undefined ? {} : { current: this.#current.run.progress() }),
      queue: this.#queue.map(shown),
      ...(this.#lastRun === undefined ? {} : { lastRun: this.#lastRun }),
      ...(lastMail === undefined ? {} : { lastMail }),
      ...(nextMs === undefined ? {} : { nextRunMs: nextMs }),
      holding: { freeBytes, dumps: held.dumps.length, heldBytes: held.dumps.reduce((sum, dump) => sum + dump.bytes, 0) },
      volumes: volumes.map(({ label, slot, bytes, isReusable, run }) => ({ label, slot, bytes, isReusable, ...(run === undefined ? {} : { run }), isLoaded: run !== undefined && run === this.#current?.queued.run })),
      ...(stats === undefined ? {} : { vault: stats }),
      agents: this.#agents(),
    }
  }

  #agents(): AgentStatus[] {
    return this.#doors.agents.list().map((agent) => {
      const { cuts, resumes, bytesResent } = this.#doors.linkOf(agent.host)
      const version = this.#doors.programOf(agent.host)
      return { ...agent, ...(version === undefined ? {} : { version }), cuts, resumes, bytesResent }
    })
  }

  /** Answers one request of the control protocol. Rejects with a Fault. */
  async handle(request: ControlRequest, emit: EventSink<ServerEvent>, signal: AbortSignal): Promise<ControlResults[ControlRequest['kind']]> {
    const { agents } = this.#doors
    switch (request.kind) {
      case 'dump':
      case 'flush': {
        const level = request.kind === 'dump' ? request.level : undefined
        const { run, done } = this.queueRun({ kind: request.kind, reason: 'manual', selection: request.kind === 'dump' ? request.selection : [], ...(level === undefined ? {} : { level }) })
        return request.wait === true ? { run, summary: await this.#follow(run, done, emit, signal) } : { run }
      }
      case 'status':
        return this.snapshot()
      case 'watch':
        return this.#watchFor(request.untilRun, emit, signal)
      case 'cancel':
        return { dumpsCancelled: this.#cancel(request.run, request.selection) }
      case 'check':
        return { findings: await check(this.#doors, (host, disk) => (request.selection ?? []).length === 0 || request.selection?.some((one) => one.host === host && (one.disks?.includes(disk) ?? true)) === true, signal) }
      case 'agents':
        return { agents: this.#agents() }
      case 'enrol-token':
        return { host: request.host, ...(await agents.createToken(request.host, request.validForMs ?? TOKEN_VALID_MS)) }
      case 'revoke':
        await agents.revoke(request.host)
        return { host: request.host }
      case 'rename':
        await agents.rename(request.from, request.to)
        return { host: request.to }
      case 'renew':
        await agents.renew(request.host)
        return { host: request.host }
      case 'restore-to-agent':
        return this.#doors.restoreToAgent(request.request, signal)
      case 'compare-live':
        return this.#doors.compareLive(request, signal)
      case 'measure-path':
        return this.#doors.measurePath(request, emit, signal)
      case 'vault-dumps':
      case 'vault-stats':
      case 'vault-orphans':
      case 'vault-check':
      case 'vault-prune':
      case 'vault-tag':
      case 'vault-pin':
      case 'vault-forget':
      case 'vault-verified':
      case 'vault-hold':
        return await this.#needDesk().handle(request, emit, AbortSignal.any([signal, this.#stop.signal]))
      case 'stop':
        void this.stop(request.afterRun === true)
        return { wasRunning: this.#current !== undefined }
    }
  }

  #needDesk(): VaultDesk {
    if (this.#desk !== undefined) return this.#desk
    throw new Fault('usage-wrong', `the storage ${this.#doors.config.storage.name} is no vault`, { next: 'Set `storage: {kind: vault, …}` in the configuration to have one.' })
  }

  /** Tells whoever asked for `run` what happens in it and in no other: one goes on at a time. */
  async #follow(run: RunId, done: Promise<RunSummary>, emit: EventSink<ServerEvent>, signal: AbortSignal): Promise<RunSummary> {
    const queued = this.#queue.find((waiting) => waiting.run === run)
    if (queued !== undefined && this.#current !== undefined) emit({ kind: 'run-queued', atMs: this.#doors.clock.wallMs(), queued: shown(queued) })
    let isOn = this.#current?.queued.run === run
    const unwatch = this.watch((event) => {
      if (event.kind === 'run-started') isOn = event.run.id === run
      if (isOn && event.kind !== 'run-queued') emit(event)
    })
    try {
      return await orAborted(done, signal)
    } finally {
      unwatch()
    }
  }

  #cancel(run: RunId | undefined, selection: readonly DumpSelection[] | undefined): number {
    const waiting = this.#queue.findIndex((queued) => queued.run === run)
    if (waiting >= 0) {
      const [queued] = this.#queue.splice(waiting, 1)
      queued?.done.reject(new Fault('cancelled', 'the run was cancelled before it began'))
      return 0
    }
    const current = this.#current
    if (current === undefined || (run !== undefined && run !== current.queued.run)) throw new Fault('run-unknown', run === undefined ? 'nothing is running' : `the run ${run} is not running`)
    return current.run.cancel(new Fault('cancelled', 'cancelled by the operator'), selection)
  }

  async #watchFor(untilRun: RunId | undefined, emit: EventSink<ServerEvent>, signal: AbortSignal): Promise<ControlResults['watch']> {
    const ended = Promise.withResolvers<ControlResults['watch']>()
    const unwatch = this.watch((event) => {
      emit(event)
      if (event.kind === 'run-ended' && event.summary.run === untilRun) ended.resolve({ reason: 'run-ended' })
    })
    try {
      emit({ kind: 'snapshot', snapshot: await this.snapshot() })
      if (this.#lastRun !== undefined && this.#lastRun.run === untilRun) return { reason: 'run-ended' }
      void this.stopped.then(() => ended.resolve({ reason: 'stopping' }))
      return await orAborted(ended.promise, signal)
    } finally {
      unwatch()
    }
  }
}

function shown({ run, reason, kind, selection }: Queued): QueuedRun {
  return { run, reason, kind, selection }
}

async function orAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  const aborted = Promise.withResolvers<never>()
  const onAbort = (): void => aborted.reject(new Fault('cancelled', 'the client is gone'))
  if (signal.aborted) onAbort()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    return await Promise.race([work, aborted.promise])
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

/** The composition root's one call. The transport's link events should go to a ledger whose events go to `emit`. */
export function createServer(doors: ServerDoors): Server {
  return new Server(doors)
}

export type { Server }
