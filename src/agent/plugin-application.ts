// Stock Amanda's application plug-ins (amgtar, ampgsql, amsamba, …) behind our contract: programs of the plug-in directory that are asked
// what they support and then told what to do by their arguments. Their descriptors: 1 data, 2 errors, 3 MESG, 4 index. Format:
// man amanda-applications(7); nothing from a request becomes a shell word.

import type { ByteSource } from '../kernel/byte-stream.ts'
import type { Clock } from '../kernel/clock.ts'
import { Fault, faultOf } from '../kernel/fault.ts'
import { describeExit, type ProcessRunner, type RunningProcess } from '../kernel/processes.ts'
import { parseMesgLine } from '../wire/amanda/mesg.ts'
import { parseErrorLine } from '../wire/amanda/service-errors.ts'
import { parseSelfcheckReply, type SelfcheckFinding } from '../wire/amanda/selfcheck-reply.ts'
import type { Application, DiskJob, DumpJob, DumpOutcome, PreparedDump, RunningDump, Say } from './application.ts'
import { eachLine, onAbort, runShort, stopProgram } from '../stream/programs.ts'

export interface PluginParts {
  readonly clock: Clock
  readonly processes: ProcessRunner
  readonly pluginDir: string
}

/** What `support` says: upper-case keys. */
type Abilities = ReadonlyMap<string, string>

const ESTIMATE_LINE = /^(\d+) (-?\d{1,15}) (-?\d{1,9})$/

/** Asks a plug-in what it supports. Rejects with `application-unknown` when there is no such plug-in or it does not answer well. */
export async function openPlugin(name: string, parts: PluginParts, signal: AbortSignal): Promise<Application> {
  // The name comes from the server: one component, as the DLE reader made sure.
  const program = `${parts.pluginDir}/${name}`
  const unknown = (why: string, cause?: unknown): Fault => new Fault('application-unknown', `the application ${name} cannot be used: ${why}`, { cause })
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) throw unknown('its name is not a name')
  const run = await runShort(parts.processes, parts.clock, { argv: [program, 'support'], workingDir: '/' }, signal).catch((error: unknown) => {
    throw unknown(faultOf(error).message, error)
  })
  if (run.exit.code !== 0 || run.stderr.length > 0) throw unknown(run.stderr[0] ?? describeExit(run.exit))
  const abilities: Abilities = new Map(run.stdout.map((line) => [line.split(' ', 1)[0]?.toUpperCase() ?? '', line.slice(line.indexOf(' ') + 1).trim()]))
  return new Plugin(name, program, abilities, parts)
}

class Plugin implements Application {
  readonly name: string
  readonly levelMax: number
  readonly #program: string
  readonly #abilities: Abilities
  readonly #parts: PluginParts

  constructor(name: string, program: string, abilities: Abilities, parts: PluginParts) {
    this.name = name
    this.#program = program
    this.#abilities = abilities
    this.#parts = parts
    const levelMax = abilities.get('MAX-LEVEL') ?? '0'
    this.levelMax = /^\d{1,3}$/.test(levelMax) ? Number(levelMax) : 0
  }

