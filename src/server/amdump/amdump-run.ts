// One run over an Amanda configuration from its lock-step files to its exit code: it is planned from curinfo, made by the same run as any other, and leaves what stock Amanda's would. In
// the order of time: run log (its name is the timestamp of the run), trace, plan, dumps and volumes with their records, the end of both files.
// A crash leaves a run log with a process that has not ended, and what the holding disk and the volumes had by then: what amcleanup finishes.

import type { Catalog, RunId } from '../../catalog/contract.ts'
import { runId } from '../../catalog/ids.ts'
import type { AmandaConfiguration } from '../../config/amanda/configuration.ts'
import type { ResolvedConfig } from '../../config/resolved.ts'
import { Fault } from '../../kernel/fault.ts'
import type { Clock } from '../../kernel/clock.ts'
import type { Disk } from '../../kernel/disk.ts'
import type { Log } from '../../kernel/log.ts'
import type { ProcessRunner } from '../../kernel/processes.ts'
import { Turns } from '../../kernel/turns.ts'
import { CommandStore } from '../../records/command-store.ts'
import { CurinfoStore } from '../../records/curinfo-store.ts'
import { findDumps } from '../../records/find-dumps.ts'
import type { RecordPlaces } from '../../records/places.ts'
import type { TryLock } from '../../records/record-lock.ts'
import { timestampOf } from '../../records/timestamp.ts'
import { TapelistStore } from '../../records/tapelist-store.ts'
import { changerOf } from '../../storage/changer-of.ts'
import { createHoldingArea } from '../../storage/holding/holding-area.ts'
import type { HoldingArea } from '../../storage/holding/contract.ts'
import type { Transport } from '../../transport/contract.ts'
import type { DumpFileHeader } from '../../wire/amanda/dump-header.ts'
import { quoteString } from '../../wire/amanda/quote.ts'
import type { RunSummary } from '../control/contract.ts'
import { viewOf } from '../driver/driver-view.ts'
import { CurinfoPlanner } from '../planner/curinfo-planner.ts'
import { Run } from '../run/run.ts'
import type { RunDoors } from '../run/contract.ts'
import type { RunLog } from '../taper/contract.ts'
import { openRunLog } from '../taper/run-log-file.ts'
import type { TapelistFile } from '../taper/tapelist-file.ts'
import { createTaper } from '../taper/taper.ts'
import { AmandaScribe } from './amanda-scribe.ts'
import { createAmandaIndex } from './amanda-index.ts'
import { runSettings, type RunSettings } from './cycle-facts.ts'
import { DriverTrace } from './driver-trace.ts'
import { fillCatalog } from './fill-catalog.ts'
import { TraceFile } from './trace-file.ts'
import { beginTrace, endTrace, type AmandaRunProgram } from './trace-frame.ts'
import { withChosenFlushes } from './driver-settings.ts'

export interface AmdumpOrder {
  readonly program: AmandaRunProgram
  readonly configuration: AmandaConfiguration
  readonly places: RecordPlaces
  /** Its disklist has all disks, in the order of Amanda's. */
  readonly config: ResolvedConfig
  readonly isSelected: (host: string, disk: string) => boolean
  /** Dumps on the holding disks that are written to volumes; undefined: as `autoflush` says. */
  readonly isFlushed?: (held: Pick<DumpFileHeader, 'host' | 'disk' | 'datestamp'>) => boolean
  /** Nothing is written to volumes. */
  readonly isWithoutTaper: boolean
  /** Only dumps of earlier runs are written. */
  readonly isWithoutDump: boolean
  /** Remarks on settings that have no effect, for the trace. */
  readonly remarks: readonly string[]
}

export interface AmdumpDoors {
  readonly clock: Clock
  readonly disk: Disk
  readonly processes: ProcessRunner
  readonly transport: Transport
  readonly tryLock: TryLock
  readonly isAlive: (pid: number) => boolean
  /** An empty one, for this run alone. */
  readonly catalog: Catalog
  readonly log: Log
  readonly hostname: string
  readonly pid: number
  readonly userId: number | undefined
  readonly version: string
  readonly cacheDir: string
  readonly signal: AbortSignal
}

export interface AmdumpResult {
  readonly run: RunId
  readonly summary: RunSummary
  readonly exitCode: number
}

/** A timestamp is taken by making its log; while it is taken, the next second is tried. */
const SECONDS_TRIED_MAX = 600

async function takeRunLog({ disk, clock }: AmdumpDoors, logDir: string): Promise<{ readonly run: RunId; readonly runLog: RunLog }> {
  await disk.makeDir(logDir)
  const nowS = Math.floor(clock.wallMs() / 1000)
  for (let second = 0; second < SECONDS_TRIED_MAX; second++) {
    const run = runId(timestampOf(nowS + second))
    if ((await disk.stat(`${logDir}/log.${run}.0`)) !== undefined) continue
    const runLog = await openRunLog(disk, logDir, run)
    if (runLog.path.endsWith('.0')) return { run, runLog }
    // Another run has taken the same second in between.
    await runLog[Symbol.asyncDispose]()
    await disk.remove(runLog.path)
  }
  throw new Fault('internal', `${logDir} has logs of the next ${SECONDS_TRIED_MAX} seconds`)
}

