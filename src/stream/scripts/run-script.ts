// Runs one script at one point, as Amanda does: `PLUGIN COMMAND --config C --host H --disk D --device V --timestamp T --level N --NAME VALUE`.
// What it supports is asked before (`PLUGIN support`). A script that takes too long, prints without end or leaves programs behind is
// ended with its whole process group; its fault says why. Nothing from a request becomes a shell word.

import type { ByteSource } from '../../kernel/byte-stream.ts'
import { sleep, withTimeout, type Clock } from '../../kernel/clock.ts'
import { Fault, faultOf } from '../../kernel/fault.ts'
import { describeExit, type ProcessExit, type ProcessRunner } from '../../kernel/processes.ts'
import type { DleProperty } from '../../wire/amanda/dle.ts'
import { oneLineText } from '../../wire/amanda/service-errors.ts'
import { eachLine, onAbort, stopProgram } from '../../stream/programs.ts'

/** A script of a dumptype. */
export interface ScriptSpec {
  readonly plugin: string
  readonly properties: readonly DleProperty[]
}

/** What a script is told of the disk and the run. */
export interface ScriptSubject {
  readonly host: string
  readonly disk: string
  readonly device: string
  readonly config: string | undefined
  readonly run: string
}

export interface ScriptTools {
  readonly clock: Clock
  readonly processes: ProcessRunner
  readonly where: 'client' | 'server'
  /** For one command of one script. */
  readonly timeoutMs: number
}

/** What one script printed, and how it ended. */
export interface ScriptSaid {
  readonly stdout: readonly string[]
  readonly stderr: readonly string[]
  /** Why it counts as failed. */
  readonly fault: Fault | undefined
}

/** More lines are counted, not kept: they go to the report of a run. */
const LINES_MAX = 200
const LINE_CHARACTERS_MAX = 1000
/** A script that prints so much is broken, and is stopped. */
const OUTPUT_BYTES_MAX = 1024 * 1024

/** For what is in the pipes of a script that has ended. Whoever still holds them open then is a program that it let go. */
const LINGER_MS = 1000

/** What the script can be told, from what it says to `support`: upper-case keys. */
type Abilities = ReadonlyMap<string, string>

function prefixOf(script: ScriptSpec, command: string): string {
  return `Script '${script.plugin}' command '${command}': `
}

async function askAbilities(program: string, script: ScriptSpec, tools: ScriptTools, signal: AbortSignal): Promise<Abilities> {
  const run = await limited(script, 'support', tools, signal, (inner) => runToEnd([program, 'support'], script, 'support', tools, inner))
  const why = run.stderr[0] ?? (run.exit.code === 0 ? undefined : describeExit(run.exit))
  if (why !== undefined) throw new Fault('script-failed', `${prefixOf(script, 'support')}${oneLineText(why)}`)
  return new Map(run.stdout.map((line) => [line.split(' ', 1)[0]?.toUpperCase() ?? '', line.slice(line.indexOf(' ') + 1).trim().toUpperCase()]))
}

/** `work` within the limit of a script. Its own signal ends the program. */
async function limited<T>(script: ScriptSpec, command: string, tools: ScriptTools, signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  let running: Promise<T> | undefined
  try {
    return await withTimeout(tools.clock, tools.timeoutMs, `${prefixOf(script, command)}it`, (inner) => (running = work(inner)), signal)
  } catch (error) {
    // The program is being ended: nothing may go on while it still works.
    await running?.catch(() => undefined)
    const fault = faultOf(error)
    if (signal.aborted || fault.code !== 'timed-out') throw fault
    throw new Fault('script-timed-out', `${prefixOf(script, command)}it did not end within ${Math.round(tools.timeoutMs / 1000)} s and was stopped`, { cause: fault })
  }
}

