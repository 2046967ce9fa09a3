// Streams and the services that opened them, over virtual time: silence of any length is no end, and the end of a service is one.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DiskImage } from '../../../sim/disk-image.ts'
import { instantDisk } from '../../../sim/disk.ts'
import { Life, Scheduler } from '../../../sim/scheduler.ts'
import { BufferPool } from '../../kernel/buffer-pool.ts'
import { sleep } from '../../kernel/clock.ts'
import { Fault } from '../../kernel/fault.ts'
import { silentLog } from '../../kernel/log.ts'
import type { ByteStream, RequestHandler } from '../contract.ts'
import { startAgentEndpoint } from './agent-endpoint.ts'
import { AgentRegistry } from './agent-registry.ts'
import { createMemoryLinkPair } from './memory-link.ts'
import { ServerEndpoint } from './server-endpoint.ts'

const HOUR_MS = 3_600_000

/** A server and an agent whose service opens two streams and names one, which the server takes. */
async function openStream(serve: (stream: ByteStream, silence: () => Promise<void>, unannounced: ByteStream) => Promise<void>, isAnswerLate = false): Promise<{ scheduler: Scheduler; stream: ByteStream }> {
  const scheduler = new Scheduler(1)
  const { clock } = new Life(scheduler, 'both')
  const common = { clock, random: scheduler.random, log: silentLog, machineId: new Uint8Array(16), program: 'test', buffers: new BufferPool({ poisons: true }), onLinkEvent() {} }
  const registry = await AgentRegistry.open(instantDisk(new DiskImage()), '/agents.json')
  await registry.addToken('alpha', 'secret', Number.MAX_SAFE_INTEGER, 0)
  await registry.enrol('secret', 'key', 0)
  const endpoint = new ServerEndpoint({ ...common, registry })
  const handler: RequestHandler = async (request) => {
    const stream = request.openStream()
    const unannounced = request.openStream()
    if (isAnswerLate) await sleep(clock, HOUR_MS)
    request.rep(String(stream.handle))
    await serve(stream, () => sleep(clock, HOUR_MS), unannounced)
  }
  const dial = () => {
    const [near, far] = createMemoryLinkPair(clock)
    endpoint.accept(far, 'key', '192.0.2.1:9')
    return Promise.resolve(near)
  }
  startAgentEndpoint({ ...common, handler, hostName: 'alpha', dialer: { dial } })
  const ask = async (): Promise<ByteStream> => {
    const connection = await endpoint.connect('alpha', new AbortController().signal)
    let handle = 0
    for await (const packet of connection.request('sendbackup', '')) handle = Number(packet.body)
    return connection.stream(handle)
  }
  return { scheduler, stream: await scheduler.complete('a stream', 2 * HOUR_MS, ask()) }
}

test('a service may write into a stream for the first time hours after the other direction has ended', async () => {
  const { scheduler, stream } = await openStream(async (opened, silence) => {
    await silence()
    await opened.write(Buffer.from('late'))
    await opened.end()
  })
  stream.end().catch(() => undefined)
  assert.equal(String(await scheduler.complete('a piece', 2 * HOUR_MS, stream.read())), 'late')
  assert.equal(await scheduler.complete('the end', HOUR_MS, stream.read()), null)
})

test('a stream that a service has only read from ends when the service is over', async () => {
  const seen: string[] = []
  const { scheduler, stream } = await openStream(async (opened) => {
    for (let piece = await opened.read(); piece !== null; piece = await opened.read()) seen.push(Buffer.from(piece).toString())
  })
  await scheduler.complete('the write', HOUR_MS, stream.write(Buffer.from('all')))
  await scheduler.complete('our end', HOUR_MS, stream.end())
  assert.equal(await scheduler.complete('the end', HOUR_MS, stream.read()), null)
  assert.deepEqual(seen, ['all'])
})

test('a stream waits to be taken until the request it belongs to has been answered', async () => {
  const { scheduler, stream } = await openStream(async (opened) => {
    await opened.write(Buffer.from('here'))
    await opened.end()
  }, true)
  assert.equal(String(await scheduler.complete('a piece', HOUR_MS, stream.read())), 'here')
})

test('a stream that nobody takes ends for its writer once the request is over', async () => {
  const failed = Promise.withResolvers<unknown>()
  const { scheduler } = await openStream(async (_opened, _silence, unannounced) => {
    const piece = new Uint8Array(1_000_000)
    await unannounced.write(piece).then(() => unannounced.write(piece)).catch((error: unknown) => failed.resolve(error))
  })
  const error = await scheduler.complete('the end of the stream', HOUR_MS, failed.promise)
  assert.ok(error instanceof Fault && error.code === 'cancelled' && error.message.startsWith('nobody took stream'))
})