  async selfcheck(job: DiskJob, signal: AbortSignal): Promise<SelfcheckFinding[]> {
    const json = this.#can('MESSAGE-SELFCHECK-JSON') ? 'json' : 'line'
    const argv = this.#argv('selfcheck', [...this.#message(json), ...this.#config(job), ...this.#hostAndDisk(job), '--device', job.device, ...this.#indexAndRecord(job)], job)
    const run = await runShort(this.#parts.processes, this.#parts.clock, { argv, workingDir: '/' }, signal)
    const findings = [...parseSelfcheckReply(`${run.stdout.join('\n')}\n`).findings]
    for (const line of run.stderr) findings.push({ severity: 'error', text: `${this.name}: ${line}` })
    if (run.exit.code !== 0) findings.push({ severity: 'error', text: `${this.name} ${describeExit(run.exit)}` })
    return findings
  }

  async estimate(job: DumpJob, signal: AbortSignal): Promise<number> {
    if (job.level > this.levelMax) return -2
    if (!this.#can('CLIENT-ESTIMATE')) return -1
    const argv = this.#argv('estimate', [...this.#message('line'), ...this.#config(job), ...this.#timestamp(job), ...(this.#can('HOST', true) ? ['--host', job.host] : []), '--device', job.device, ...(this.#can('DISK', true) ? ['--disk', job.disk] : []), '--level', `${job.level}`], job)
    const run = await runShort(this.#parts.processes, this.#parts.clock, { argv, workingDir: '/' }, signal)
    for (const line of run.stdout) {
      const error = parseErrorLine(line)
      if (error !== undefined) throw new Fault('process-failed', `${this.name}: ${error}`)
      const match = ESTIMATE_LINE.exec(line)
      if (match === null || Number(match[1]) !== job.level) continue
      const blocks = Number(match[2])
      const blockKib = Number(match[3])
      if (blocks <= -2 && blockKib <= -2) return -2
      const sizeKib = blocks * blockKib
      return blocks <= 0 || blockKib <= 0 || !Number.isSafeInteger(sizeKib) ? -1 : sizeKib
    }
    throw new Fault('process-failed', `${this.name} ${describeExit(run.exit)} without an estimate${run.stderr[0] === undefined ? '' : `: ${run.stderr[0]}`}`)
  }

  prepareDump(job: DumpJob, signal: AbortSignal): Promise<PreparedDump> {
    const argv = this.#argv('backup', [...this.#message('line'), ...this.#config(job), ...this.#timestamp(job), ...this.#hostAndDisk(job), '--device', job.device, '--level', `${job.level}`, ...this.#indexAndRecord(job), ...(this.#can('STATE-STREAM') ? ['--state-stream', '5'] : [])], job)
    return Promise.resolve({
      program: 'APPLICATION',
      application: this.name,
      recoverCommand: `${this.#program} restore [./file-to-restore]+`,
      start: (say) => this.#start(argv, say, signal),
      abandon: () => Promise.resolve(),
    })
  }

  async #start(argv: readonly [string, ...string[]], say: Say, signal: AbortSignal): Promise<RunningDump> {
    const hasState = this.#can('STATE-STREAM')
    const program = await this.#parts.processes.start({ argv, workingDir: '/', extraPipes: hasState ? ['out', 'out', 'out'] : ['out', 'out'] })
    program.stdin.end().catch(() => undefined)
    const [mesg, index, state] = program.extra as readonly ByteSource[]
    if (mesg === undefined || index === undefined) throw new Fault('internal', 'a plug-in was started without its pipes')
    const unwatch = onAbort(signal, () => void stopProgram(program, this.#parts.clock))
    return {
      data: program.stdout,
      index: { kind: 'stream', source: index },
      ...(state === undefined ? {} : { state }),
      outcome: readOutcome(program, mesg, say, this.name).finally(unwatch),
      commit: () => Promise.resolve(),
      abandon: () => stopProgram(program, this.#parts.clock),
    }
  }

  #can(ability: string, fallback = false): boolean {
    const value = this.#abilities.get(ability)
    return value === undefined ? fallback : value.toUpperCase() === 'YES'
  }

  #message(form: 'json' | 'line'): string[] {
    return this.#can('MESSAGE-LINE') || form === 'json' ? ['--message', form] : []
  }

  #config(job: DiskJob): string[] {
    return job.config !== undefined && this.#can('CONFIG', true) ? ['--config', job.config] : []
  }

  #timestamp(job: DiskJob): string[] {
    return this.#can('TIMESTAMP') ? ['--timestamp', job.run] : []
  }

  #hostAndDisk(job: DiskJob): string[] {
    return [...(this.#can('HOST', true) ? ['--host', job.host] : []), ...(this.#can('DISK', true) ? ['--disk', job.disk] : [])]
  }

  #indexAndRecord(job: DiskJob): string[] {
    return [...(job.index && this.#can('INDEX-LINE') ? ['--index', 'line'] : []), ...(job.record && this.#can('RECORD') ? ['--record'] : [])]
  }

  #argv(command: string, options: readonly string[], job: DiskJob): [string, ...string[]] {
    const selection = (['include', 'exclude'] as const).flatMap((kind) => {
      const { files, lists, isOptional } = job[kind]
      const upper = kind.toUpperCase()
      return [
        ...(this.#can(`${upper}-FILE`) ? files.flatMap((file) => [`--${kind}-file`, file]) : []),
        ...(this.#can(`${upper}-LIST`) ? lists.flatMap((list) => [`--${kind}-list`, list]) : []),
        ...(isOptional && this.#can(`${upper}-OPTIONAL`) ? [`--${kind}-optional`, 'yes'] : []),
      ]
    })
    const properties = [...job.applicationProperties].flatMap(([name, values]) => values.flatMap((value) => [`--${name}`, value]))
    return [this.#program, command, ...options, ...selection, ...properties]
  }
}

/** Passes the plug-in's messages on and judges its end. Never rejects. */
async function readOutcome(program: RunningProcess, mesg: ByteSource, say: Say, name: string): Promise<DumpOutcome> {
  let sizeKib: number | undefined
  let failure: string | undefined
  const readMesg = eachLine(mesg, async (text) => {
    const line = parseMesgLine(text)
    switch (line.kind) {
      case 'size':
        sizeKib = line.sizeKib
        return
      case 'error':
        failure ??= line.text
        return
      // The service says these itself.
      case 'start':
      case 'info':
      case 'info-end':
      case 'native-crc':
      case 'client-crc':
      case 'end':
        return
      default:
        await say(line)
    }
  })
  const readErrors = eachLine(program.stderr, (line) => void (failure ??= line))
  try {
    await Promise.all([readMesg, readErrors])
  } catch (error) {
    program.kill('SIGKILL')
    await Promise.allSettled([readMesg, readErrors])
    return { kind: 'failed', text: failure ?? `the messages of ${name} cannot be passed on: ${faultOf(error).message}` }
  }
  const exit = await program.exit
  if (failure !== undefined) return { kind: 'failed', text: failure }
  if (exit.code !== 0) return { kind: 'failed', text: `${name} ${describeExit(exit)}` }
  if (sizeKib === undefined) return { kind: 'failed', text: `${name} did not say how much it wrote` }
  return { kind: 'good', sizeKib }
}