/** Volumes are given out by the tapelist of the configuration, which others change as well. */
function tapelistFile(store: TapelistStore): TapelistFile {
  return { read: () => store.read(), put: (entry) => store.change((entries) => [entry, ...entries.filter(({ label }) => label !== entry.label)]) }
}

/** Of the dumps that wait on the holding disks, those that this run writes to volumes. */
function flushedHolding(area: HoldingArea, { isFlushed, isSelected, isWithoutTaper }: AmdumpOrder, { autoflush }: RunSettings): HoldingArea {
  const byItself = ({ host, disk }: Pick<DumpFileHeader, 'host' | 'disk'>): boolean => autoflush === 'all' || (autoflush === 'yes' && isSelected(host, disk))
  return {
    ...area,
    async list() {
      const { dumps, problems } = await area.list()
      return { dumps: isWithoutTaper ? [] : dumps.filter(({ header }) => (isFlushed ?? byItself)(header)), problems }
    },
  }
}

/** 1 error, 2 strange, 4 failed, 16 volumes: as stock Amanda adds them up. */
function exitCodeOf(summary: RunSummary, hasPlannerFailure: boolean, hasVolumeFailure: boolean): number {
  return (hasPlannerFailure ? 1 : 0) | (summary.strange > 0 ? 2 : 0) | (summary.failed + summary.partial > 0 ? 4 : 0) | (hasVolumeFailure ? 16 : 0)
}

export async function amdumpRun(order: AmdumpOrder, doors: AmdumpDoors): Promise<AmdumpResult> {
  const { places, configuration, program } = order
  const { disk, clock, log, pid } = doors
  const { run, runLog } = await takeRunLog(doors, places.logDir)
  const kept: RunLog = { path: runLog.path, append: (...entries) => runLog.append(...entries), sync: () => runLog.sync(), [Symbol.asyncDispose]: () => runLog.sync() }
  try {
    await runLog.append({ type: 'INFO', program, text: `${program} pid ${pid}` })
    await using trace = await TraceFile.open(disk, places.logDir, run, log)
    const tapelist = new TapelistStore(doors, places.tapelist)
    const settings = runSettings(configuration, await tapelist.read(), Math.floor(clock.wallMs() / 1000))
    const result = await makeRun({ order, doors, run, runLog: kept, trace, tapelist, settings })
    endTrace(trace.line, clock.wallMs(), program)
    await runLog.append({ type: 'INFO', program: 'driver', text: `pid-done ${pid}` }, { type: 'INFO', program, text: `pid-done ${pid}` })
    return { run, ...result }
  } finally {
    await runLog[Symbol.asyncDispose]()
  }
}

interface Parts {
  readonly order: AmdumpOrder
  readonly doors: AmdumpDoors
  readonly run: RunId
  readonly runLog: RunLog
  readonly trace: TraceFile
  readonly tapelist: TapelistStore
  readonly settings: RunSettings
}

async function plannerOf({ order, run, settings, doors }: Parts, curinfo: CurinfoStore): Promise<{ planner: CurinfoPlanner; config: ResolvedConfig }> {
  const { config: all, places, isWithoutDump, isSelected } = order
  const found = await findDumps(doors.disk, { logDir: places.logDir, holdingDirs: places.holdingDirs, tapelist: settings.tapes.tapelist, configName: order.configuration.name })
  const config = withChosenFlushes({ ...all, disklist: isWithoutDump ? [] : all.disklist.filter(({ host, disk, strategy }) => strategy !== 'skip' && isSelected(host, disk)) })
  const disks = await Promise.all(config.disklist.map(async (entry) => ({ entry, info: await curinfo.read(entry.host, entry.disk) })))
  await fillCatalog(doors.catalog, disks.map(({ entry: { host, disk }, info }) => ({ host, disk, info })), found, settings.tapes.tapelist, settings.storage)
  return { planner: new CurinfoPlanner({ datestamp: run, nowS: Math.floor(doors.clock.wallMs() / 1000), cycle: settings.cycle, tapes: settings.tapes, disks, bump: config.bump }), config }
}

async function driverTrace({ order, doors, run, trace, settings }: Parts, config: ResolvedConfig): Promise<DriverTrace> {
  const { clock, disk } = doors
  const startedMs = clock.monotonicMs()
  const holdingDisks = await Promise.all(config.holdingDisks.map(async ({ directory, useBytes, chunkBytes }) => ({ directory, kib: await usableKib(disk, directory, useBytes), chunkKib: Math.trunc(chunkBytes / 1024) })))
  const { storage, cycle, bandwidthKib, reservePercent, taperAlgo, dumpOrder } = settings
  const facts = { run, pid: doors.pid, version: doors.version, parallelDumps: config.limits.parallelDumps, bandwidthKib, reservePercent, storage, tapeKib: cycle.tapeKib, taperAlgo, dumpOrder, holdingDisks, isWithoutTaper: order.isWithoutTaper, isWithoutDumpers: order.isWithoutDump }
  return new DriverTrace(facts, () => (clock.monotonicMs() - startedMs) / 1000, trace.line)
}

