import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createBytePipe, type BytePipe } from '../../kernel/byte-pipe.ts'
import type { ByteSink } from '../../kernel/byte-stream.ts'
import { Fault } from '../../kernel/fault.ts'
import { CONTROL_LINE_BYTES_MAX, type ControlReply, type ServerEvent } from './contract.ts'
import { serveControl, type ControlHandler } from './control-connection.ts'

const STOPPING: ServerEvent = { kind: 'stopping', atMs: 1 }

interface Client {
  readonly input: BytePipe
  readonly served: Promise<void>
  readonly server: AbortController
  send(value: unknown): Promise<void>
  next(): Promise<ControlReply>
}

function connect(handler: ControlHandler, sink?: ByteSink): Client {
  const input = createBytePipe(64 * 1024 * 1024)
  const output = createBytePipe(64 * 1024)
  const server = new AbortController()
  const served = serveControl(input, sink ?? output, handler, server.signal)
  let rest = ''
  return {
    input,
    served,
    server,
    send: (value) => input.write(Buffer.from(`${JSON.stringify(value)}\n`)),
    async next() {
      for (;;) {
        const end = rest.indexOf('\n')
        if (end >= 0) {
          const line = rest.slice(0, end)
          rest = rest.slice(end + 1)
          return JSON.parse(line) as ControlReply
        }
        const piece = await output.read()
        if (piece === null) throw new Error('the connection has ended')
        rest += Buffer.from(piece).toString()
      }
    },
  }
}

const agents: ControlHandler = async () => ({ agents: [] })
const untilAborted: ControlHandler = (_request, _emit, signal) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

test('each request is answered once with its id, whatever the pieces, and side by side', async () => {
  const client = connect(async (request, emit) => {
    if (request.kind === 'watch') {
      emit(STOPPING)
      return { reason: 'stopping' }
    }
    if (request.kind === 'renew') throw new Fault('agent-unreachable', 'nobody there')
    return { agents: [] }
  })
  const text = [{ id: 7, request: { kind: 'agents' } }, { id: 8, request: { kind: 'watch' } }, { id: 9, request: { kind: 'renew', host: 'a' } }].map((call) => `${JSON.stringify(call)}\n`).join('\n')
  for (const byte of Buffer.from(text)) await client.input.write(Uint8Array.of(byte))
  const replies = [await client.next(), await client.next(), await client.next(), await client.next()]
  assert.deepEqual(replies.map(({ id, kind }) => `${id} ${kind}`).toSorted(), ['7 result', '8 event', '8 result', '9 fault'])
  const fault = replies.find((reply) => reply.kind === 'fault')
  assert.ok(fault?.kind === 'fault' && fault.fault.code === 'agent-unreachable' && fault.fault.next.length > 10)
  await client.input.end()
  await client.served
})

test('a request that is not known or has wrong fields is a fault, and the connection goes on', async () => {
  const client = connect(agents)
  const wrong: readonly unknown[] = [{ kind: 'format-disk' }, { kind: 'dump' }, { kind: 'dump', selection: [], level: 10 }, { kind: 'cancel', run: '1' }, { kind: 'renew', host: '' }, 'dump', null, { kind: 'agents', extra: 1 }]
  for (const [id, request] of wrong.entries()) {
    await client.send({ id, request })
    const reply = await client.next()
    assert.ok(reply.kind === 'fault' && reply.id === id && reply.fault.code === 'wire-malformed', JSON.stringify(reply))
  }
  await client.send({ id: 99, request: { kind: 'agents' } })
  assert.equal((await client.next()).kind, 'result')
  await client.input.end()
  await client.served
})

test('garbage, a call without an id and a line without an end close the connection', async () => {
  for (const bytes of [Buffer.from('\u0000\u0001 not JSON\n'), Buffer.from('{"request":{"kind":"agents"}}\n'), Buffer.alloc(CONTROL_LINE_BYTES_MAX + 1, 'x')]) {
    const client = connect(() => assert.fail('a handler was asked'))
    await client.input.write(bytes)
    await client.served
    await assert.rejects(client.next(), /has ended/)
  }
})

test('a client that goes in the middle of a request ends it', async () => {
  let reason: unknown
  const client = connect((_request, _emit, signal) => new Promise((_resolve, reject) => signal.addEventListener('abort', () => reject((reason = signal.reason)))))
  await client.send({ id: 1, request: { kind: 'status' } })
  await client.input.end()
  await client.served
  assert.ok(reason instanceof Fault && reason.code === 'cancelled')
})

test('more open requests than the limit are refused, and a server that stops ends them all', async () => {
  const client = connect(untilAborted)
  for (let id = 0; id < 17; id++) await client.send({ id, request: { kind: 'status' } })
  const refused = await client.next()
  assert.ok(refused.kind === 'fault' && refused.id === 16 && refused.fault.code === 'tether-limit')
  client.server.abort(new Fault('server-stopping', 'the server is stopping'))
  await client.served
})

test('a client that does not read its events is let go; until then it only misses progress', async () => {
  let written = 0
  let letGo: (reason: Fault) => void = () => undefined
  const stuck: ByteSink = {
    write() {
      written++
      return new Promise((_resolve, reject) => (letGo = reject))
    },
    end: () => Promise.resolve(),
    fail: (reason) => letGo(reason),
  }
  let emitted = 0
  let ended: unknown
  const client = connect(
    (_request, emit, signal) =>
      new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject((ended = signal.reason)))
        const progress = { kind: 'dump-progress', atMs: 1, dump: {} } as unknown as ServerEvent
        for (let count = 0; count < 30_000; count++) emit(progress)
        assert.ok(!signal.aborted, 'progress alone ended a slow client')
        while (!signal.aborted && emitted < 30_000) {
          emitted++
          emit(STOPPING)
        }
      }),
    stuck,
  )
  await client.send({ id: 1, request: { kind: 'watch' } })
  while (ended === undefined) await Promise.resolve()
  assert.ok(ended instanceof Fault && ended.code === 'timed-out' && emitted <= 20_001, String(emitted))
  await client.served
  assert.ok(written <= 1)
})
