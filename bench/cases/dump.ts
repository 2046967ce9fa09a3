// A full dump (GNU tar, agent, tether, holding disk, CRCs, index, durable) against a bare pipe `tar | Node TLS socket | file` of the same
// tree, both in memory, two processes on loopback, interleaved. Rates over the bytes of the tree; for ours from the dump's own start to
// its durable end on the holding disk; CPU seconds of all processes. At the end the resident memory of server and agent.

import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { freePort, HoldfastLab } from '../../integration/lab/holdfast.ts'
import { median, type BenchCase, type BenchContext } from '../case.ts'
import { writeKeyFiles } from '../lab/key-files.ts'
import { cpuSeconds, makeTree, residentBytes } from '../lab/measure.ts'

const RUNS = 7
const HOST = 'client'
const PEER = path.resolve(import.meta.dirname, '..', 'peers', 'bare-pipe.ts')
const NODE = [process.execPath, '--disable-warning=ExperimentalWarning', PEER]

interface Measured {
  readonly seconds: number
  readonly cpu: number
}

interface Shape {
  readonly name: string
  readonly fileCount: number
  readonly fileBytes: number
}

const SHAPES: readonly Shape[] = [
  { name: 'small-files', fileCount: 60_000, fileBytes: 8192 },
  { name: 'large-files', fileCount: 4, fileBytes: 384 * 1024 * 1024 },
]

/** User and system seconds of all children of this process that have ended. */
function childCpu(): number {
  return cpuSeconds(process.pid) - (process.cpuUsage().user + process.cpuUsage().system) / 1e6
}

async function barePipe(dir: string, tree: string): Promise<Measured> {
  const file = path.join(dir, 'bare.out')
  const cpuBefore = childCpu()
  const receiver = spawn(NODE[0] ?? 'node', [...NODE.slice(1), 'receive', dir, file], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  const port = await new Promise<string>((resolve) => receiver.stdout.on('data', (text: Buffer) => {
    said += text.toString()
    if (said.includes('\n')) resolve(said.split('\n')[0] ?? '')
  }))
  const startedMs = performance.now()
  const sender = spawn(NODE[0] ?? 'node', [...NODE.slice(1), 'send', dir, port, tree], { stdio: 'inherit' })
  await Promise.all([sender, receiver].map((child) => new Promise((resolve) => child.once('exit', resolve))))
  const seconds = (performance.now() - startedMs) / 1000
  rmSync(file, { force: true })
  return { seconds, cpu: childCpu() - cpuBefore }
}

interface Side {
  readonly holdfast: HoldfastLab
  readonly pids: readonly number[]
}

/** Follows the server's events, to know when a dump's last byte was durable on the holding disk: what comes after (taping) is not compared. */
class DumpWatch implements AsyncDisposable {
  readonly #child: ChildProcess
  #rest = ''
  #startedMs: number | undefined
  #held: ((durationMs: number) => void) | undefined
  /** Resolves when the server's first word has come: from then on nothing is missed. */
  readonly ready: Promise<void>
  #isReady: () => void = () => {}

  constructor(holdfast: HoldfastLab) {
    this.ready = new Promise((resolve) => (this.#isReady = resolve))
    const [program, ...args] = holdfast.words('server', ['status', '--live', '--json'])
    this.#child = spawn(program, args, { stdio: ['ignore', 'pipe', 'ignore'] })
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      const lines = (this.#rest + text).split('\n')
      this.#rest = lines.pop() ?? ''
      for (const line of lines) this.#take(JSON.parse(line) as { kind: string; atMs: number; dump?: { phase: string; startedMs?: number } })
    })
  }

  /** Milliseconds of the next dump, from its start to its durable end on the holding disk. */
  next(): Promise<number> {
    return new Promise((resolve) => (this.#held = resolve))
  }

  [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL')
    return Promise.resolve()
  }

  #take(event: { readonly kind: string; readonly atMs: number; readonly dump?: { readonly phase: string; readonly startedMs?: number } }): void {
    this.#isReady()
    if (event.kind !== 'dump-changed') return
    const phase = event.dump?.phase
    if (phase === 'connecting' || phase === 'dumping') this.#startedMs ??= event.atMs
    if ((phase === 'held' || phase === 'taping') && this.#startedMs !== undefined) {
      this.#held?.(event.atMs - this.#startedMs)
      this.#startedMs = undefined
    }
  }
}

/** One full dump through the command line. CPU seconds are read when the dump is held, before it is taped. */
async function ourDump({ holdfast, pids }: Side, watch: DumpWatch): Promise<Measured> {
  const cpu = (): number => pids.reduce((sum, pid) => sum + cpuSeconds(pid), 0)
  const before = cpu()
  const held = watch.next().then((durationMs) => ({ seconds: durationMs / 1000, cpu: cpu() - before }))
  await holdfast.must('server', ['dump', HOST, '--level', 'full'])
  return held
}

async function compare(context: BenchContext, shape: Shape): Promise<void> {
  const dir = path.join(context.dir, shape.name)
  const tree = path.join(dir, 'tree')
  mkdirSync(dir, { recursive: true })
  const bytes = makeTree(tree, shape.fileCount, shape.fileBytes)
  await writeKeyFiles(dir)
  await using holdfast = new HoldfastLab({
    dir,
    port: await freePort(),
    serverYaml: `hosts:\n  ${HOST}:\n    - disk: ${tree}\n      exclude: []\n      estimate: server\n      strategy: noinc\nstorage:\n  directory: ${dir}/volumes\n  slots: 3\n  volume-size: 100 GiB\n  keep:\n    days: 0\n    fulls: 1\n`,
  })
  const server = await holdfast.startServer()
  await holdfast.enrol(HOST)
  const agent = await holdfast.startAgent(HOST)
  const side: Side = { holdfast, pids: [server.pid, agent.pid] }
  const ours: Measured[] = []
  const peers: Measured[] = []
  await using watch = new DumpWatch(holdfast)
  await watch.ready
  await ourDump(side, watch)
  await barePipe(dir, tree)
  for (let run = 0; run < RUNS; run++) {
    ours.push(await ourDump(side, watch))
    peers.push(await barePipe(dir, tree))
    context.note(`${shape.name} run ${run + 1}: ours ${ours.at(-1)?.seconds.toFixed(2)} s, bare pipe ${peers.at(-1)?.seconds.toFixed(2)} s`)
  }
  const rate = (runs: readonly Measured[]): number => bytes / 1e6 / median(runs.map((run) => run.seconds))
  const cpu = (runs: readonly Measured[]): number => Number(median(runs.map((run) => run.cpu)).toFixed(2))
  context.emit({
    bench: `dump/${shape.name}`,
    ours: Math.round(rate(ours)),
    peer: Math.round(rate(peers)),
    peerName: 'tar | Node TLS socket | file',
    unit: 'MB/s',
    ratio: Number((rate(ours) / rate(peers)).toFixed(3)),
    on: `${shape.fileCount} files of ${shape.fileBytes} bytes in memory, median of ${RUNS}`,
    cpuOurs: cpu(ours),
    cpuPeer: cpu(peers),
  })
  context.note(`${shape.name}: resident at most, server ${Math.round(residentBytes(server.pid).peak / 1e6)} MB, agent ${Math.round(residentBytes(agent.pid).peak / 1e6)} MB`)
  rmSync(tree, { recursive: true, force: true })
}

export const benchCase: BenchCase = {
  name: 'dump',
  summary: 'A full dump with everything, against a bare pipe tar | TLS | file',
  async run(context) {
    for (const shape of SHAPES) await compare(context, shape)
  },
}
