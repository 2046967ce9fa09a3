// What all services of the agent share: the objects they work with, the applications by name, and how a request's disk becomes a job.

import type { Clock } from '../kernel/clock.ts'
import type { Disk } from '../kernel/disk.ts'
import { Fault } from '../kernel/fault.ts'
import type { Log } from '../kernel/log.ts'
import type { ProcessRunner } from '../kernel/processes.ts'
import type { Random } from '../kernel/random.ts'
import type { ProbeNetwork } from '../transport/probe/probe-link.ts'
import type { Dle, DleProperty } from '../wire/amanda/dle.ts'
import { DEFAULT_FEATURES, type FeatureSet } from '../wire/amanda/features.ts'
import type { OptionsLine } from '../wire/amanda/options-line.ts'
import type { StagingJournal } from '../stream/staging-journal.ts'
import type { Application, DiskJob } from './application.ts'
import type { RestoreChain } from './restore-target.ts'
import { DiskScripts } from './scripts/disk-scripts.ts'

export interface AgentParts {
  readonly clock: Clock
  readonly random: Random
  readonly disk: Disk
  readonly processes: ProcessRunner
  readonly log: Log
  /** Snapshots and staging directories of restores lie here. */
  readonly stateDir: string
  /** This program's version, the name of the distribution, the platform: for selfcheck. */
  readonly version: string
  readonly distro: string
  readonly platform: string
  readonly settings: AgentSettings
  /** Connections to the server for measurements of the path; undefined: none are made. */
  readonly probeNetwork?: ProbeNetwork
}

export interface AgentSettings {
  /** Directories that a restore may put files into; empty: no restore to this agent. */
  readonly restorePaths: readonly string[]
  /** Programs that the application `command` may run. */
  readonly commands: readonly string[]
  /** Programs that may compress or encrypt a dump here. */
  readonly filters: readonly string[]
  /** Where plug-ins of stock Amanda lie; undefined: none are used. */
  readonly pluginDir: string | undefined
  /** GNU tar; default `tar`. */
  readonly tar?: string
  /** One estimate of one disk at one level may take this long. */
  readonly estimateTimeoutMs: number
  /** Scripts of dumptypes; undefined: none run here. */
  readonly scripts?: ScriptSettings
}

export interface ScriptSettings {
  readonly dir: string
  /** The user this agent runs as. */
  readonly userId: number | undefined
  /** For one command of one script. */
  readonly timeoutMs: number
}

export interface AgentContext extends AgentParts {
  /** Finds the application that `dle` names. Rejects with `application-unknown`. */
  readonly findApplication: (dle: Dle, signal: AbortSignal) => Promise<Application>
  /** Keys of disks that are being dumped. */
  readonly busyDisks: Set<string>
  /** A measurement of the path goes on. */
  isProbing: boolean
  /** Restores between two levels, by target. */
  readonly restoreChains: Map<string, RestoreChain>
  /** Staging directories of restores; resolves when those of earlier processes are known. */
  readonly stagingJournal: Promise<StagingJournal>
}

/** Property of a dumptype by which our server asks for attributes in the index; a stock server sends none. */
const INDEX_ATTRIBUTES_PROPERTY = 'index-attributes'

/** A run for requests without a timestamp: `YYYYMMDDhhmmss` of now, UTC. */
function runOfNow(clock: Clock): string {
  return new Date(clock.wallMs()).toISOString().replace(/\D/g, '').slice(0, 14)
}

export function peerFeatures(options: OptionsLine): FeatureSet {
  return options.features ?? DEFAULT_FEATURES
}

function propertyMap(properties: readonly DleProperty[]): ReadonlyMap<string, readonly string[]> {
  return new Map(properties.map(({ name, values }) => [name, values]))
}

/** The scripts of a disk for one request. */
export function diskScripts(dle: Dle, { clock, processes, disk, settings }: AgentParts): DiskScripts {
  const { dir, userId, timeoutMs = 0 } = settings.scripts ?? {}
  return new DiskScripts(dle, { clock, processes, disk, dir, userId, timeoutMs, where: 'client', setting: 'script-dir in agent.yaml' })
}

export function diskJob(dle: Dle, options: OptionsLine, peerHost: string, clock: Clock): DiskJob {
  const ofApplication = dle.application?.properties ?? []
  return {
    host: options.hostname ?? peerHost,
    disk: dle.disk,
    device: dle.device ?? dle.disk,
    config: options.config,
    run: options.timestamp ?? runOfNow(clock),
    exclude: dle.exclude,
    include: dle.include,
    properties: propertyMap([...dle.properties, ...ofApplication]),
    applicationProperties: propertyMap(ofApplication),
    index: dle.index,
    indexAttributes: dle.properties.some(({ name, values }) => name === INDEX_ATTRIBUTES_PROPERTY && values[0] === 'yes'),
    record: dle.record,
  }
}

/** The name of the application a dle asks for. `GNUTAR` is Amanda's name for a dump by GNU tar without a plug-in. */
export function applicationName(dle: Dle): string {
  if (dle.program === 'GNUTAR') return 'gnutar'
  if (dle.program === 'APPLICATION' && dle.application !== undefined) return dle.application.plugin
  throw new Fault('application-unknown', `the program ${dle.program} is not supported`)
}
