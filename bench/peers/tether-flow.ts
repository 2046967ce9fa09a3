// One end of the tether bench: the same bytes from memory, over a bare TLS 1.3 socket or over a tether, received and counted.
//   tether-flow.ts receive bare|tether DIR          listens, prints its port, prints `done BYTES MS CPU` after each flow, ends on stdin's end
//   tether-flow.ts send bare|tether DIR PORT BYTES  sends so many bytes
// DIR holds server.json, agent.json (identities) and registry.json. MS is from the first byte to the last; CPU is of the flow.

import path from 'node:path'
import tls from 'node:tls'
import { BufferPool } from '../../src/kernel/buffer-pool.ts'
import { systemClock } from '../../src/kernel/clock.ts'
import { silentLog } from '../../src/kernel/log.ts'
import { nodeDisk } from '../../src/kernel/node-disk.ts'
import { systemRandom } from '../../src/kernel/random.ts'
import { startAgentEndpoint } from '../../src/transport/tether/agent-endpoint.ts'
import { AgentRegistry } from '../../src/transport/tether/agent-registry.ts'
import { loadIdentity, type Identity } from '../../src/transport/tether/identity.ts'
import { ServerEndpoint } from '../../src/transport/tether/server-endpoint.ts'
import { createTlsDialer, listenTls } from '../../src/transport/tether/tls-link.ts'

const PIECE_BYTES = 128 * 1024
const MACHINE = new Uint8Array(16)

const [role, kind, dir = '', port = '0', bytesText = '0'] = process.argv.slice(2)

async function identity(name: string): Promise<Identity> {
  const found = await loadIdentity(nodeDisk, path.join(dir, name))
  if (found === undefined) throw new Error(`no ${name}`)
  return found
}

class Meter {
  #startedMs = 0
  #cpu = process.cpuUsage()
  #bytes = 0

  take(bytes: number): void {
    if (this.#bytes === 0) {
      this.#startedMs = performance.now()
      this.#cpu = process.cpuUsage()
    }
    this.#bytes += bytes
  }

  finish(): void {
    const { user, system } = process.cpuUsage(this.#cpu)
    process.stdout.write(`done ${this.#bytes} ${performance.now() - this.#startedMs} ${(user + system) / 1e6}\n`)
    this.#bytes = 0
  }
}

async function receiveBare(): Promise<void> {
  const own = await identity('server.json')
  const server = tls.createServer({ key: own.keyPem, cert: own.certificatePem, minVersion: 'TLSv1.3' }, (socket) => {
    const meter = new Meter()
    socket.on('data', (chunk) => meter.take(chunk.length))
    socket.on('end', () => meter.finish())
  })
  server.listen(0, '127.0.0.1', () => {
    const address = server.address()
    if (address !== null && typeof address === 'object') process.stdout.write(`port ${address.port}\n`)
  })
}

async function receiveTether(): Promise<void> {
  const registry = await AgentRegistry.open(nodeDisk, path.join(dir, 'registry.json'))
  const endpoint = new ServerEndpoint({
    clock: systemClock, random: systemRandom, log: silentLog, registry, machineId: MACHINE, program: 'bench', buffers: new BufferPool(),
    onLinkEvent: (event) => {
      // Each sender is a new process and so a new session. It is stopped as soon as it said `sent`, which ends the session.
      if (event.kind === 'up' && !event.isResumed) receive().catch(() => undefined)
    },
  })
  const receive = async (): Promise<void> => {
    const connection = await endpoint.connect('client', AbortSignal.timeout(10_000))
    for await (const packet of connection.request('sendbackup', '')) {
      const stream = connection.stream(Number(packet.body))
      const meter = new Meter()
      for (let piece = await stream.read(); piece !== null; piece = await stream.read()) meter.take(piece.length)
      meter.finish()
      await stream.end()
    }
  }
  const listener = await listenTls(await identity('server.json'), { host: '127.0.0.1', port: 0 }, (link, fingerprint, remote) => endpoint.accept(link, fingerprint, remote), (_remote, reason) => process.stderr.write(`${reason}\n`))
  process.stdout.write(`port ${listener.port}\n`)
}

async function sendBare(bytes: number): Promise<void> {
  const own = await identity('agent.json')
  const socket = tls.connect({ host: '127.0.0.1', port: Number(port), key: own.keyPem, cert: own.certificatePem, rejectUnauthorized: false, minVersion: 'TLSv1.3' })
  const piece = Buffer.alloc(PIECE_BYTES, 'x')
  await new Promise((resolve) => socket.once('secureConnect', resolve))
  const before = process.cpuUsage()
  for (let left = bytes; left > 0; left -= PIECE_BYTES) if (!socket.write(piece)) await new Promise((resolve) => socket.once('drain', resolve))
  await new Promise<void>((resolve) => socket.end(() => resolve()))
  const { user, system } = process.cpuUsage(before)
  process.stdout.write(`sent ${(user + system) / 1e6}\n`)
}

async function sendTether(bytes: number): Promise<void> {
  const own = await identity('agent.json')
  const server = await identity('server.json')
  const piece = Buffer.alloc(PIECE_BYTES, 'x')
  startAgentEndpoint({
    clock: systemClock, random: systemRandom, log: silentLog, machineId: MACHINE, program: 'bench', buffers: new BufferPool(), hostName: 'client', onLinkEvent: () => undefined,
    dialer: createTlsDialer(() => own, server.fingerprint, [{ host: '127.0.0.1', port: Number(port) }]),
    handler: async (request) => {
      const stream = request.openStream()
      const before = process.cpuUsage()
      request.rep(String(stream.handle))
      for (let left = bytes; left > 0; left -= PIECE_BYTES) await stream.write(piece)
      await stream.end()
      await stream.read()
      const { user, system } = process.cpuUsage(before)
      process.stdout.write(`sent ${(user + system) / 1e6}\n`)
    },
  })
}

if (role === 'receive') {
  await (kind === 'bare' ? receiveBare() : receiveTether())
  process.stdin.resume().on('end', () => process.exit(0))
} else {
  await (kind === 'bare' ? sendBare(Number(bytesText)) : sendTether(Number(bytesText)))
}
