// The machines of the backup world, wired as the composition root wires the real ones: a production server and production agents, over
// simulated links, disks, clocks and programs.

import { SqliteCatalog, inPlaceCatalog } from '../../src/catalog/sqlite.ts'
import type { Catalog } from '../../src/catalog/contract.ts'
import type { DiskListEntry, ResolvedConfig } from '../../src/config/resolved.ts'
import { BufferPool } from '../../src/kernel/buffer-pool.ts'
import type { Disk } from '../../src/kernel/disk.ts'
import type { Log } from '../../src/kernel/log.ts'
import { Turns } from '../../src/kernel/turns.ts'
import { createAgentServices } from '../../src/agent/agent-services.ts'
import { createLinkLedger } from '../../src/server/agents/link-ledger.ts'
import { createServer, type Server } from '../../src/server/daemon.ts'
import { catalogPlanner } from '../../src/server/planner/catalog-planner.ts'
import { openRunLog } from '../../src/server/taper/run-log-file.ts'
import { createTaper } from '../../src/server/taper/taper.ts'
import { openTapelistFile } from '../../src/server/taper/tapelist-file.ts'
import { createHoldingArea } from '../../src/storage/holding/holding-area.ts'
import { volumesOf } from '../../src/config/volumes-of.ts'
import { changerOf } from '../../src/storage/changer-of.ts'
import { startAgentEndpoint } from '../../src/transport/tether/agent-endpoint.ts'
import { AgentRegistry } from '../../src/transport/tether/agent-registry.ts'
import type { TetherPeer } from '../../src/transport/tether/peer.ts'
import { ServerEndpoint } from '../../src/transport/tether/server-endpoint.ts'
import type { Transport } from '../../src/transport/contract.ts'
import type { SimNetwork } from '../network.ts'
import type { Life, Scheduler } from '../scheduler.ts'
import type { DriverRules } from './backup-rules.ts'
import { jobRow, taperRow } from './step-coverage.ts'
import { SIM_PROGRAM, simProcesses, type ProgramMood, type SimData } from './backup-data.ts'

const KIB = 1024
const MIB = KIB * KIB
const MINUTE_MS = 60_000
const STATE = '/state'

function diskListEntry(host: string, disk: string, holding: DiskListEntry['holding'], entry: DriverRules['entry']): DiskListEntry {
  return {
    host, disk, device: disk, dumptype: 'sim', application: { name: 'command', properties: { command: [SIM_PROGRAM, disk], 'estimate-kib': ['100'] } }, compress: { kind: 'none' }, encrypt: { kind: 'none' },
    excludeFiles: [], excludeLists: [], includeFiles: [], includeLists: [], listsOptional: true, priority: 'medium', strategy: 'standard', dumpCycleDays: 7, ...entry, maxDumps: 2, holding, index: true, record: true,
    estimate: 'client', partBytes: undefined, scripts: [],
  }
}

/** `mood` gives what of it changes while the world goes on. */
export function backupConfig(scheduler: Scheduler, hosts: readonly string[], disks: readonly string[], mood: { readonly volumesPerRun: number }, rules: DriverRules): ResolvedConfig {
  const { random } = scheduler
  const disklist = hosts.flatMap((host) => disks.map((disk) => diskListEntry(host, disk, scheduler.chance(6) ? 'never' : scheduler.chance(4) ? 'required' : 'auto', rules.entry)))
  return {
    name: 'sim', organisation: 'sim', directories: { state: STATE, cache: '/cache', run: STATE, log: '/log' },
    tether: { address: '', port: 0, publicAddress: undefined, heartbeatMs: 10_000, deadAfterMs: 30_000, sessionHoldMs: 6 * 60 * MINUTE_MS },
    schedule: { cron: undefined, timezone: undefined, catchUpMs: 0 }, dumpCycleDays: 7, runsPerCycle: 7, bump: { bytes: MIB, percent: 0, multiplier: 1.5, days: 2 },
    limits: { ...rules.limits, parallelDumps: 1 + random.int(4), retries: 2, estimateTimeoutMs: 30 * MINUTE_MS, dataTimeoutMs: 30 * MINUTE_MS, connectTimeoutMs: 20 * MINUTE_MS },
    interfaces: rules.interfaces,
    holdingDisks: [{ name: 'a', directory: '/holding/a', useBytes: rules.holdingBytes, chunkBytes: (65 + random.int(64)) * KIB }, { name: 'b', directory: '/holding/b', useBytes: rules.holdingBytes, chunkBytes: 80 * KIB }],
    storage: {
      name: 'vtapes', kind: 'vtape', directory: '/vtapes', slotCount: 16, volumeBytes: 400 * KIB + random.int(300) * KIB, partBytes: (30 + random.int(90)) * KIB, labelTemplate: 'SIM-%%%',
      autolabel: { empty: true, foreign: false }, get volumesPerRun() { return mood.volumesPerRun }, retainVolumes: random.int(2), retainDays: 0, retainFulls: 1, ...(rules.flush === undefined ? {} : { flush: rules.flush }),
    },
    verifyWithinMs: 30 * 86_400_000,
    disklist,
    mail: undefined,
    unusedDumptypes: [],
  }
}

