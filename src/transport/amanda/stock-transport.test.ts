import assert from 'node:assert/strict'
import { it } from 'node:test'
import { listenAsStockPeer, stockPeerPrograms } from '../../../testkit/stock-peer.ts'
import { systemClock } from '../../kernel/clock.ts'
import { Fault } from '../../kernel/fault.ts'
import { silentLog } from '../../kernel/log.ts'
import { nodeProcesses } from '../../kernel/node-processes.ts'
import type { ProcessRunner } from '../../kernel/processes.ts'
import { seededRandom } from '../../kernel/random.ts'
import { transportSuite, type Rig } from '../conformance.ts'
import type { RequestHandler } from '../contract.ts'
import type { StockClientOptions } from './client-options.ts'
import { StockTransport } from './stock-transport.ts'

const CLIENT: StockClientOptions = {
  auth: 'bsdtcp', address: '127.0.0.1', port: 0, user: 'backup', connectTimeoutMs: 10_000, connectTries: 1, requestTries: 3, replyTimeoutMs: 30_000, estimateTimeoutMs: 30_000,
  // Ports below 1024 need a right that tests need not have; the peer of the tests does not mind.
  amandad: { path: '/usr/lib/amanda/amandad', login: 'backup', keyFile: undefined, port: undefined },
  keepaliveMs: 5000, reservedTcpPorts: { first: 20_000, last: 60_000 }, reservedUdpPorts: { first: 20_000, last: 60_000 }, unreservedTcpPorts: undefined,
}

function transportWith(client: Partial<StockClientOptions>, processes: ProcessRunner = nodeProcesses): StockTransport {
  return new StockTransport({ clock: systemClock, random: seededRandom(client.port ?? 1), log: silentLog, processes, userName: 'backup', clients: new Map([['client', { ...CLIENT, ...client }]]) })
}

function transportTo(port: number): StockTransport {
  return transportWith({ port })
}

async function rigOf(handler: RequestHandler): Promise<Rig> {
  const peer = await listenAsStockPeer(handler)
  return { transport: transportTo(peer.port), host: 'client', close: () => peer.close() }
}

transportSuite('bsdtcp', rigOf, undefined, ['reasons', 'abort', 'windows'])

for (const auth of ['ssh', 'local'] as const) {
  transportSuite(auth, (handler) => {
    const peer = stockPeerPrograms(handler)
    return Promise.resolve({ transport: transportWith({ auth }, peer.processes), host: 'client', close: () => peer.end('') })
  }, undefined, ['reasons', 'abort', 'windows'])
}

const NEVER = new AbortController().signal

it('bsdtcp: a client that is not in the configuration, that does not listen, or that has no such service is told apart', async () => {
  const peer = await listenAsStockPeer(() => Promise.resolve())
  const transport = transportTo(peer.port)
  await assert.rejects(transport.connect('nobody', NEVER), (error) => error instanceof Fault && error.code === 'host-unknown')
  const connection = await transport.connect('client', NEVER)
  await assert.rejects(async () => {
    for await (const packet of connection.request('compare', '')) assert.fail(packet.body)
  }, (error) => error instanceof Fault && error.code === 'agent-refused')
  await connection.close(new Fault('cancelled', 'done'))
  await peer.close()
  await assert.rejects(transport.connect('client', NEVER), (error) => error instanceof Fault && error.code === 'agent-unreachable' && error.message === 'Request to client failed: Connection refused')
})

it('bsdtcp: a client that goes in mid-dump is told with the stream that broke', async () => {
  let goAway = (): void => undefined
  const peer = await listenAsStockPeer(async (request) => {
    const [data, mesg] = [request.openStream(), request.openStream()]
    request.rep(`CONNECT DATA ${data.handle} MESG ${mesg.handle}\nOPTIONS ;\n`)
    await data.write(Buffer.from('some bytes'))
    await new Promise<void>((resolve) => (goAway = resolve))
  })
  const connection = await transportTo(peer.port).connect('client', NEVER)
  let body = ''
  for await (const packet of connection.request('sendbackup', 'OPTIONS ;\n')) body = packet.body
  const [, handle] = /DATA (\d+)/.exec(body) ?? []
  const data = connection.stream(Number(handle))
  assert.equal(Buffer.from((await data.read()) ?? []).toString(), 'some bytes')
  await peer.close()
  goAway()
  await assert.rejects(data.read(), (error) => error instanceof Fault && error.code === 'dump-incomplete' && /without saying that it was complete: .* after the last byte of DATA/.test(error.message))
  assert.equal((await connection.closed).code, 'connection-lost')
})

const isFault = (code: string, message: string) => (error: unknown) => error instanceof Fault && error.code === code && error.message === message

it('ssh: what ssh complains about is in the error, and a program that is not there is named', async () => {
  const peer = stockPeerPrograms(() => Promise.resolve())
  const connecting = transportWith({ auth: 'ssh' }, {
    async start(spec) {
      const running = await peer.processes.start(spec)
      peer.end('Warning: Identity file /k not accessible: No such file or directory.\nbackup@127.0.0.1: Permission denied (publickey).\n')
      return running
    },
  }).connect('client', NEVER)
  await assert.rejects(connecting, isFault('agent-unreachable', 'Request to client failed: ssh exited with status 255: Warning: Identity file /k not accessible: No such file or directory.; backup@127.0.0.1: Permission denied (publickey).'))
  const nowhere = transportWith({ auth: 'local', amandad: { ...CLIENT.amandad, path: '/nowhere/amandad' } })
  await assert.rejects(nowhere.connect('client', NEVER), isFault('agent-unreachable', "Request to client failed: couldn't exec /nowhere/amandad: No such file or directory"))
})

it('ssh: a program that ends in mid-dump is told with its words', async () => {
  const peer = stockPeerPrograms(async (request) => {
    const data = request.openStream()
    request.rep(`CONNECT DATA ${data.handle}\nOPTIONS ;\n`)
    await data.write(Buffer.from('some bytes'))
  })
  const connection = await transportWith({ auth: 'ssh' }, peer.processes).connect('client', NEVER)
  let body = ''
  for await (const packet of connection.request('sendbackup', 'OPTIONS ;\n')) body = packet.body
  const data = connection.stream(Number(/DATA (\d+)/.exec(body)?.[1]))
  assert.equal(Buffer.from((await data.read()) ?? []).toString(), 'some bytes')
  peer.end('Connection to 127.0.0.1 closed by remote host.\n')
  await assert.rejects(data.read(), isFault('dump-incomplete', 'the client ended the dump without saying that it was complete: ssh exited with status 255: Connection to 127.0.0.1 closed by remote host., 0 s after the last byte of DATA'))
})

it('local: only for names of this machine', async () => {
  const peer = stockPeerPrograms(() => Promise.resolve())
  await assert.rejects(transportWith({ auth: 'local', address: '192.0.2.1' }, peer.processes).connect('client', NEVER), isFault('agent-unreachable', 'Request to client failed: 192.0.2.1: is not local'))
})
