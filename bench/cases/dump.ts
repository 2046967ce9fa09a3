// A full dump (agent with our archiver, tether, holding disk, CRCs, index, durable) against a bare pipe `tar | Node TLS socket | file` of the same
// tree, both in memory, two processes on loopback, interleaved. The bare pipe runs twice: with the words the agent gives to tar, so that both
// move the same archive (nanoseconds, ACLs, attributes, the list for increments), and with tar's defaults, which leave all that out. Rates
// over the bytes of the tree; for ours from the dump's own start to its durable end on the holding disk; CPU seconds of all processes.

import { spawn, type ChildProcess } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import path from 'node:path'
import { freePort, HoldfastLab } from '../../integration/lab/holdfast.ts'
import { tarArguments } from '../../src/agent/gnutar/tar-arguments.ts'
import { nodeDisk } from '../../src/kernel/node-disk.ts'
import { median, type BenchCase, type BenchContext } from '../case.ts'
import { compileProgram } from '../lab/compiled-program.ts'
import { writeKeyFiles } from '../lab/key-files.ts'
import { cpuSeconds, makeTree, residentBytes, type TreeShape } from '../lab/measure.ts'

const RUNS = 7
const HOST = 'client'
const PEER = path.resolve(import.meta.dirname, '..', 'peers', 'bare-pipe.ts')
const NODE = [process.execPath, '--disable-warning=ExperimentalWarning', PEER]

interface Measured {
  readonly seconds: number
  readonly cpu: number
}

const SHAPES: readonly TreeShape[] = [
  { name: 'small-files', fileCount: 60_000, fileBytes: 8192 },
  { name: 'large-files', fileCount: 4, fileBytes: 256 * 1024 * 1024 },
]

/** User and system seconds of all children of this process that have ended. */
function childCpu(): number {
  return cpuSeconds(process.pid) - (process.cpuUsage().user + process.cpuUsage().system) / 1e6
}

/** The words with which the agent starts tar for a full dump of `tree`. */
async function agentsTar(dir: string, tree: string): Promise<readonly string[]> {
  const nothing = { files: [], lists: [], isOptional: false }
  const job = { host: HOST, disk: tree, device: tree, config: undefined, run: '20260101000000', exclude: nothing, include: nothing, properties: new Map([['default-excludes', ['no']]]), applicationProperties: new Map<string, readonly string[]>(), index: true, indexAttributes: true, record: true }
  return tarArguments(job, nodeDisk, { tar: 'tar', abilities: { version: '', extendedAttributes: true }, snapshotPath: path.join(dir, 'bare.snapshot'), isEstimate: false, readLines: () => Promise.resolve([]) })
}

function plainTar(tree: string): readonly string[] {
  return ['tar', '--create', '--file', '-', '--directory', tree, '.']
}

async function barePipe(dir: string, tar: readonly string[]): Promise<Measured> {
  rmSync(path.join(dir, 'bare.snapshot'), { force: true })
  const file = path.join(dir, 'bare.out')
  const cpuBefore = childCpu()
  const receiver = spawn(NODE[0] ?? 'node', [...NODE.slice(1), 'receive', dir, file], { stdio: ['ignore', 'pipe', 'inherit'] })
  let said = ''
  const port = await new Promise<string>((resolve) => receiver.stdout.on('data', (text: Buffer) => {
    said += text.toString()
    if (said.includes('\n')) resolve(said.split('\n')[0] ?? '')
  }))
  const startedMs = performance.now()
  const sender = spawn(NODE[0] ?? 'node', [...NODE.slice(1), 'send', dir, port, ...tar], { stdio: 'inherit' })
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

async function compare(context: BenchContext, program: string, shape: TreeShape): Promise<void> {
  const dir = path.join(context.dir, shape.name)
  const tree = path.join(dir, 'tree')
  mkdirSync(dir, { recursive: true })
  const bytes = makeTree(tree, shape.fileCount, shape.fileBytes)
  await writeKeyFiles(dir)
  await using holdfast = new HoldfastLab({
    dir,
    program,
    port: await freePort(),
    serverYaml: `hosts:\n  ${HOST}:\n    - disk: ${tree}\n      exclude: []\n      estimate: server\n      strategy: noinc\nstorage:\n  directory: ${dir}/volumes\n  slots: 3\n  volume-size: 100 GiB\n  keep:\n    days: 0\n    fulls: 1\n`,
  })
  const server = await holdfast.startServer()
  await holdfast.enrol(HOST)
  const agent = await holdfast.startAgent(HOST)
  const side: Side = { holdfast, pids: [server.pid, agent.pid] }
  const ours: Measured[] = []
  const peers = [
    { name: 'same-tar', peerName: 'the same tar | Node TLS socket | file', tar: await agentsTar(dir, tree), runs: [] as Measured[] },
    { name: 'plain-tar', peerName: 'plain tar | Node TLS socket | file', tar: plainTar(tree), runs: [] as Measured[] },
  ]
  await using watch = new DumpWatch(holdfast)
  await watch.ready
  await ourDump(side, watch)
  for (const { tar } of peers) await barePipe(dir, tar)
  for (let run = 0; run < RUNS; run++) {
    ours.push(await ourDump(side, watch))
    for (const { tar, runs } of peers) runs.push(await barePipe(dir, tar))
    context.note(`${shape.name} run ${run + 1}: ours ${ours.at(-1)?.seconds.toFixed(2)} s, bare pipe ${peers.map(({ name, runs }) => `${runs.at(-1)?.seconds.toFixed(2)} s (${name})`).join(', ')}`)
  }
  const rate = (runs: readonly Measured[]): number => bytes / 1e6 / median(runs.map((run) => run.seconds))
  const cpu = (runs: readonly Measured[]): number => Number(median(runs.map((run) => run.cpu)).toFixed(2))
  for (const { name, peerName, runs } of peers) {
    context.emit({
      bench: `dump/${shape.name}/${name}`,
      ours: Math.round(rate(ours)),
      peer: Math.round(rate(runs)),
      peerName,
      unit: 'MB/s',
      ratio: Number((rate(ours) / rate(runs)).toFixed(3)),
      on: `${shape.fileCount} files of ${shape.fileBytes} bytes in memory, median of ${RUNS}`,
      cpuOurs: cpu(ours),
      cpuPeer: cpu(runs),
    })
  }
  context.note(`${shape.name}: resident at most, server ${Math.round(residentBytes(server.pid).peak / 1e6)} MB, agent ${Math.round(residentBytes(agent.pid).peak / 1e6)} MB`)
  rmSync(tree, { recursive: true, force: true })
}

export const benchCase: BenchCase = {
  name: 'dump',
  summary: 'A full dump with everything, against a bare pipe tar | TLS | file (parts: small-files, large-files)',
  async run(context) {
    const program = compileProgram(path.join(context.dir, 'program'))
    for (const shape of SHAPES) if (context.parts.length === 0 || context.parts.includes(shape.name)) await compare(context, program, shape)
  },
}
