// agent.yaml → AgentConfig, in the same manner as the server's. A missing or empty file is a good configuration: everything has a
// default, and what matters (server, keys) comes with enrolment. It decides what the server may do on this host, so that a stolen
// server cannot do more.

import { deepFreeze } from './deep-freeze.ts'
import type { ConfigProblem } from './resolved.ts'
import { agentSchema } from './schema.ts'
import { schemaProblems } from './schema-problems.ts'
import { parseYaml } from './yaml-document.ts'

export interface AgentConfig {
  /** `host` or `host:port`; undefined: where the token said. */
  readonly server: string | undefined
  /** Name of this host at the server; undefined: where the token said. */
  readonly host: string | undefined
  /** Keys, lists of incremental dumps. */
  readonly stateDir: string
  readonly logDir: string
  /** Directories that may be dumped; undefined: all. */
  readonly dumpPaths: readonly string[] | undefined
  /** Directories below which the server may restore. */
  readonly restorePaths: readonly string[]
  /** Programs that the application `command` may run. */
  readonly commands: readonly string[]
  /** GNU tar patterns that are left out of every dump of this host. */
  readonly exclude: readonly string[]
  /** Path of GNU tar; undefined: looked up. */
  readonly gnutar: string | undefined
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
    dumpPaths: input['dump-paths'],
    restorePaths: input['restore-paths'] ?? [],
    commands: input.commands ?? [],
    exclude: input.exclude ?? [],
    gnutar: input.gnutar,
  }
  return { kind: 'config', config: deepFreeze(config) }
}
