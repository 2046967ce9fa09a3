// Holdfast itself as real processes: a server and an agent with directories of their own, started through the command line as an
// operator would. Where they run (here, in a namespace) is decided by `on`.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import net from 'node:net'
import path from 'node:path'
import { openControlClient, type ControlClient } from '../../src/cli/control-client.ts'
import { CONTROL_SOCKET_NAME, type ControlResults, type ForcedLevel, type RunSummary, type ServerEvent, type StatusSnapshot } from '../../src/server/control/contract.ts'
import { BackgroundProcess, runCommand, waitUntil, type CommandResult } from './commands.ts'

const ROOT = path.resolve(import.meta.dirname, '..', '..')
const PROGRAM = path.join(ROOT, 'src', 'cli', 'main.ts')
/** As the launcher starts it. */
const { nodeFlags, ENVIRONMENT } = createRequire(import.meta.url)('../../scripts/launch.cjs') as { readonly nodeFlags: (args: readonly string[]) => string[]; readonly ENVIRONMENT: Readonly<Record<string, string>> }

/** A process that starts on a busy machine. */
const START_MS_MAX = 180_000

export type Side = 'server' | 'agent'

/** A line of the agent's log. */
export interface AgentLogEntry {
  readonly time: string
  readonly msg: string
  readonly [field: string]: unknown
}

export interface LabOptions {
  readonly dir: string
  /** Words that run what follows on that side; nothing: this machine. */
  readonly on?: (side: Side, argv: readonly string[]) => [string, ...string[]]
  readonly listenAddress?: string
  readonly port: number
  /** Where the agent finds the server, if not at `listenAddress:port`. */
  readonly publicAddress?: string
  /** The `hosts:` part of holdfast.yaml and whatever else it should hold, as YAML. */
  readonly serverYaml: string
  readonly agentYaml?: string
  /** The main module; default: the sources of this checkout. */
  readonly program?: string
}

/** A TCP port of loopback that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = net.createServer()
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  await new Promise((resolve) => server.close(resolve))
  if (address === null || typeof address !== 'object') throw new Error('no port')
  return address.port
}

export class HoldfastLab implements AsyncDisposable {
  readonly #options: LabOptions
  readonly #processes: BackgroundProcess[] = []
  readonly #ended = new AbortController()
  readonly serverConfig: string
  readonly agentConfig: string

  constructor(options: LabOptions) {
    const { dir } = options
    this.#options = options
    this.serverConfig = path.join(dir, 'holdfast.yaml')
    this.agentConfig = path.join(dir, 'agent.yaml')
    mkdirSync(dir, { recursive: true })
    const address = options.listenAddress ?? '127.0.0.1'
    writeFileSync(
      this.serverConfig,
      `name: lab
server:
  address: ${address}
  port: ${options.port}
  public-address: ${options.publicAddress ?? `${address}:${options.port}`}
directories:
  state: ${dir}/state
  cache: ${dir}/cache
  run: ${dir}/run
  log: ${dir}/log
holding:
  directory: ${dir}/holding
  use: 20 GiB
${/^storage:/m.test(options.serverYaml) ? '' : `storage:\n  directory: ${dir}/volumes\n  slots: 20\n  volume-size: 4 GiB\n  part-size: 256 MiB\n`}
${options.serverYaml}
`,
    )
    writeFileSync(this.agentConfig, `state-dir: ${dir}/agent\nlog-dir: ${dir}/agent-log\n${options.agentYaml ?? ''}`)
  }

  get dir(): string {
    return this.#options.dir
  }

  words(side: Side, args: readonly string[]): [string, ...string[]] {
    const config = side === 'server' ? this.serverConfig : this.agentConfig
    const argv = [process.execPath, ...nodeFlags(args), this.#options.program ?? PROGRAM, '--config', config, ...args]
    const [program = process.execPath, ...rest] = argv
    return this.#options.on?.(side, argv) ?? [program, ...rest]
  }

  /** Runs a command to its end, whatever its exit code. */
  run(side: Side, args: readonly string[], timeoutMs = 600_000): Promise<CommandResult> {
    return runCommand(this.words(side, args), { timeoutMs, environment: ENVIRONMENT })
  }

  /** Runs a command that must end with 0; returns its stdout. */
  async must(side: Side, args: readonly string[], timeoutMs?: number): Promise<string> {
    const result = await this.run(side, args, timeoutMs)
    if (result.status !== 0) throw new Error(`holdfast ${args.join(' ')} ended with ${result.status}: ${result.stderr.trim()} ${result.stdout.trim().slice(-2000)}`)
    return result.stdout
  }

  start(side: Side): BackgroundProcess {
    const started = new BackgroundProcess(this.words(side, side === 'server' ? ['server', 'run'] : ['agent', 'run']), path.join(this.dir, `${side}.out`), { environment: ENVIRONMENT })
    this.#processes.push(started)
    return started
  }

  /** Starts the server and waits until it answers. */
  async startServer(): Promise<BackgroundProcess> {
    if (!existsSync(path.join(this.dir, 'state'))) await this.must('server', ['init'])
    return this.#untilItSays(this.start('server'), /the server listens/, 'the server')
  }

  /** Makes a token for `host` and enrols the agent with it. */
  async enrol(host: string): Promise<void> {
    const token = /hf1\.[\w-]+/.exec(await this.must('server', ['agents', 'token', host]))?.[0]
    if (token === undefined) throw new Error('agents token printed no token')
    await this.must('agent', ['agent', 'enrol', token])
  }

  /** Starts the agent and waits until the server has welcomed it. */
  startAgent(host: string): Promise<BackgroundProcess> {
    return this.#untilItSays(this.start('agent'), /connected to the server/, host)
  }

  /** A connection to the running server's control socket. Paths know no network namespaces. */
  control(): Promise<ControlClient> {
    return openControlClient(path.join(this.dir, 'run', CONTROL_SOCKET_NAME), this.#ended.signal)
  }

  /** Asks the running server for a run and follows it to its end. */
  async dump(host: string, onEvent: (event: ServerEvent) => void = () => undefined, level?: ForcedLevel): Promise<RunSummary> {
    await using watched = await this.control()
    await using asked = await this.control()
    watched.call({ kind: 'watch' }, onEvent).catch(() => undefined)
    const { summary } = (await asked.call({ kind: 'dump', selection: [{ host }], wait: true, ...(level === undefined ? {} : { level }) })) as ControlResults['dump']
    if (summary === undefined) throw new Error('the run has no summary')
    return summary
  }

  async status(): Promise<StatusSnapshot> {
    await using control = await this.control()
    return (await control.call({ kind: 'status' })) as StatusSnapshot
  }

  /** What the agent logged, oldest first. */
  agentLog(): AgentLogEntry[] {
    const lines = readFileSync(path.join(this.dir, 'agent-log', 'agent.log'), 'utf8').split('\n')
    return lines.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as AgentLogEntry)
  }

  async #untilItSays(started: BackgroundProcess, words: RegExp, who: string): Promise<BackgroundProcess> {
    await waitUntil(`${who} says "${words.source}"`, START_MS_MAX, () => {
      if (!started.isRunning) throw new Error(`${who} ended: ${started.output().slice(-2000)}`)
      return words.test(started.output())
    })
    return started
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#ended.abort()
    for (const started of this.#processes) await started[Symbol.asyncDispose]()
  }
}
