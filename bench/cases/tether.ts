// The tether alone against a bare Node TLS 1.3 socket: the same bytes from memory, two processes on loopback, run in turn. Both check
// nothing and store nothing, so the ratio is the price of frames, acknowledgements, windows and replay.

import { spawn, type ChildProcess } from 'node:child_process'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { nodeDisk } from '../../src/kernel/node-disk.ts'
import { AgentRegistry } from '../../src/transport/tether/agent-registry.ts'
import { createIdentity, saveIdentity } from '../../src/transport/tether/identity.ts'
import { median, type BenchCase, type BenchContext } from '../case.ts'

const RUNS = 7
const FLOW_BYTES = 1024 * 1024 * 1024
const MIB = 1024 * 1024
const PEER = path.join(import.meta.dirname, '..', 'peers', 'tether-flow.ts')

type Kind = 'bare' | 'tether'

/** A child that says lines. */
class Talker {
  readonly child: ChildProcess
  readonly #lines: AsyncIterator<string>

  constructor(args: readonly string[]) {
    this.child = spawn(process.execPath, [PEER, ...args], { stdio: ['pipe', 'pipe', 'inherit'] })
    const { stdout } = this.child
    if (stdout === null) throw new Error('no stdout')
    this.#lines = createInterface({ input: stdout })[Symbol.asyncIterator]()
  }

  async line(word: string): Promise<readonly number[]> {
    const { value, done } = await this.#lines.next()
    if (done === true || !value.startsWith(`${word} `)) throw new Error(`expected ${word}, got ${String(value)}`)
    return value.split(' ').slice(1).map(Number)
  }
}

interface Flow {
  readonly mibPerSecond: number
  readonly cpuSeconds: number
}

async function flow(receiver: Talker, kind: Kind, dir: string, port: number): Promise<Flow> {
  const sender = new Talker(['send', kind, dir, String(port), String(FLOW_BYTES)])
  try {
    const [[bytes = 0, ms = 0, receiveCpu = 0], [sendCpu = 0]] = await Promise.all([receiver.line('done'), sender.line('sent')])
    if (bytes !== FLOW_BYTES) throw new Error(`${kind}: ${bytes} bytes arrived`)
    return { mibPerSecond: bytes / MIB / (ms / 1000), cpuSeconds: receiveCpu + sendCpu }
  } finally {
    sender.child.kill()
  }
}

async function run({ dir, emit, note }: BenchContext): Promise<void> {
  const agent = await createIdentity('agent', 0)
  await saveIdentity(nodeDisk, path.join(dir, 'agent.json'), agent)
  await saveIdentity(nodeDisk, path.join(dir, 'server.json'), await createIdentity('server', 0))
  const registry = await AgentRegistry.open(nodeDisk, path.join(dir, 'registry.json'))
  await registry.addToken('client', 'secret', 1, 0)
  await registry.enrol('secret', agent.fingerprint, 0)
  const receivers = { bare: new Talker(['receive', 'bare', dir]), tether: new Talker(['receive', 'tether', dir]) }
  try {
    const ports = { bare: (await receivers.bare.line('port'))[0] ?? 0, tether: (await receivers.tether.line('port'))[0] ?? 0 }
    const flows: Record<Kind, Flow[]> = { bare: [], tether: [] }
    for (let index = 0; index < RUNS; index++) {
      for (const kind of index % 2 === 0 ? (['bare', 'tether'] as const) : (['tether', 'bare'] as const)) {
        const seen = await flow(receivers[kind], kind, dir, ports[kind])
        flows[kind].push(seen)
        note(`${kind} ${Math.round(seen.mibPerSecond)} MiB/s, ${seen.cpuSeconds.toFixed(2)} s CPU`)
      }
    }
    const rate = (kind: Kind): number => median(flows[kind].map(({ mibPerSecond }) => mibPerSecond))
    const cpu = (kind: Kind): number => median(flows[kind].map(({ cpuSeconds }) => cpuSeconds))
    const ours = rate('tether')
    const peer = rate('bare')
    // The machine may be busy with other things: neighbours in time are compared as well.
    note(`median of the ratios of neighbouring runs: ${median(flows.tether.map(({ mibPerSecond }, index) => mibPerSecond / (flows.bare[index]?.mibPerSecond ?? Number.NaN))).toFixed(2)}`)
    emit({ bench: 'tether', ours, peer, peerName: 'bare Node TLS 1.3 socket', unit: 'MiB/s', ratio: ours / peer, on: `${FLOW_BYTES / MIB} MiB from memory, two processes on loopback, median of ${RUNS}`, cpuOurs: cpu('tether'), cpuPeer: cpu('bare') })
  } finally {
    receivers.bare.child.kill()
    receivers.tether.child.kill()
  }
}

export const benchCase: BenchCase = { name: 'tether', summary: 'the tether alone against a bare Node TLS socket, same bytes from memory', run }
