// Gathers what the checks of a configuration look at: catalog and registry from disk, and from the server, if it runs, which agents are
// connected. It reads beside a running server and changes nothing.

import { runId } from '../catalog/ids.ts'
import type { Catalog, DumpId, DumpRecord } from '../catalog/contract.ts'
import { serverLayout } from '../config/layout.ts'
import type { ResolvedConfig } from '../config/resolved.ts'
import { faultOf } from '../kernel/fault.ts'
import { silentLog } from '../kernel/log.ts'
import { holdingBytesMax } from '../server/check/storage/room.ts'
import { groupByDisk, type AgentFacts, type ConfigFacts, type NextVolume } from '../server/check/config/facts.ts'
import type { AgentStatus, CheckFinding, ControlResults } from '../server/control/contract.ts'
import { openTapelistFile } from '../server/taper/tapelist-file.ts'
import { scanStorage } from '../server/taper/volume-loader.ts'
import { changerOf } from '../storage/changer-of.ts'
import { AgentRegistry } from '../transport/tether/agent-registry.ts'
import { programVersion } from './commands/version.ts'
import type { CliContext } from './context.ts'
import { findServer } from './control-call.ts'
import { stampOf } from './run-date.ts'

/** Agents as the running server sees them; undefined when none runs. */
async function connectedAgents(context: CliContext, config: ResolvedConfig): Promise<readonly AgentStatus[] | undefined> {
  const server = await findServer(context, config)
  if (server === undefined) return undefined
  await using client = server
  return ((await client.call({ kind: 'agents' })) as ControlResults['agents']).agents
}

/** The program a peer names, `holdfast 1.2.3`, without its name. */
function versionOf(program: string | undefined): { readonly version?: string } {
  return program === undefined ? {} : { version: program.replace(/^holdfast /, '') }
}

async function agentFacts(context: CliContext, config: ResolvedConfig, catalog: Pick<Catalog, 'hosts'>): Promise<AgentFacts[]> {
  const registry = await AgentRegistry.open(context.disk, serverLayout(config).registryFile)
  const seen = new Map((await catalog.hosts()).map(({ host, lastSeenMs }) => [host, lastSeenMs]))
  const connected = await connectedAgents(context, config)
  return registry.hosts().map(({ host, keys, renewalAskedMs }) => {
    const status = connected?.find((agent) => agent.host === host)
    const keySinceMs = keys.find(({ state }) => state === 'active')?.sinceMs
    const lastSeenMs = status?.lastSeenMs ?? seen.get(host)
    return {
      host,
      ...(status === undefined ? {} : { isConnected: status.isConnected }),
      ...(status?.isConnected === true ? versionOf(status.version) : {}),
      ...(lastSeenMs === undefined ? {} : { lastSeenMs }),
      ...(keySinceMs === undefined ? {} : { keySinceMs }),
      ...(renewalAskedMs === undefined ? {} : { renewalAskedMs }),
    }
  })
}

async function nextVolumes(context: CliContext, config: ResolvedConfig, catalog: Catalog, dumps: readonly DumpRecord[]): Promise<NextVolume[]> {
  const { disk, clock } = context
  const { storage } = config
  if (storage.kind === 'vault') return []
  const options = { organisation: config.organisation, configName: config.name, storage, changer: changerOf(disk, storage), tapelist: openTapelistFile(disk, serverLayout(config).tapelistFile, process.pid), catalog, log: silentLog, run: runId(stampOf(new Date(clock.wallMs()))), onEvent: () => {} }
  const { choices } = await scanStorage(options)
  const byId = new Map<DumpId, DumpRecord>(dumps.map((dump) => [dump.id, dump]))
  const volumes: NextVolume[] = []
  for (const choice of choices.slice(0, storage.volumesPerRun)) {
    const ids = new Set((await catalog.partsOnVolume(choice.label)).map((part) => part.dump))
    volumes.push({ ...choice, dumps: [...ids].flatMap((id) => byId.get(id) ?? []) })
  }
  return volumes
}

/** `troubles`: what could not be looked at; the facts lack it. */
export async function gatherConfigFacts(context: CliContext, config: ResolvedConfig, catalog: Catalog): Promise<{ readonly facts: ConfigFacts; readonly troubles: readonly CheckFinding[] }> {
  const troubles: CheckFinding[] = []
  const orNone = async <T>(work: Promise<readonly T[]>): Promise<readonly T[]> => {
    try {
      return await work
    } catch (error) {
      const { code, message, next } = faultOf(error)
      troubles.push({ severity: 'error', code, message, next })
      return []
    }
  }
  const [dumps, runs] = await Promise.all([catalog.dumps(), catalog.runs()])
  const [agents, volumes, holdingBytes] = await Promise.all([orNone(agentFacts(context, config, catalog)), orNone(nextVolumes(context, config, catalog, dumps)), holdingBytesMax(config, context.disk)])
  return { facts: { config, nowMs: context.clock.wallMs(), version: await programVersion(context), dumps, dumpsByDisk: groupByDisk(dumps), runs, agents, nextVolumes: volumes, holdingBytes }, troubles }
}
