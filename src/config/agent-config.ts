// agent.yaml → AgentConfig, in the same manner as the server's. A missing or empty file is a good configuration: everything has a
// default, and what matters (server, keys) comes with enrolment. It decides what the server may do on this host, so that a stolen
// server cannot do more.

import { deepFreeze } from './deep-freeze.ts'
import type { ConfigProblem } from './resolved.ts'
import { agentSchema } from './schema.ts'
import { schemaProblems } from './schema-problems.ts'
import { parseYaml } from './yaml-document.ts'

/** Long enough for a tree of tens of millions of files on a slow disk. */
const ESTIMATE_TIMEOUT_MS = 6 * 3_600_000
/** A snapshot takes seconds, a database that writes out what it holds minutes. A server gives a silent dump up after 30 minutes. */
const SCRIPT_TIMEOUT_MS = 10 * 60_000

export interface AgentConfig {
  /** `host` or `host:port`; undefined: where the token said. */
  readonly server: string | undefined
  /** Name of this host at the server; undefined: where the token said. */
  readonly host: string | undefined
  /** Keys, lists of incremental dumps. */
  readonly stateDir: string
  readonly logDir: string
  /** Directories below which the server may restore. */
  readonly restorePaths: readonly string[]
  /** Programs that the application `command` may run. */
  readonly commands: readonly string[]
  /** Programs that may compress or encrypt dumps; undefined: the well-known ones. */
  readonly filters: readonly string[] | undefined
  /** Path of GNU tar; undefined: looked up. */
  readonly gnutar: string | undefined
  /** Application plug-ins of stock Amanda; undefined: none are used. */
  readonly pluginDir: string | undefined
  /** Where scripts of dumptypes are; undefined: none run. */
  readonly scriptDir: string | undefined
  readonly scriptTimeoutMs: number
  /** One estimate of one disk at one level may take this long. */
  readonly estimateTimeoutMs: number
}

export interface AgentDirectories {
  readonly state: string
  readonly log: string
}

export type AgentConfigOutcome = { readonly kind: 'config'; readonly config: AgentConfig } | { readonly kind: 'problems'; readonly problems: readonly ConfigProblem[] }

export function parseAgentConfig(text: string, file: string, directories: AgentDirectories): AgentConfigOutcome {
  const yaml = parseYaml(text, file)
  if (yaml.kind === 'problems') return yaml
  const parsed = agentSchema.safeParse(yaml.document.value ?? {})
  if (!parsed.success) return { kind: 'problems', problems: schemaProblems(parsed.error, yaml.document, agentSchema) }
  const input = parsed.data
  const config: AgentConfig = {
    server: input.server,
    host: input.host,
    stateDir: input['state-dir'] ?? directories.state,
    logDir: input['log-dir'] ?? directories.log,
    restorePaths: input['restore-paths'] ?? [],
    commands: input.commands ?? [],
    filters: input.filters,
    gnutar: input.gnutar,
    pluginDir: input['plugin-dir'],
    scriptDir: input['script-dir'],
    scriptTimeoutMs: input['script-timeout'] ?? SCRIPT_TIMEOUT_MS,
    estimateTimeoutMs: input['estimate-timeout'] ?? ESTIMATE_TIMEOUT_MS,
  }
  return { kind: 'config', config: deepFreeze(config) }
}
