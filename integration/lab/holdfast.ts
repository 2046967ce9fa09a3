// Holdfast itself as real processes: a server and an agent with directories of their own, started through the command line as an
// operator would. Where they run (here, in a namespace) is decided by `on`.

import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import net from 'node:net'
import path from 'node:path'
import { BackgroundProcess, runCommand, waitUntil, type CommandResult } from './commands.ts'

const ROOT = path.resolve(import.meta.dirname, '..', '..')
const PROGRAM = path.join(ROOT, 'src', 'cli', 'main.ts')
/** As scripts/launch.cjs starts it. */
const NODE = [process.execPath, '--disable-warning=ExperimentalWarning', '--max-semi-space-size=4']
const ENVIRONMENT = { MALLOC_ARENA_MAX: '2' }

export type Side = 'server' | 'agent'

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

  #words(side: Side, args: readonly string[]): [string, ...string[]] {
    const config = side === 'server' ? this.serverConfig : this.agentConfig
    const argv = [...NODE, this.#options.program ?? PROGRAM, '--config', config, ...args]
    const [program = process.execPath, ...rest] = argv
    return this.#options.on?.(side, argv) ?? [program, ...rest]
  }

  /** Runs a command to its end, whatever its exit code. */
  run(side: Side, args: readonly string[], timeoutMs = 600_000): Promise<CommandResult> {
    return runCommand(this.#words(side, args), { timeoutMs, environment: ENVIRONMENT })
  }

  /** Runs a command that must end with 0; returns its stdout. */
  async must(side: Side, args: readonly string[], timeoutMs?: number): Promise<string> {
    const result = await this.run(side, args, timeoutMs)
    if (result.status !== 0) throw new Error(`holdfast ${args.join(' ')} ended with ${result.status}: ${result.stderr.trim()} ${result.stdout.trim().slice(-2000)}`)
    return result.stdout
  }

  start(side: Side): BackgroundProcess {
    const started = new BackgroundProcess(this.#words(side, side === 'server' ? ['server', 'run'] : ['agent', 'run']), path.join(this.dir, `${side}.out`), { environment: ENVIRONMENT })
    this.#processes.push(started)
    return started
  }

  /** Starts the server and waits until it answers. */
  async startServer(): Promise<BackgroundProcess> {
    if (!existsSync(path.join(this.dir, 'state'))) await this.must('server', ['init'])
    const server = this.start('server')
    await waitUntil('the server answers', 30_000, async () => {
      if (!server.isRunning) throw new Error(`the server ended: ${server.output().slice(-2000)}`)
      return (await this.run('server', ['status', '--json'])).status === 0
    })
    return server
  }

  /** Makes a token for `host` and enrols the agent with it. */
  async enrol(host: string): Promise<void> {
    const token = /hf1\.[\w-]+/.exec(await this.must('server', ['agents', 'token', host]))?.[0]
    if (token === undefined) throw new Error('agents token printed no token')
    await this.must('agent', ['agent', 'enrol', token])
  }

  /** Starts the agent and waits until the server sees it. */
  async startAgent(host: string): Promise<BackgroundProcess> {
    const agent = this.start('agent')
    await waitUntil('the server sees the agent', 30_000, async () => {
      if (!agent.isRunning) throw new Error(`the agent ended: ${agent.output().slice(-2000)}`)
      return new RegExp(`"host": ?"${host}"[^}]*"isConnected": ?true`, 's').test((await this.run('server', ['agents', 'list', '--json'])).stdout)
    })
    return agent
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const started of this.#processes) await started[Symbol.asyncDispose]()
  }
}
