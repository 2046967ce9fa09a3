import assert from 'node:assert/strict'
import { it } from 'node:test'
import { listenAsStockPeer } from '../../../testkit/stock-peer.ts'
import { systemClock } from '../../kernel/clock.ts'
import { Fault } from '../../kernel/fault.ts'
import { silentLog } from '../../kernel/log.ts'
import { seededRandom } from '../../kernel/random.ts'
import { transportSuite, type Rig } from '../conformance.ts'
import type { RequestHandler } from '../contract.ts'
import type { StockClientOptions } from './client-options.ts'
import { StockTransport } from './stock-transport.ts'

const CLIENT: StockClientOptions = {
  auth: 'bsdtcp', address: '127.0.0.1', port: 0, user: 'backup', connectTimeoutMs: 10_000, connectTries: 1, requestTries: 3, replyTimeoutMs: 30_000, estimateTimeoutMs: 30_000,
  // Ports below 1024 need a right that tests need not have; the peer of the tests does not mind.
  keepaliveMs: 5000, reservedTcpPorts: { first: 20_000, last: 60_000 }, reservedUdpPorts: { first: 20_000, last: 60_000 }, unreservedTcpPorts: undefined,
}

function transportTo(port: number): StockTransport {
  return new StockTransport({ clock: systemClock, random: seededRandom(port), log: silentLog, clients: new Map([['client', { ...CLIENT, port }]]) })
}

async function rigOf(handler: RequestHandler): Promise<Rig> {
  const peer = await listenAsStockPeer(handler)
  return { transport: transportTo(peer.port), host: 'client', close: () => peer.close() }
}

transportSuite('bsdtcp', rigOf, undefined, ['reasons', 'abort', 'windows'])

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