/** The machines' states that outlive their processes, but for what is on disks. */
export interface World {
  readonly scheduler: Scheduler
  readonly config: ResolvedConfig
  readonly network: SimNetwork
  readonly sqlite: SqliteCatalog
  readonly data: SimData
  readonly mood: ProgramMood
  readonly log: (name: string) => Log
  /** The catalog and the transport as a process of the server sees them. */
  readonly wrapCatalog: (catalog: Catalog, life: Life) => Catalog
  readonly wrapTransport: (transport: Transport) => Transport
}

/** What `holdfast init` and the enrolments do. */
export async function layOutServer(world: World, disk: Disk): Promise<void> {
  const { holdingDisks } = world.config
  const storage = volumesOf(world.config)
  for (const dir of [STATE, '/cache', '/log', '/index', ...holdingDisks.map(({ directory }) => directory)]) await disk.makeDir(dir)
  for (let slot = 1; slot <= storage.slotCount; slot++) await disk.makeDir(`${storage.directory}/slot${slot}`)
  for (const dir of ['/', '/holding', storage.directory]) await disk.syncDir(dir)
  const registry = await AgentRegistry.open(disk, `${STATE}/agents.json`)
  for (const host of new Set(world.config.disklist.map((entry) => entry.host))) {
    await registry.addToken(host, `token of ${host}`, Number.MAX_SAFE_INTEGER, 0)
    await registry.enrol(`token of ${host}`, `key of ${host}`, 0)
  }
}

/** One process of the server. Rejects when it cannot start. */
export async function bootServer(world: World, life: Life, disk: Disk): Promise<{ readonly server: Server; readonly endpoint: ServerEndpoint }> {
  const { config, scheduler, network } = world
  const { clock } = life
  const log = world.log('server')
  const catalog = world.wrapCatalog(inPlaceCatalog(world.sqlite), life)
  const registry = await AgentRegistry.open(disk, `${STATE}/agents.json`)
  const ledger = createLinkLedger(clock, catalog, () => undefined, log)
  const endpoint = new ServerEndpoint({ clock, random: scheduler.random, log, registry, machineId: new Uint8Array(16).fill(1), program: 'holdfast sim', buffers: new BufferPool({ poisons: true }), ...config.tether, onLinkEvent: (event) => {
    scheduler.state(`link ${event.kind}`)
    ledger.take(event)
  } })
  const holding = createHoldingArea(disk, config.holdingDisks, log)
  const changer = changerOf(disk, config.storage)
  const tapelist = openTapelistFile(disk, `${STATE}/tapelist`, 1)
  const shared = { organisation: config.organisation, configName: config.name, storage: volumesOf(config), changer, tapelist, catalog, log, disk, clock, holding, cacheDir: '/cache', tapePartials: true, onStep: (...step: Parameters<typeof taperRow>) => scheduler.state(taperRow(...step)) }
  const refuse = (): Promise<never> => Promise.reject(new Error('the backup world does not ask for this'))
  const server = createServer({
    config, clock, disk, processes: { start: refuse }, transport: world.wrapTransport(endpoint), holding, indexDir: '/index', indexTurns: new Turns(), isLinkUp: (host) => ledger.of(host).state === 'up', log,
    catalog, planner: catalogPlanner, openRunLog: (run) => openRunLog(disk, '/log', run), openTaper: (run, runLog, onEvent) => createTaper({ ...shared, run, runLog, onEvent: (event) => {
      scheduler.state(`taper ${event.kind}`)
      onEvent(event)
    } }),
    linkOf: (host) => ledger.of(host), pid: 1, changer, tapelist, forecast: () => Promise.resolve([]), version: 'sim', programOf: (host) => ledger.programOf(host),
    agents: { list: () => [], createToken: refuse, revoke: refuse, rename: refuse, renew: refuse }, measurePath: refuse, compareLive: refuse, restoreToAgent: refuse, onJobTransition: (transition) => scheduler.state(jobRow(transition)),
  })
  network.listener = { life, accept: (link, host) => endpoint.accept(link, `key of ${host}`, host) }
  for (const action of await server.start()) scheduler.state(`recovery ${action.kind}`)
  return { server, endpoint }
}

/** One process of an agent. */
export function bootAgent(world: World, life: Life, disk: Disk, host: string): TetherPeer {
  const { scheduler, config } = world
  const { clock } = life
  const log = world.log(host)
  const handler = createAgentServices({
    clock, random: scheduler.random, disk, processes: simProcesses(life, host, world.data, scheduler, world.mood), log, stateDir: STATE, version: 'sim', distro: 'sim', platform: 'sim',
    settings: { restorePaths: [], commands: [SIM_PROGRAM], filters: [], pluginDir: undefined, estimateTimeoutMs: 30 * MINUTE_MS },
  })
  return startAgentEndpoint({
    clock, random: scheduler.random, log, dialer: world.network.dialer(life, host), handler, hostName: host, machineId: new Uint8Array(16).fill(Buffer.byteLength(host) + host.charCodeAt(host.length - 1)), program: 'holdfast sim', buffers: new BufferPool({ poisons: true }), ...config.tether,
    onLinkEvent: ({ kind }) => scheduler.state(`agent link ${kind}`),
  })
}
