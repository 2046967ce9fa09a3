// A first backup of random bytes over a path of 1 Gbit/s and 150 ms, against a bare TCP connection over the same path: how much of the line each fills, by the kernel's count
// of what was put on it. `given`: buffers of TCP as the kernel of this machine has them; `wide`: they may grow to 64 MiB, in both namespaces. `vault-latency:given,wide,1500`
// names the kinds and the MB; a bare connection with the buffers given is asked for a fifth of them, since it is so much slower. The tree and the vault lie in memory, so that nothing but the path is slow. Needs root.

import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs'
import { randomFillSync } from 'node:crypto'
import path from 'node:path'
import { BackgroundProcess, command, waitUntil } from '../../integration/lab/commands.ts'
import { HoldfastLab } from '../../integration/lab/holdfast.ts'
import type { BenchCase, BenchContext } from '../case.ts'
import { compileProgram } from '../lab/compiled-program.ts'
import { LatencyPath, SERVER_ADDRESS } from '../lab/latency-path.ts'
import { residentBytes } from '../lab/measure.ts'

const HOST = 'client'
const MB = 1e6
const MEGABYTES = 1500
const RATE_BITS = 1e9
const LINE_BYTES = RATE_BITS / 8
const ROUND_TRIP_MS = 150
const WIDE_BYTES = 64 * 1024 * 1024
const FILE_BYTES = 100e6
const SAMPLE_MS = 200
/** A bare connection that fills a sixth of the line sends a part of what we send. */
const GIVEN_PARTS = 5
const PORTS = { tether: 10_090, bare: 10_091 }
/** Of the bytes of a flow: what lies between is steady. */
const STEADY = { from: 0.25, to: 0.95 }

interface Flow {
  /** Bytes a second on the wire: over all of its time, and once it is going. */
  readonly whole: number
  readonly steady: number
}

function makeRandomFiles(tree: string, bytes: number): void {
  mkdirSync(tree)
  const piece = Buffer.allocUnsafe(4 * 1024 * 1024)
  for (let index = 0, made = 0; made < bytes; index++) {
    const file = openSync(path.join(tree, `file-${index}`), 'w')
    for (let at = 0; at < FILE_BYTES && made < bytes; at += piece.length, made += piece.length) writeSync(file, randomFillSync(piece))
    closeSync(file)
  }
}

/** What `work` puts on the line. */
async function measured(sentBytes: () => number, work: () => Promise<unknown>): Promise<Flow> {
  const samples = [{ ms: performance.now(), bytes: sentBytes() }]
  const sample = (): void => void samples.push({ ms: performance.now(), bytes: sentBytes() })
  const timer = setInterval(sample, SAMPLE_MS)
  try {
    await work()
  } finally {
    clearInterval(timer)
  }
  sample()
  const [first, last] = [samples[0], samples.at(-1)]
  if (first === undefined || last === undefined) throw new Error('nothing was measured')
  const reached = (share: number): typeof first => samples.find(({ bytes }) => bytes >= first.bytes + share * (last.bytes - first.bytes)) ?? last
  const rate = (from: typeof first, to: typeof first): number => (to.bytes - from.bytes) / ((to.ms - from.ms) / 1000)
  return { whole: rate(first, last), steady: rate(reached(STEADY.from), reached(STEADY.to)) }
}

async function bareFlow(context: BenchContext, line: LatencyPath, bytes: number): Promise<Flow> {
  const words = (role: string): string[] => [process.execPath, '--disable-warning=ExperimentalWarning', path.join(import.meta.dirname, '../peers/bare-tcp.ts'), role, SERVER_ADDRESS, String(PORTS.bare), String(bytes)]
  await using receiver = new BackgroundProcess(line.on('server', words('receive')), path.join(context.dir, 'receive.out'))
  await waitUntil('the receiver listens', 30_000, () => receiver.output().includes('ready'))
  // It stays in the namespace for as long as counts are read.
  await using watcher = new BackgroundProcess(line.on('agent', ['sleep', '600']), path.join(context.dir, 'watch.out'))
  await waitUntil('the namespace is entered', 30_000, () => line.sentBytes(watcher.pid) >= 0)
  return await measured(() => line.sentBytes(watcher.pid), () => command(line.on('agent', words('send')), { timeoutMs: 280_000 }))
}

