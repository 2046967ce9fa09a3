// Which file of a server lies where below its directories. The one place that knows: server, restore and command line ask here.

import type { ResolvedConfig } from './resolved.ts'

export interface ServerLayout {
  /** The server's key pair and certificate. */
  readonly identityFile: string
  /** Enrolled hosts, their keys, tokens not used yet. */
  readonly registryFile: string
  /** What was learned of the paths to clients of Amanda. */
  readonly keepalivesFile: string
  readonly catalogFile: string
  /** Index files of dumps (docs/formats/index-file.md). */
  readonly indexDir: string
  readonly tapelistFile: string
  /** Run logs in Amanda's form. */
  readonly runLogDir: string
  /** Parts of direct dumps, one at a time. */
  readonly partCacheDir: string
  /** Notes of the staging directories of restores. */
  readonly restoringDir: string
  /** Directory of the control socket. */
  readonly runDir: string
  readonly serverLogFile: string
  /** What became of the mailed reports. */
  readonly mailOutcomesFile: string
  /** What the keep rules of the vault did last. */
  readonly pruneNotesFile: string
}

export function serverLayout(config: ResolvedConfig): ServerLayout {
  const { state, cache, run, log } = config.directories
  return {
    identityFile: `${state}/server-key.json`,
    registryFile: `${state}/agents.json`,
    keepalivesFile: `${state}/keepalives.json`,
    catalogFile: `${state}/catalog.sqlite`,
    indexDir: `${state}/index`,
    tapelistFile: `${state}/tapelist`,
    runLogDir: `${log}/runs`,
    partCacheDir: `${cache}/parts`,
    restoringDir: `${state}/restoring`,
    runDir: run,
    serverLogFile: `${log}/server.log`,
    mailOutcomesFile: `${state}/mail-outcomes.json`,
    pruneNotesFile: `${state}/vault-prune.json`,
  }
}
