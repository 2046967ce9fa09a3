// holdfast.yaml → ResolvedConfig. Pure: text in, a frozen configuration or all problems at once out. It never throws, whatever the text.
// The format is in docs/configuration.md, its shape in schema.ts.

import { Cron } from 'croner'
import { bumpOf } from './bump.ts'
import { deepFreeze } from './deep-freeze.ts'
import { SERVER_DEFAULTS as DEFAULTS } from './defaults.ts'
import { layOutDisklist } from './disklist.ts'
import { layOutDumptypes, unusedDumptypes, type Complain } from './dumptypes.ts'
import type { ConfigProblem, DirectoriesConfig, DiskListEntry, HoldingDiskConfig, InterfaceConfig, ResolvedConfig, ScheduleConfig, TetherConfig } from './resolved.ts'
import { mailOf } from './mail.ts'
import { storageOf, withoutFiltersFor } from './storage.ts'
import { serverSchema, type ServerInput } from './schema.ts'
import { schemaProblems } from './schema-problems.ts'
import { parseYaml } from './yaml-document.ts'

export type ServerConfigOutcome =
  /** `problems` are warnings. */
  { readonly kind: 'config'; readonly config: ResolvedConfig; readonly problems: readonly ConfigProblem[] } | { readonly kind: 'problems'; readonly problems: readonly ConfigProblem[] }

/** `directories` are used where the text names none. */
export function parseServerConfig(text: string, file: string, directories: DirectoriesConfig): ServerConfigOutcome {
  const yaml = parseYaml(text, file)
  if (yaml.kind === 'problems') return yaml
  const { document } = yaml
  const parsed = serverSchema.safeParse(document.value ?? {})
  if (!parsed.success) return { kind: 'problems', problems: schemaProblems(parsed.error, document, serverSchema) }
  const problems: ConfigProblem[] = []
  const report = (severity: ConfigProblem['severity']): Complain => (path, message, next) => {
    problems.push({ file, ...document.placeOf(path), severity, message, next })
  }
  const config = resolveInput(parsed.data, directories, report('error'), report('warning'))
  problems.sort((a, b) => a.line - b.line || a.column - b.column)
  if (problems.some((problem) => problem.severity === 'error')) return { kind: 'problems', problems }
  return { kind: 'config', config: deepFreeze(config), problems }
}

/** The model that a configuration of this shape means, whatever language it was written in. */
export function resolveInput(input: ServerInput, directories: DirectoriesConfig, complain: Complain, warn: Complain): ResolvedConfig {
  const given = input.directories ?? {}
  const resolvedDirectories: DirectoriesConfig = { state: given.state ?? directories.state, cache: given.cache ?? directories.cache, run: given.run ?? directories.run, log: given.log ?? directories.log }
  const dumpCycleDays = input['dump-cycle'] ?? DEFAULTS.dumpCycleDays
  const bump = bumpOf(input.bump ?? {}, DEFAULTS.bump)
  const dumptypes = layOutDumptypes(input.dumptypes ?? {}, complain)
  const storage = storageOf(input.storage, resolvedDirectories, complain, warn)
  const { entries, stockClients } = layOutDisklist(input.hosts ?? {}, dumptypes, { dumpCycleDays, bump }, complain)
  const disklist = withoutFiltersFor(storage, entries, warn)
  const interfaces = Object.entries(input.interfaces ?? {}).map(([name, { use }]) => ({ name, useKib: Math.floor(use / 1024) }))
  checkInterfaces(disklist, interfaces, complain)
  if (disklist.length === 0) warn(['hosts'], 'nothing is listed under `hosts`, so nothing will be dumped', 'Add `hosts:` with a host and its directories.')
  const limits = input.limits ?? {}
  
  return {
    name: input.name ?? DEFAULTS.name,
    organisation: input.organisation ?? input.name ?? DEFAULTS.name,
    directories: resolvedDirectories,
    ...(given.scripts === undefined ? {} : { serverScripts: { dir: given.scripts, timeoutMs: input.limits?.['script-timeout'] ?? DEFAULTS.scriptTimeoutMs } }),
    tether: tetherOf(input, complain),
    schedule: scheduleOf(input, complain),
    dumpCycleDays,
    runsPerCycle: input['runs-per-cycle'] ?? Math.max(1, dumpCycleDays),
    bump,
    limits: {
      parallelDumps: limits['parallel-dumps'] ?? DEFAULTS.limits.parallelDumps,
      ...(limits['dump-order'] === undefined ? {} : { dumpOrder: limits['dump-order'] }),
      ...(limits['holding-reserve'] === undefined ? {} : { reservePercent: limits['holding-reserve'] }),
      retries: limits.retries ?? DEFAULTS.limits.retries,
      estimateTimeoutMs: limits['estimate-timeout'] ?? DEFAULTS.limits.estimateTimeoutMs,
      dataTimeoutMs: limits['data-timeout'] ?? DEFAULTS.limits.dataTimeoutMs,
      connectTimeoutMs: limits['connect-timeout'] ?? DEFAULTS.limits.connectTimeoutMs,
    },
    holdingDisks: holdingOf(input, resolvedDirectories, complain),
    ...(interfaces.length === 0 ? {} : { interfaces }),
    storage,
    verifyWithinMs: input['verify-within'] ?? DEFAULTS.verifyWithinMs,
    disklist,
    ...(stockClients.length === 0 ? {} : { stockClients }),
    mail: mailOf(input, complain),
    unusedDumptypes: unusedDumptypes(input.dumptypes ?? {}, disklist.map(({ dumptype }) => dumptype)),
  }
}

