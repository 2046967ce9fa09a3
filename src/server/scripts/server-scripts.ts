// Scripts of dumptypes that run on the server (`execute-where: server`). A point of a disk runs the scripts of that disk; a point of a host
// or of the whole run runs each script once for that host or run, told of the first disk that has it. Whoever calls says which points
// are owed an end: every POST point is run whose PRE point was begun, also when the run was cancelled.

import type { ResolvedConfig, DiskListEntry, ScriptConfig } from '../../config/resolved.ts'
import type { Clock } from '../../kernel/clock.ts'
import type { Disk } from '../../kernel/disk.ts'
import { Fault, faultOf } from '../../kernel/fault.ts'
import type { Log } from '../../kernel/log.ts'
import type { ProcessRunner } from '../../kernel/processes.ts'
import { runScript, type ScriptSaid } from '../../stream/scripts/run-script.ts'
import { permittedScript } from '../../stream/scripts/script-permission.ts'

export interface ServerScriptDoors {
  readonly clock: Clock
  readonly disk: Disk
  readonly processes: ProcessRunner
  readonly log: Log
  readonly config: ResolvedConfig
  /** The user this server runs as. */
  readonly userId?: number | undefined
}

/** `…`: of the whole run; `…-host-…`: of one host; `…-dle-…`: of one disk. */
export type ServerPoint = `${'pre' | 'post'}-${'' | 'host-' | 'dle-'}${'amcheck' | 'estimate' | 'backup'}`

export interface ServerScriptReport {
  /** With their marks, as the lines of a client: `| ` from stdout, `? ` from stderr. */
  readonly lines: readonly string[]
  /** The first failure. */
  readonly fault: Fault | undefined
}

/** One script with the disk it is told of. */
interface Turn {
  readonly script: ScriptConfig
  readonly entry: DiskListEntry
}

function turnsAt(point: ServerPoint, entries: readonly DiskListEntry[]): Turn[] {
  const seen = new Set<string>()
  return entries.flatMap((entry) =>
    entry.scripts
      .filter((script) => script.executeWhere === 'server' && script.executeOn.includes(point))
      .filter((script) => {
        if (point.includes('-dle-')) return true
        const key = JSON.stringify([point.includes('-host-') ? entry.host : '', script])
        return seen.has(key) ? false : seen.add(key)
      })
      .map((script) => ({ script, entry })),
  )
}

async function runTurn({ script, entry }: Turn, point: ServerPoint, run: string, levels: readonly number[], doors: ServerScriptDoors, signal: AbortSignal): Promise<ScriptSaid> {
  const { config, disk, userId, clock, processes } = doors
  const place = { dir: config.serverScripts?.dir, setting: 'directories.scripts in holdfast.yaml', userId }
  try {
    const program = await permittedScript(script.plugin, place, disk)
    const properties = Object.entries(script.properties).map(([name, values]) => ({ name, values }))
    const subject = { host: entry.host, disk: entry.disk, device: entry.device, config: config.name, run }
    return await runScript(program, { plugin: script.plugin, properties }, point.toUpperCase(), subject, levels, { clock, processes, timeoutMs: config.serverScripts?.timeoutMs ?? 0, where: 'server' }, signal)
  } catch (error) {
    return { stdout: [], stderr: [], fault: faultOf(error) }
  }
}

/** Runs all scripts of `point` for `entries`, also when one fails. Rejects never; what they said is logged too. */
export async function runServerScripts(point: ServerPoint, entries: readonly DiskListEntry[], run: string, levels: readonly number[], doors: ServerScriptDoors, signal: AbortSignal): Promise<ServerScriptReport> {
  const lines: string[] = []
  let first: Fault | undefined
  for (const turn of turnsAt(point, entries)) {
    const { stdout, stderr, fault } = await runTurn(turn, point, run, levels, doors, signal)
    lines.push(...stdout.map((line) => `| ${line}`), ...[...stderr, ...(fault === undefined ? [] : [fault.message])].map((line) => `? ${line}`))
    first ??= fault
    if (fault !== undefined) doors.log.warn('a script of the server failed', { script: turn.script.name, point, host: turn.entry.host, disk: turn.entry.disk, code: fault.code, reason: fault.message })
    else if (stdout.length + stderr.length > 0) doors.log.info('a script of the server said something', { script: turn.script.name, point, text: [...stdout, ...stderr].join(' | ').slice(0, 2000) })
  }
  return { lines, fault: first }
}