function argvOf(program: string, point: string, script: ScriptSpec, subject: ScriptSubject, levels: readonly number[], where: ScriptTools['where'], abilities: Abilities): [string, ...string[]] {
  const can = (key: string, fallback: boolean): boolean => (abilities.get(key) ?? (fallback ? 'YES' : 'NO')) === 'YES'
  const properties = script.properties.flatMap(({ name, values }) => values.flatMap((value) => [`--${name}`, value]))
  return [
    program,
    point,
    ...(can('EXECUTE-WHERE', false) ? ['--execute-where', where] : []),
    ...(subject.config !== undefined && can('CONFIG', true) ? ['--config', subject.config] : []),
    ...(can('HOST', true) ? ['--host', subject.host] : []),
    ...(can('DISK', true) ? ['--disk', subject.disk] : []),
    '--device',
    subject.device,
    ...(can('TIMESTAMP', false) ? ['--timestamp', subject.run] : []),
    ...levels.flatMap((level) => ['--level', `${level}`]),
    ...properties,
  ]
}

/** Keeps the first lines of a stream and counts the rest; `onFlood` when there is too much of it. */
async function keepLines(source: ByteSource, onFlood: () => void): Promise<string[]> {
  const kept: string[] = []
  let bytes = 0
  let left = 0
  const take = (line: string): void => {
    bytes += line.length
    if (bytes > OUTPUT_BYTES_MAX) onFlood()
    const text = oneLineText(line).slice(0, LINE_CHARACTERS_MAX)
    if (kept.length < LINES_MAX) kept.push(text)
    else left++
  }
  // It rejects when it was given up: what came until then is what the script said.
  await eachLine(source, take).catch(() => undefined)
  return left === 0 ? kept : [...kept, `(${left} more lines)`]
}

interface Run {
  readonly stdout: readonly string[]
  readonly stderr: readonly string[]
  readonly exit: ProcessExit
}

async function runToEnd(argv: readonly [string, ...string[]], script: ScriptSpec, point: string, tools: ScriptTools, signal: AbortSignal): Promise<Run> {
  const program = await tools.processes.start({ argv, workingDir: '/' })
  let flood: Fault | undefined
  const onFlood = (): void => {
    if (flood !== undefined) return
    flood = new Fault('script-failed', `${prefixOf(script, point)}it printed more than ${OUTPUT_BYTES_MAX} bytes and was stopped`)
    void stopProgram(program, tools.clock)
  }
  const unwatch = onAbort(signal, () => void stopProgram(program, tools.clock))
  // What the script left in the background holds its pipes open and would be waited for without end.
  const reading = new AbortController()
  const letGo = program.exit.then(async () => {
    program.kill('SIGKILL')
    await sleep(tools.clock, LINGER_MS, reading.signal)
    const reason = new Fault('cancelled', `${prefixOf(script, point)}it has ended`)
    for (const source of [program.stdout, program.stderr]) source.cancel(reason)
  })
  letGo.catch(() => undefined)
  try {
    program.stdin.end().catch(() => undefined)
    const [stdout, stderr] = await Promise.all([keepLines(program.stdout, onFlood), keepLines(program.stderr, onFlood)])
    const exit = await program.exit
    if (flood !== undefined) throw flood
    if (signal.aborted) throw new Fault('cancelled', `${prefixOf(script, point)}it was stopped`)
    return { stdout, stderr, exit }
  } finally {
    reading.abort()
    await stopProgram(program, tools.clock)
    unwatch()
  }
}

/** Never rejects: a script that cannot be run is one that failed. */
export async function runScript(program: string, script: ScriptSpec, point: string, subject: ScriptSubject, levels: readonly number[], tools: ScriptTools, signal: AbortSignal): Promise<ScriptSaid> {
  try {
    const abilities = await askAbilities(program, script, tools, signal)
    const argv = argvOf(program, point, script, subject, levels, tools.where, abilities)
    const { stdout, stderr, exit } = await limited(script, point, tools, signal, (inner) => runToEnd(argv, script, point, tools, inner))
    const lines = stderr.map((line) => `${prefixOf(script, point)}${line}`)
    if (exit.code === 0) return { stdout, stderr: lines, fault: undefined }
    return { stdout, stderr: lines.slice(1), fault: new Fault('script-failed', lines[0] ?? `${prefixOf(script, point)}${describeExit(exit)}`) }
  } catch (error) {
    const fault = faultOf(error)
    const isOurs = fault.code === 'script-failed' || fault.code === 'script-timed-out' || fault.code === 'cancelled'
    return { stdout: [], stderr: [], fault: isOurs ? fault : new Fault('script-failed', `${prefixOf(script, point)}${fault.message}`, { cause: fault }) }
  }
}