async function vaultFlow(context: BenchContext, line: LatencyPath, program: string, tree: string): Promise<Flow> {
  const dir = path.join(context.dir, 'lab')
  try {
    await using lab = new HoldfastLab({ dir, program, on: (side, argv) => line.on(side, argv), listenAddress: SERVER_ADDRESS, port: PORTS.tether, serverYaml: `hosts:\n  ${HOST}:\n    - disk: tree\n      device: ${tree}\n      exclude: []\nstorage:\n  kind: vault\n  directory: ${dir}/vault\n` })
    const server = await lab.startServer()
    await lab.enrol(HOST)
    const agent = await lab.startAgent(HOST)
    const flow = await measured(() => line.sentBytes(agent.pid), () => lab.must('server', ['dump', HOST], 280_000))
    context.note(`resident at most: server ${Math.round(residentBytes(server.pid).peak / MB)} MB, agent ${Math.round(residentBytes(agent.pid).peak / MB)} MB`)
    return flow
  } finally {
    rmSync(dir, { recursive: true, force: true })
  }
}

async function compare(context: BenchContext, kind: 'given' | 'wide', program: string, tree: string, bytes: number): Promise<void> {
  await using line = await LatencyPath.create({ dir: context.dir, delayMs: ROUND_TRIP_MS / 2, rateBits: RATE_BITS, queueMs: ROUND_TRIP_MS, ...(kind === 'wide' ? { tcpBytesMax: WIDE_BYTES } : {}) })
  const bare = await bareFlow(context, line, kind === 'wide' ? bytes : bytes / GIVEN_PARTS)
  const ours = await vaultFlow(context, line, program, tree)
  const share = (rate: number): string => `${((100 * rate) / LINE_BYTES).toFixed(1)} %`
  context.note(`${kind}: of the line of ${LINE_BYTES / MB} MB/s a bare TCP connection fills ${share(bare.whole)} (steady ${share(bare.steady)}), a first backup ${share(ours.whole)} (steady ${share(ours.steady)})`)
  const on = `${Math.round(bytes / MB)} MB of random bytes, 1 Gbit/s and ${ROUND_TRIP_MS} ms, TCP buffers ${kind}`
  for (const part of ['whole', 'steady'] as const) {
    const rounded = { ours: Number((ours[part] / MB).toFixed(1)), unit: 'MB/s on the wire', on }
    context.emit({ bench: `vault-latency/${kind}/${part}`, ...rounded, peer: LINE_BYTES / MB, peerName: 'the line', ratio: Number((ours[part] / LINE_BYTES).toFixed(3)) })
    context.emit({ bench: `vault-latency/${kind}/${part}`, ...rounded, peer: Number((bare[part] / MB).toFixed(1)), peerName: 'bare TCP', ratio: Number((ours[part] / bare[part]).toFixed(3)) })
  }
}

export const benchCase: BenchCase = {
  name: 'vault-latency',
  summary: 'how much of 1 Gbit/s with 150 ms a first backup fills, against a bare TCP connection (:given,wide,MEGABYTES)',
  async run(context) {
    const { parts } = context
    const bytes = (parts.map(Number).find((count) => Number.isSafeInteger(count) && count > 0) ?? MEGABYTES) * MB
    const program = compileProgram(path.join(context.dir, 'program'))
    const tree = path.join(context.dir, 'tree')
    makeRandomFiles(tree, bytes)
    const kinds = (['given', 'wide'] as const).filter((kind) => parts.includes(kind) || !(parts.includes('given') || parts.includes('wide')))
    for (const kind of kinds) await compare(context, kind, program, tree, bytes)
  },
}
