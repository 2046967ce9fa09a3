// The backup world: a whole production server (daemon, planner, driver, dumpers, taper, recovery) and whole production agents over tethers, on
// machines whose networks, disks, clocks and power fail from a seed. After every promise, every crash and every run the durable disk is
// judged. Runs that met only network faults must lose nothing but time; once the faults end, two runs must succeed without help.

import { SqliteCatalog, inPlaceCatalog } from '../../src/catalog/sqlite.ts'
import type { Catalog, DumpId, DumpRecord, RunId } from '../../src/catalog/contract.ts'
import { faultOf } from '../../src/kernel/fault.ts'
import type { Log } from '../../src/kernel/log.ts'
import type { RunSummary } from '../../src/server/control/contract.ts'
import type { Server } from '../../src/server/daemon.ts'
import type { ByteStream, Transport } from '../../src/transport/contract.ts'
import type { ServerEndpoint } from '../../src/transport/tether/server-endpoint.ts'
import { SimDisk } from '../disk.ts'
import { EARLY_SYNC_PLANTS, plantEarlySyncs } from '../early-sync.ts'
import { SimNetwork } from '../network.ts'
import { guarded } from '../guarded.ts'
import { Life, Scheduler, describeStop } from '../scheduler.ts'
import { plannedCut, scheduleCount, type PlannedCut } from '../planned-cut.ts'
import { fail, type SimWorld } from '../world.ts'
import { SimData, type Title } from './backup-data.ts'
import { BackupFaults, type Machine } from './backup-faults.ts'
import { backupConfig, bootAgent, bootServer, layOutServer, type World } from './backup-machines.ts'
import { BackupOracle } from './backup-oracle.ts'
import { drawRules } from './backup-rules.ts'
import { JOB_ROWS, TAPER_ROWS } from './step-coverage.ts'

const KIB = 1024
const HOUR_MS = 3_600_000
const FAULTS_MIN = 10
const RUNS_MAX = 60
const VOLUMES_PER_RUN = 8
const NEVER = new AbortController().signal
const HOSTS = ['alpha', 'beta']
const DISKS = ['/', '/srv']

class BackupPlay {
  readonly scheduler: Scheduler
  readonly #world: World
  readonly #oracle: BackupOracle
  readonly #faults: BackupFaults
  readonly #server: Machine
  readonly #agents: readonly Machine[]
  readonly #sqlite = new SqliteCatalog(':memory:')
  #running: { readonly server: Server; readonly endpoint: ServerEndpoint } | undefined
  /** What a judgement that nobody waits for found. */
  #verdict: unknown
  readonly #limits = { volumesPerRun: VOLUMES_PER_RUN }
  #isDisturbed = false
  /** What is too little for a volume may stay on the holding disk. */
  readonly #mayLeave: boolean
  #crashes = 0

  constructor(seed: number, plant: string | undefined) {
    this.scheduler = new Scheduler(seed)
    const { scheduler } = this
    const { random } = scheduler
    const network = new SimNetwork(scheduler, {
      bytesPerMs: scheduler.pick([60, 500, 5000]), delayMs: 1 + random.int(80), bufferBytes: scheduler.pick([16, 256]) * KIB,
      idleLimitMs: scheduler.chance(2) ? undefined : 5_000 + random.int(20_000), idleAnswer: scheduler.chance(2) ? 'reset' : 'silence',
    })
    this.#limits.volumesPerRun = seed % 4 === 0 ? 2 : VOLUMES_PER_RUN
    const rules = drawRules(seed)
    this.#mayLeave = (rules.flush?.restPercent ?? 0) > 0
    const config = backupConfig(scheduler, HOSTS, DISKS, this.#limits, rules)
    const data = new SimData(random)
    this.#oracle = new BackupOracle(config, data)
    this.#server = { name: 'server', disk: new SimDisk(scheduler), life: undefined }
    this.#agents = HOSTS.map((name) => ({ name, disk: new SimDisk(scheduler), life: undefined }))
    this.#world = {
      scheduler, config, network, data, sqlite: this.#sqlite, mood: { bytesMax: 130 * KIB, failsOneIn: 30, silentOneIn: 200 }, log: (name) => this.#logOf(name),
      wrapCatalog: (catalog, life) => this.#wrapCatalog(catalog, life), wrapTransport: (transport) => this.#wrapTransport(transport),
    }
    this.#faults = new BackupFaults(scheduler, {
      network, hosts: HOSTS, machines: [this.#server, this.#server, ...this.#agents], crashed: (machine) => this.#crashed(machine), disturbed: () => void (this.#isDisturbed = true),
    })
    plantEarlySyncs(this.#server.disk, scheduler, plant)
    scheduler.check = () => this.#checkStep()
  }