function checkInterfaces(disklist: readonly DiskListEntry[], interfaces: readonly InterfaceConfig[], complain: Complain): void {
  const names = interfaces.map(({ name }) => name)
  for (const entry of disklist) {
    if (entry.interface !== undefined && !names.includes(entry.interface)) complain(['hosts', entry.host], `there is no interface ${entry.interface}, which ${entry.disk} names`, `Write it under \`interfaces\`, such as \`${entry.interface}: {use: 10 MiB}\`.`)
  }
}

function tetherOf(input: ServerInput, complain: Complain): TetherConfig {
  const given = input.server ?? {}
  const tether = {
    address: given.address ?? DEFAULTS.tether.address,
    port: given.port ?? DEFAULTS.tether.port,
    publicAddress: given['public-address'],
    heartbeatMs: given.heartbeat ?? DEFAULTS.tether.heartbeatMs,
    deadAfterMs: given['dead-after'] ?? DEFAULTS.tether.deadAfterMs,
    sessionHoldMs: given['session-hold'] ?? DEFAULTS.tether.sessionHoldMs,
  }
  // One lost heartbeat must not end a link.
  if (tether.deadAfterMs < 2 * tether.heartbeatMs) complain(['server', 'dead-after'], '`dead-after` must be at least twice `heartbeat`', 'Raise `dead-after` or lower `heartbeat`.')
  if (tether.sessionHoldMs < tether.deadAfterMs) complain(['server', 'session-hold'], '`session-hold` must not be shorter than `dead-after`', 'Raise `session-hold`.')
  return tether
}

function scheduleOf(input: ServerInput, complain: Complain): ScheduleConfig {
  const { at, timezone, 'catch-up': catchUpMs } = input.schedule ?? {}
  if (timezone !== undefined && !isTimezone(timezone)) complain(['schedule', 'timezone'], `\`${timezone}\` is not a time zone`, 'Use a name such as `Europe/Berlin` or `UTC`.')
  if (at !== undefined) {
    try {
      new Cron(at, { paused: true })
    } catch (error) {
      complain(['schedule', 'at'], `\`${at}\` is not a cron expression: ${error instanceof Error ? error.message : String(error)}`, 'Write minute, hour, day of month, month and day of week, such as `30 1 * * *`.')
    }
  }
  return { cron: at, timezone, catchUpMs: catchUpMs ?? DEFAULTS.catchUpMs }
}

function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}

function holdingOf(input: ServerInput, directories: DirectoriesConfig, complain: Complain): HoldingDiskConfig[] {
  const given = input.holding === undefined ? [{ directory: `${directories.state}/holding` }] : Array.isArray(input.holding) ? input.holding : [input.holding]
  const seen = new Set<string>()
  return given.map((disk, index) => {
    const path = Array.isArray(input.holding) ? ['holding', index] : ['holding']
    const { use, 'keep-free': keepFree } = disk as { use?: number; 'keep-free'?: number }
    if (use !== undefined && keepFree !== undefined) complain(path, 'a holding disk has either `use` or `keep-free`', 'Remove one of the two.')
    if (seen.has(disk.directory)) complain(path, `the holding disk ${disk.directory} is listed twice`, 'Remove one.')
    seen.add(disk.directory)
    return {
      name: ('name' in disk ? disk.name : undefined) ?? `holding${index + 1}`,
      directory: disk.directory,
      // 0 would be: nothing.
      useBytes: use ?? (keepFree === undefined ? DEFAULTS.holding.useBytes : -Math.max(1, keepFree)),
      chunkBytes: ('chunk-size' in disk ? disk['chunk-size'] : undefined) ?? DEFAULTS.holding.chunkBytes,
    }
  })
}
