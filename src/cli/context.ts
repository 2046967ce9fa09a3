// The real objects a command works with: machine, clock, disk, programs, terminal. Built once in main.ts; tests give others.

import type { Clock } from '../kernel/clock.ts'
import type { Disk } from '../kernel/disk.ts'
import { readFile } from '../kernel/disk.ts'
import { Fault, systemErrorCode } from '../kernel/fault.ts'
import type { ProcessRunner } from '../kernel/processes.ts'
import type { Random } from '../kernel/random.ts'
import type { AgentConfig, AgentConfigOutcome, AgentDirectories } from '../config/agent-config.ts'
import type { ConfigProblem, ResolvedConfig } from '../config/resolved.ts'
import type { Given } from './command-line.ts'
import { throughConfigCache } from './config-cache.ts'
import { placesOf, type Machine } from './machine.ts'
import { formatProblem, type Streams } from './output.ts'

const CONFIG_BYTES_MAX = 4 * 1024 * 1024

export interface CliContext {
  readonly machine: Machine
  readonly clock: Clock
  readonly disk: Disk
  readonly processes: ProcessRunner
  readonly random: Random
  readonly streams: Streams
  /** Aborts when the operator ends the command. */
  readonly signal: AbortSignal
}

export function serverConfigFile(context: CliContext, given: Given): string {
  return given.config ?? placesOf(context.machine).serverConfig
}

export function agentConfigFile(context: CliContext, given: Given): string {
  return given.config ?? placesOf(context.machine).agentConfig
}

async function readText(context: CliContext, file: string): Promise<string | undefined> {
  try {
    return (await readFile(context.disk, file, CONFIG_BYTES_MAX)).toString('utf8')
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

export type ConfigReading = { readonly file: string; readonly config: ResolvedConfig | undefined; readonly problems: readonly ConfigProblem[] }

/** The server's configuration with its problems; `file-missing` when there is no file. */
export async function readServerConfig(context: CliContext, given: Given): Promise<ConfigReading> {
  const file = serverConfigFile(context, given)
  const text = await readText(context, file)
  if (text === undefined) throw new Fault('file-missing', `there is no configuration at ${file}`, { next: 'Run `holdfast init` to make one, or name another with `--config FILE`.' })
  const directories = placesOf(context.machine).server
  const outcome = await throughConfigCache(context, { what: 'server', file, text, directories }, async () => (await import('../config/server-config.ts')).parseServerConfig(text, file, directories))
  return { file, config: outcome.kind === 'config' ? outcome.config : undefined, problems: outcome.problems }
}

/** The server's configuration, or `config-invalid` after all problems were printed. */
export async function needServerConfig(context: CliContext, given: Given): Promise<ResolvedConfig> {
  const { file, config, problems } = await readServerConfig(context, given)
  if (config !== undefined) return config
  throw invalid(context, given, file, problems)
}

type ParseAgentConfig = (text: string, file: string, directories: AgentDirectories) => Promise<AgentConfigOutcome>

const parseAgentConfigHere: ParseAgentConfig = async (...args) => (await import('../config/agent-config.ts')).parseAgentConfig(...args)

/** The agent's configuration; a missing file is an empty one, unless it was named. */
export async function needAgentConfig(context: CliContext, given: Given, parse = parseAgentConfigHere): Promise<AgentConfig> {
  const file = agentConfigFile(context, given)
  const text = await readText(context, file)
  if (text === undefined && given.config !== undefined) throw new Fault('file-missing', `there is no configuration at ${file}`)
  const directories = placesOf(context.machine).agent
  const outcome = await throughConfigCache(context, { what: 'agent', file, text: text ?? '', directories }, async () => await parse(text ?? '', file, directories))
  if (outcome.kind === 'config') return outcome.config
  throw invalid(context, given, file, outcome.problems)
}

function invalid(context: CliContext, given: Given, file: string, problems: readonly ConfigProblem[]): Fault {
  if (!given.isJson) for (const problem of problems) context.streams.err(formatProblem(problem))
  const count = problems.filter((problem) => problem.severity === 'error').length
  return new Fault('config-invalid', `${file} has ${count === 1 ? 'an error' : `${count} errors`}`, given.isJson ? { context: { problems: JSON.stringify(problems) } } : {})
}