async function makeRun(parts: Parts): Promise<Omit<AmdumpResult, 'run'>> {
  const { order, doors, run, runLog, trace, settings } = parts
  const { places, program, isWithoutDump } = order
  const { disk, clock, log, pid } = doors
  const curinfo = new CurinfoStore(disk, places.infoDir)
  const { planner, config } = await plannerOf(parts, curinfo)
  const driver = await driverTrace(parts, config)
  const isPlanned = program === 'amdump'
  const scribe = new AmandaScribe({ disk, clock, curinfo, commands: new CommandStore(doors, places.commandFile), indexDir: places.indexDir, holdingDirs: places.holdingDirs, configName: order.configuration.name, storage: settings.storage, hostname: doors.hostname, pid, expectsDumps: !isWithoutDump, planner: isPlanned ? planner : undefined, driver, line: trace.line })
  const holding = flushedHolding(createHoldingArea(disk, config.holdingDisks, log), order, settings)
  const { dumps: held } = await holding.list()
  const flushes = held.length === 0 ? [] : await scribe.claimHeld(held)
  beginTrace(trace.line, { run, wallMs: clock.wallMs(), pid, version: doors.version, settings, remarks: order.remarks, holdingDirs: places.holdingDirs, program, flushes })
  if (isPlanned && !isWithoutDump) for (const text of [...planner.setUpTrace, '', 'GETTING ESTIMATES...']) trace.line(text)
  if (!isPlanned) {
    const disks = held.map(({ header: { host, disk: name } }) => ({ type: 'DISK' as const, program, text: `${host} ${quoteString(name)}` }))
    await runLog.append(...disks, { type: 'START', program, text: `date ${run}` }, ...disks)
  }
  driver.begin()
  return execute(parts, { config, planner, scribe, driver, holding })
}

interface RunActors {
  readonly config: ResolvedConfig
  readonly planner: CurinfoPlanner
  readonly scribe: AmandaScribe
  readonly driver: DriverTrace
  readonly holding: HoldingArea
}

async function execute({ order, doors, run, runLog, tapelist }: Parts, { config, planner, scribe, driver, holding }: RunActors): Promise<Omit<AmdumpResult, 'run'>> {
  const { disk, clock, processes, transport, catalog, log, pid, signal } = doors
  const { storage } = config
  if (storage.kind !== 'vtape') throw new Fault('internal', 'a configuration of Amanda has volumes')
  const volumes = { organisation: config.organisation, configName: order.configuration.name, storage, changer: changerOf(disk, storage), tapelist: tapelistFile(tapelist), catalog, log }
  let hasVolumeFailure = false
  const runDoors: RunDoors = {
    clock, disk, processes, transport, holding, catalog, log, pid, config, scribe,
    indexDir: order.places.indexDir,
    openIndex: (dump) => createAmandaIndex(disk, order.places.indexDir, dump, true),
    indexTurns: new Turns(),
    isLinkUp: () => true,
    userId: doors.userId,
    planner: (input) => planner.plan(input),
    levelsOf: ({ entry }) => planner.levelsOf(entry),
    driverLimits: { retriesAtOnce: true, ...(order.isWithoutTaper ? { withoutVolumes: NO_TAPER } : {}) },
    onDriverState: (state) => driver.look(viewOf(state)),
    openRunLog: () => Promise.resolve(runLog),
    openTaper: (id, taperLog, onEvent) => createTaper({
      ...volumes, run: id, runLog: taperLog, disk, clock, holding, cacheDir: doors.cacheDir, tapePartials: true,
      onEvent: (event) => {
        void scribe.taperEvent(event)
        onEvent(event)
      },
    }),
    linkOf: () => ({ state: 'none', cuts: 0, resumes: 0, bytesResent: 0 }),
    events: (event) => {
      if (event.kind === 'degraded') hasVolumeFailure = !order.isWithoutTaper
    },
  }
  const made = new Run({ run, reason: 'manual', kind: order.program === 'amflush' ? 'flush' : 'dump', selection: [] }, runDoors)
  const onAbort = (): void => void made.cancel(new Fault('cancelled', `${order.program} was told to stop`))
  signal.addEventListener('abort', onAbort, { once: true })
  if (signal.aborted) onAbort()
  try {
    const summary = await made.execute()
    return { summary, exitCode: exitCodeOf(summary, scribe.hasPlannerFailure, hasVolumeFailure) }
  } finally {
    signal.removeEventListener('abort', onAbort)
  }
}

const NO_TAPER = { code: 'no-volume', message: 'the run was ordered without a taper', retry: 'later' } as const

/** What a holding disk offers, as the driver counts it; a negative setting leaves so much free. */
async function usableKib(disk: Disk, directory: string, useBytes: number): Promise<number> {
  await disk.makeDir(directory)
  const { freeBytes } = await disk.space(directory)
  return Math.max(0, Math.trunc(Math.min(useBytes < 0 ? freeBytes + useBytes : useBytes, freeBytes) / 1024))
}