  async play(): Promise<void> {
    const { scheduler } = this
    await this.#begin()
    const count = (): number => Object.values(scheduler.faults).reduce((sum, faults) => sum + faults, 0)
    for (let runs = 0; count() < FAULTS_MIN || runs < 2; runs++) {
      if (runs > RUNS_MAX) fail(`only ${count()} faults in ${RUNS_MAX} runs`)
      this.#faults.diskOneIn = 150 + scheduler.random.int(2_000)
      this.#faults.isOn = true
      await this.#oneRun()
      await scheduler.until('the next run', Number.POSITIVE_INFINITY, this.#after(scheduler.random.int(6_000)))
    }
    this.#faults.heal()
    this.#world.mood.failsOneIn = 0
    this.#limits.volumesPerRun = VOLUMES_PER_RUN
    for (let clean = 0; clean < 2; clean++) {
      // Whatever still ails from before ends within the time a dead link takes.
      await scheduler.until('peace', Number.POSITIVE_INFINITY, this.#after(120_000))
      this.#isDisturbed = false
      await this.#oneRun()
    }
    await this.#judge('at the end')
    await this.#oracle.restorable(this.#server.disk.image, inPlaceCatalog(this.#sqlite))
  }

  /** Small runs without any fault but a cut at the given change; returns the changes that were made. */
  async playCut(runs: number, cut: PlannedCut | undefined): Promise<number> {
    this.#faults.cut = cut
    this.#world.mood.failsOneIn = 0
    this.#world.mood.silentOneIn = 0
    await this.#begin()
    for (let count = 0; count < runs; count++) await this.#oneRun()
    if (cut !== undefined) {
      await this.scheduler.until('peace', Number.POSITIVE_INFINITY, this.#after(120_000))
      await this.#oneRun()
      await this.#judge('at the end')
    }
    return this.#faults.changes
  }

  async #begin(): Promise<void> {
    const { scheduler } = this
    await scheduler.complete('init', HOUR_MS, layOutServer(this.#world, this.#server.disk.mount(new Life(scheduler, 'init'))))
    for (const machine of this.#agents) this.#startAgent(machine)
    void this.#judgeAside(this.#startServer())
  }

  #after(ms: number): () => boolean {
    const { time } = this.scheduler
    const atMs = time.nowMs + ms
    time.at(atMs, () => undefined)
    return () => time.nowMs >= atMs
  }

  /** One run as an operator asks for it, to its end or the server's. */
  async #oneRun(): Promise<void> {
    const { scheduler } = this
    while (this.#running === undefined) await scheduler.until('a server', scheduler.time.nowMs + HOUR_MS, () => this.#running !== undefined)
    const { server } = this.#running
    const life = this.#server.life
    const crashes = this.#crashes
    // A disk that is still full, or too few volumes, is trouble enough.
    this.#isDisturbed = this.#server.disk.isFull || this.#limits.volumesPerRun < VOLUMES_PER_RUN
    let summary: RunSummary | undefined
    let failure: unknown
    const { run, done } = server.queueRun({ kind: 'dump', reason: 'manual', selection: [] })
    scheduler.note(`run ${run}`)
    if (this.#faults.isOn && scheduler.chance(5)) this.#cancelLater(server, run)
    done.then((ended) => (summary = ended), (error: unknown) => (failure = error))
    await scheduler.until(`the end of run ${run}`, scheduler.time.nowMs + 12 * HOUR_MS, () => summary !== undefined || failure !== undefined || life?.isAlive !== true)
    await this.#judge(`after run ${run}`)
    if (failure !== undefined) {
      const fault = faultOf(failure)
      scheduler.state(`run failed ${fault.code}`)
      if (!this.#isDisturbed || fault.code === 'internal') fail(`the run ${run} failed without a reason to: ${describeStop(failure)}`)
    }
    if (summary !== undefined) this.#judgeSummary(summary, crashes === this.#crashes)
  }

  /** An operator who changes his mind, about all of the run or about one host. */
  #cancelLater(server: Server, run: RunId): void {
    const { scheduler } = this
    const selection = scheduler.chance(2) ? [{ host: scheduler.pick(HOSTS) }] : undefined
    scheduler.time.at(scheduler.time.nowMs + scheduler.random.int(30_000), () => {
      if (this.#running?.server !== server) return
      const cancelled = server.handle({ kind: 'cancel', run, ...(selection === undefined ? {} : { selection }) }, () => undefined, NEVER)
      cancelled.then(
        () => {
          this.#isDisturbed = true
          scheduler.fault('cancelled by the operator', selection === undefined ? 'all' : selection[0]?.host)
        },
        () => scheduler.note('there was nothing to cancel'),
      )
    })
  }

  #judgeSummary(summary: RunSummary, isUncrashed: boolean): void {
    for (const dump of summary.dumps) {
      this.scheduler.state(`dump ${dump.outcome ?? 'without outcome'}${dump.faultCode === undefined ? '' : ` after ${dump.faultCode}`}`)
      if (dump.faultCode === 'internal') fail(`${dump.id} failed with a defect of ours: ${dump.message}`)
    }
    const failed = summary.dumps.filter((dump) => dump.run === summary.run && dump.status !== 'complete')
    if (isUncrashed && !this.#isDisturbed && failed.some((dump) => dump.faultCode !== 'agent-error')) fail(`a run that met nothing worse than cuts lost ${failed.map((dump) => `${dump.id} (${dump.faultCode} ${dump.message})`).join(', ')}`)
    if (!this.#faults.isOn && failed.length > 0) fail(`a run without faults lost ${failed.map((dump) => `${dump.id} (${dump.faultCode} ${dump.message})`).join(', ')}`)
    if (!this.#faults.isOn && !this.#mayLeave && summary.leftOnHolding > 0 && !this.#oracle.isDamaged) fail(`${summary.leftOnHolding} dumps are left on the holding disk after a run without faults`)
  }

  async #judge(when: string): Promise<void> {
    await this.#oracle.verify(this.#server.disk.image, inPlaceCatalog(this.#sqlite), when)
  }

  /** Judgements that code under test does not wait for. They are done before the next event. */
  #judgeAside(work: Promise<void>): Promise<void> {
    return work.catch((error: unknown) => void (this.#verdict ??= error))
  }

  #checkStep(): void {
    if (this.#verdict !== undefined) throw this.#verdict
    const { overflow } = this.#world.network
    if (overflow !== undefined) fail(overflow)
  }

  #startAgent(machine: Machine): void {
    const life = new Life(this.scheduler, machine.name)
    machine.life = life
    bootAgent(this.#world, life, machine.disk.mount(life), machine.name)
  }

  async #startServer(): Promise<void> {
    const life = new Life(this.scheduler, 'server')
    this.#server.life = life
    try {
      this.#running = await bootServer(this.#world, life, this.#server.disk.mount(life))
    } catch (error) {
      const fault = faultOf(error)
      this.scheduler.state(`start failed ${fault.code}`)
      if (!this.#isDisturbed || fault.code === 'internal') return void (this.#verdict ??= error)
      life.end()
      this.#server.life = undefined
      this.#restartLater(this.#server)
    }
  }

  #crashed(machine: Machine): void {
    if (machine === this.#server) {
      this.#running = undefined
      this.#crashes += 1
      void this.#judgeAside(this.#judge('after the crash'))
    }
    this.#restartLater(machine)
  }

  #restartLater(machine: Machine): void {
    const { time, random } = this.scheduler
    time.at(time.nowMs + 1_000 + random.int(40_000), () => {
      if (machine === this.#server) void this.#judgeAside(this.#startServer())
      else this.#startAgent(machine)
    })
  }

  /** Transactions take time and are durable when they answer; each row that promises something is judged at once. */
  #wrapCatalog(catalog: Catalog, life: Life): Catalog {
    const spoken = async (name: string, args: readonly unknown[]): Promise<void> => {
      if (name === 'eraseVolume') await this.#oracle.erasing(String(args[0]), catalog)
      if (name === 'removeDump') this.#oracle.removed(args[0] as DumpId)
    }
    const written = async (name: string, args: readonly unknown[]): Promise<void> => {
      if (name === 'putDump' || name === 'putTapedDump') await this.#oracle.listed(args[0] as DumpRecord, this.#server.disk.image, catalog)
    }
    return new Proxy(catalog, {
      get: (target, name: Exclude<keyof Catalog, symbol>) => {
        const method = target[name] as (...args: readonly unknown[]) => Promise<unknown>
        const call = async (args: readonly unknown[]): Promise<unknown> => {
          await this.#judgeAside(spoken(name, args))
          const result = await method.apply(target, [...args])
          await this.#judgeAside(written(name, args))
          return result
        }
        return (...args: readonly unknown[]) => new Promise((resolve, reject) => life.later(/^(put|erase|remove)/.test(name) ? 3 : 0, () => void call(args).then(resolve, reject)))
      },
    })
  }

  /** Hears the COMMITs that the server says. */
  #wrapTransport(transport: Transport): Transport {
    const hear = (stream: ByteStream): ByteStream => {
      let title: Title | undefined
      let isFirst = true
      return {
        handle: stream.handle,
        read: async () => {
          const piece = await stream.read()
          if (isFirst && piece !== null) title = this.#world.data.titleOf(piece)
          isFirst = false
          return piece
        },
        cancel: (reason) => stream.cancel(reason),
        write: (piece) => stream.write(piece),
        end: () => stream.end(),
        fail: (reason) => stream.fail(reason),
        commit: (bytes) => {
          this.scheduler.state('commit')
          if (title !== undefined && bytes > 0) void this.#judgeAside(this.#oracle.committed(title, bytes, this.#server.disk.image))
          stream.commit(bytes)
        },
        committedBytes: () => stream.committedBytes(),
        onStopped: (listener) => stream.onStopped(listener),
      }
    }
    return {
      async connect(host, signal) {
        const connection = await transport.connect(host, signal)
        return { peer: connection.peer, closed: connection.closed, request: (service, body, given) => connection.request(service, body, given), stream: (handle) => hear(connection.stream(handle)), close: (reason) => connection.close(reason) }
      },
    }
  }

  #logOf(name: string): Log {
    const line = (level: string) => (message: string, fields?: Readonly<Record<string, unknown>>): void => this.scheduler.note(`${name} ${level}: ${message} ${JSON.stringify(fields ?? {})}`)
    const log: Log = { debug() {}, info: line('info'), warn: line('warn'), error: line('ERROR'), child: () => log }
    return log
  }
}

export const backupWorld: SimWorld = {
  name: 'backup',
  summary: 'a whole server and its agents, run after run, while networks, disks, clocks, programs and power fail',
  states: ['commit', 'link up', 'link down', 'link reset', 'agent link up', 'agent link down', 'agent link reset', 'recovery dump-completed', 'recovery dump-kept-partial', 'recovery dump-relisted', 'recovery dump-failed', 'recovery flush-needed', 'recovery holding-removed', 'recovery run-marked-crashed', 'dump good', 'dump good after agent-error', 'dump good after connection-lost', 'dump good after disk-full', 'dump failed', 'dump failed after holding-full', 'taper volume-started', 'taper volume-refused', 'taper part-written', 'taper part-rewritten', 'taper volume-ended', ...JOB_ROWS, ...TAPER_ROWS],
  plants: EARLY_SYNC_PLANTS,
  faultsMin: FAULTS_MIN,
  async run(seed, plant) {
    const play = new BackupPlay(seed, plant)
    return guarded(play.scheduler, seed, () => play.play())
  },
}

/** One world of small dumps for all cuts. */
const CUT_SEED = 4
const CUT_RUNS = 2
let changesOnce: Promise<number> | undefined

function countChanges(): Promise<number> {
  return (changesOnce ??= new BackupPlay(CUT_SEED, undefined).playCut(CUT_RUNS, undefined))
}

export const powercutWorld: SimWorld = {
  name: 'powercut',
  summary: 'a whole server and its agents without other faults, and a power cut of the server at each write, rename, sync and other change of its disk in turn',
  states: ['recovery dump-completed', 'recovery dump-kept-partial', 'recovery dump-relisted', 'recovery dump-failed', 'recovery flush-needed', 'recovery run-marked-crashed'],
  plants: EARLY_SYNC_PLANTS,
  faultsMin: 1,
  count: async () => scheduleCount(await countChanges()),
  async run(seed, plant) {
    const cut = plannedCut(seed, await countChanges())
    const play = new BackupPlay(CUT_SEED, plant)
    return guarded(play.scheduler, seed, () => play.playCut(CUT_RUNS, cut))
  },
}
