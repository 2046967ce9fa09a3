// The suite that every transport passes: what contract.ts promises, seen from both sides. A transport gives it a factory of a rig: a
// Transport whose one host is served by the handler the suite brings. Nothing here knows what carries the bytes.

import assert from 'node:assert/strict'
import { it } from 'node:test'
import { readAll } from '../kernel/byte-stream.ts'
import { systemClock } from '../kernel/clock.ts'
import { Fault } from '../kernel/fault.ts'
import { seededRandom } from '../kernel/random.ts'
import { formatConnectReply, parseConnectReply, type StreamName } from '../wire/amanda/connect-reply.ts'
import type { ByteStream, Connection, IncomingRequest, Packet, RequestHandler, Transport } from './contract.ts'

export interface Rig {
  readonly transport: Transport
  readonly host: string
  close(): Promise<void> | void
}

/** Bytes that one direction may take from a writer whose reader has stopped: windows at their largest and what is being framed. */
const STOPPED_BYTES_MAX = 48 * 1024 * 1024
const LARGE_BYTES = 8 * 1024 * 1024
const SMALL_BYTES_MAX = 1024 * 1024

/**
 * What Amanda's own protocol cannot carry: why a stream ended, that a request is given up, and windows of each stream's own. A transport that
 * lacks one says so, and the tests of it are shown as skipped.
 */
export type Ability = 'reasons' | 'abort' | 'windows'

const NAMES: readonly StreamName[] = ['DATA', 'MESG', 'INDEX']

type CreateRig = (handler: RequestHandler) => Promise<Rig>

async function packetsOf(packets: AsyncIterable<Packet>): Promise<Packet[]> {
  const all: Packet[] = []
  for await (const packet of packets) all.push(packet)
  return all
}

/** Sends a request whose REP holds stream handles, and takes the streams. */
async function streamsOf(connection: Connection, body = ''): Promise<ByteStream[]> {
  const packets = await packetsOf(connection.request('sendbackup', body))
  const rep = packets.at(-1)
  assert.equal(rep?.kind, 'rep', JSON.stringify(packets))
  const reply = parseConnectReply(rep.body)
  assert.ok(reply.kind === 'connect')
  return [...reply.streams.values()].map((handle) => connection.stream(handle))
}

function codeIs(code: string, text?: RegExp): (error: unknown) => boolean {
  return (error) => {
    assert.ok(error instanceof Fault, String(error))
    assert.equal(error.code, code)
    if (text !== undefined) assert.match(error.message, text)
    return true
  }
}

/** Deterministic bytes; the value at an offset does not depend on how they are cut. */
function pattern(offset: number, bytes: number): Uint8Array {
  const piece = Buffer.allocUnsafe(bytes)
  for (let index = 0; index < bytes; index++) piece[index] = ((offset + index) * 31 + ((offset + index) >>> 11)) & 0xff
  return piece
}

async function writePattern(stream: ByteStream, total: number, seed: number): Promise<void> {
  const random = seededRandom(seed)
  for (let offset = 0; offset < total; ) {
    const bytes = Math.min(total - offset, 1 + random.int(150_000))
    await stream.write(pattern(offset, bytes))
    offset += bytes
  }
  await stream.end()
}

async function readPattern(stream: ByteStream): Promise<number> {
  let offset = 0
  for (;;) {
    const piece = await stream.read()
    if (piece === null) return offset
    assert.ok(piece.length > 0, 'a piece is never empty')
    assert.ok(Buffer.from(piece.buffer, piece.byteOffset, piece.length).equals(pattern(offset, piece.length)), `bytes differ after offset ${offset}`)
    offset += piece.length
  }
}

/** Lets everything that can happen happen. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 200; turn++) await new Promise<void>((resolve) => systemClock.afterPoll(resolve))
}

/** Registers the suite. `settle` waits until nothing moves any more; the default suits transports without real time. */
export function transportSuite(name: string, createRig: CreateRig, isQuiet: () => Promise<void> = settle, lacks: readonly Ability[] = []): void {
  const test: Test = (what, handler, body, needs) => {
    it(`${name}: ${what}`, { skip: needs !== undefined && lacks.includes(needs) ? `its wire cannot carry: ${needs}` : false }, async () => {
      const rig = await createRig(handler)
      try {
        const connection = await rig.transport.connect(rig.host, new AbortController().signal)
        assert.equal(connection.peer.host, rig.host)
        await body(connection, rig)
      } finally {
        await rig.close()
      }
    })
  }
  requestTests(test)
  streamTests(test, isQuiet)
  endTests(test, isQuiet)
}

type Test = (what: string, handler: RequestHandler, body: (connection: Connection, rig: Rig) => Promise<void>, needs?: Ability) => void

function requestTests(test: Test): void {
  test('a request is answered by growing PREPs and one REP', (request) => {
    assert.equal(request.service, 'sendsize')
    request.prep('one\n')
    request.prep('one\ntwo\n')
    request.rep(`${request.body}: one\ntwo\nthree\n`)
    request.rep('never seen')
    return Promise.resolve()
  }, async (connection) => {
    const packets = await packetsOf(connection.request('sendsize', 'äöü body'))
    assert.deepEqual(packets.at(-1), { kind: 'rep', body: 'äöü body: one\ntwo\nthree\n' })
    assert.ok(packets.slice(0, -1).every(({ kind }) => kind === 'prep'))
  })

  test('a refusal is a NAK, and so are a throw and a handler that says nothing', async (request) => {
    await Promise.resolve()
    if (request.body === 'throw') throw new Fault('disk-busy', 'the disk is being dumped')
    if (request.body === 'nak') request.nak('ERROR not here\n')
  }, async (connection) => {
    assert.deepEqual(await packetsOf(connection.request('noop', 'nak')), [{ kind: 'nak', body: 'ERROR not here\n' }])
    assert.deepEqual(await packetsOf(connection.request('noop', 'throw')), [{ kind: 'nak', body: 'ERROR the disk is being dumped\n' }])
    const [silent] = await packetsOf(connection.request('noop', 'silent'))
    assert.equal(silent?.kind, 'nak')
  })

  test('many requests run at once and a large body comes whole', async (request) => {
    await Promise.resolve()
    request.rep(request.body.length > 1000 ? `${request.body.length} ${request.body.slice(-8)}` : request.body)
  }, async (connection) => {
    const answers = await Promise.all(Array.from({ length: 40 }, (_value, index) => packetsOf(connection.request('noop', `body ${index}`))))
    assert.deepEqual(answers.map((packets) => packets.at(-1)?.body), Array.from({ length: 40 }, (_value, index) => `body ${index}`))
    const body = `${'é'.repeat(300_000)}the end.`
    assert.equal((await packetsOf(connection.request('sendsize', body))).at(-1)?.body, `${body.length} the end.`)
  })

  const told: string[] = []
  test('an aborted request rejects, and the handler is told', (request) => new Promise((resolve) => {
    request.prep('started\n')
    request.signal.addEventListener('abort', () => {
      told.push(request.body)
      resolve()
    }, { once: true })
  }), async (connection) => {
    const controller = new AbortController()
    await assert.rejects(async () => {
      for await (const packet of connection.request('sendsize', 'by signal', controller.signal)) {
        assert.equal(packet.kind, 'prep')
        controller.abort()
      }
    }, codeIs('cancelled'))
    for await (const packet of connection.request('sendsize', 'by leaving')) {
      assert.equal(packet.kind, 'prep')
      break
    }
    const aborted = new AbortController()
    aborted.abort()
    await assert.rejects(packetsOf(connection.request('noop', 'never', aborted.signal)), codeIs('cancelled'))
    for (let turn = 0; told.length < 2 && turn < 10_000; turn++) await new Promise<void>((resolve) => systemClock.afterPoll(resolve))
    assert.deepEqual(told, ['by signal', 'by leaving'])
  }, 'abort')
}

/** Opens `count` streams, announces them and runs `work` on them. */
function serveStreams(count: number, work: (streams: readonly ByteStream[], request: IncomingRequest) => Promise<unknown>): RequestHandler {
  return async (request) => {
    const streams = Array.from({ length: count }, () => request.openStream())
    request.rep(formatConnectReply(streams.map(({ handle }, index) => [NAMES[index] ?? 'STATE', handle])))
    await work(streams, request)
  }
}

function pick(streams: readonly ByteStream[], index: number): ByteStream {
  const stream = streams[index]
  assert.ok(stream !== undefined)
  return stream
}

function streamTests(test: Test, isQuiet: () => Promise<void>): void {
  test('large data arrives intact in both directions at once', serveStreams(1, (streams) => Promise.all([writePattern(pick(streams, 0), LARGE_BYTES, 1), readPattern(pick(streams, 0))])), async (connection) => {
    const [stream] = await streamsOf(connection)
    assert.ok(stream !== undefined)
    const [, bytes] = await Promise.all([writePattern(stream, LARGE_BYTES + 7, 2), readPattern(stream)])
    assert.equal(bytes, LARGE_BYTES)
  })

  let taken = 0
  test('a reader that stops stops the writer, and only it', serveStreams(2, async (streams) => {
    const stopped = async (): Promise<void> => {
      const piece = new Uint8Array(64 * 1024)
      for (;;) {
        await pick(streams, 0).write(piece)
        taken += piece.length
      }
    }
    await Promise.all([stopped().catch(() => undefined), writePattern(pick(streams, 1), SMALL_BYTES_MAX, 3)])
  }), async (connection) => {
    const [stopped, other] = await streamsOf(connection)
    assert.ok(stopped !== undefined && other !== undefined)
    await stopped.read()
    assert.equal(await readPattern(other), SMALL_BYTES_MAX)
    await isQuiet()
    const before = taken
    await isQuiet()
    assert.equal(taken, before, 'the writer must be held')
    assert.ok(taken <= STOPPED_BYTES_MAX, `${taken} bytes were taken`)
    stopped.cancel(new Fault('cancelled', 'enough'))
  }, 'windows')

  test('an unread stream does not hold requests', serveStreams(1, async (streams) => {
    for (;;) await pick(streams, 0).write(new Uint8Array(64 * 1024))
  }), async (connection) => {
    const [unread] = await streamsOf(connection)
    const [second] = await streamsOf(connection)
    assert.ok(unread !== undefined && second !== undefined)
    assert.ok((await second.read())?.length)
  }, 'windows')

  test('a handle is taken once, and only if announced', serveStreams(1, (streams) => pick(streams, 0).end()), async (connection) => {
    const [stream] = await streamsOf(connection)
    assert.ok(stream !== undefined)
    assert.throws(() => connection.stream(stream.handle), codeIs('wire-malformed'))
    assert.throws(() => connection.stream(stream.handle + 1000), codeIs('wire-malformed'))
    assert.equal(await stream.read(), null)
  })
}

function endTests(test: Test, isQuiet: () => Promise<void>): void {
  test('a bad end is told with its reason', serveStreams(1, (streams) => {
    pick(streams, 0).fail(new Fault('disk-full', 'no space left on /srv'))
    return Promise.resolve()
  }), async (connection) => {
    const [bad] = await streamsOf(connection)
    assert.ok(bad !== undefined)
    await assert.rejects(readAll(bad, 1000), codeIs('disk-full', /no space left on \/srv/))
  }, 'reasons')

  test('each direction keeps its own end', serveStreams(2, async (streams) => {
    await pick(streams, 0).write(Buffer.from('all of it'))
    await pick(streams, 0).end()
    // The first stream was ended here and can still be read.
    const text = Buffer.from(await readAll(pick(streams, 0), 1000)).toString()
    await pick(streams, 1).write(Buffer.from(text.toUpperCase()))
    await pick(streams, 1).end()
  }), async (connection) => {
    const [good, echo] = await streamsOf(connection)
    assert.ok(good !== undefined && echo !== undefined)
    assert.equal(Buffer.from(await readAll(good, 1000)).toString(), 'all of it')
    await good.write(Buffer.from('the other way'))
    await good.end()
    assert.equal(Buffer.from(await readAll(echo, 1000)).toString(), 'THE OTHER WAY')
  })

  let seen: unknown
  test('the writer learns why the reader cancelled', serveStreams(1, async (streams) => {
    try {
      for (;;) await pick(streams, 0).write(new Uint8Array(32 * 1024))
    } catch (error) {
      seen = error
    }
  }), async (connection) => {
    const [stream] = await streamsOf(connection)
    assert.ok(stream !== undefined)
    await stream.read()
    stream.cancel(new Fault('holding-full', 'no room for the dump'))
    await assert.rejects(stream.read(), codeIs('holding-full'))
    for (let turn = 0; seen === undefined && turn < 10_000; turn++) await new Promise<void>((resolve) => systemClock.afterPoll(resolve))
    codeIs('holding-full', /no room for the dump/)(seen)
  }, 'reasons')

  let heard: unknown
  test('a writer who is silent hears that the reader has given up', serveStreams(1, async (streams) => {
    await new Promise<void>((resolve) => pick(streams, 0).onStopped((reason) => {
      heard = reason
      resolve()
    }))
  }), async (connection) => {
    const [stream] = await streamsOf(connection)
    assert.ok(stream !== undefined)
    stream.cancel(new Fault('cancelled', 'the operator has changed his mind'))
    for (let turn = 0; heard === undefined && turn < 10_000; turn++) await new Promise<void>((resolve) => systemClock.afterPoll(resolve))
    codeIs('cancelled', /changed his mind/)(heard)
  }, 'reasons')

  test('close ends everything on this side with its reason', serveStreams(1, async (streams) => {
    await pick(streams, 0).read().catch(() => undefined)
  }), async (connection) => {
    const [stream] = await streamsOf(connection)
    assert.ok(stream !== undefined)
    const reading = assert.rejects(stream.read(), codeIs('cancelled', /the run was stopped/))
    await connection.close(new Fault('cancelled', 'the run was stopped'))
    await reading
    await assert.rejects(stream.write(new Uint8Array(1)), codeIs('cancelled'))
    codeIs('cancelled', /the run was stopped/)(await connection.closed)
    await assert.rejects(packetsOf(connection.request('noop', '')))
  })

  const ends: unknown[] = []
  test('close is told to the other side with its reason', serveStreams(1, async (streams) => {
    await pick(streams, 0).read().catch((error: unknown) => ends.push(error))
  }), async (connection) => {
    await streamsOf(connection)
    await connection.close(new Fault('cancelled', 'the run was stopped'))
    await isQuiet()
    for (let turn = 0; ends.length === 0 && turn < 10_000; turn++) await new Promise<void>((resolve) => systemClock.afterPoll(resolve))
    codeIs('cancelled', /the run was stopped/)(ends[0])
  }, 'reasons')

  let committed = -1
  test('commit is told to the writer, or never if the transport cannot', serveStreams(1, async (streams) => {
    await pick(streams, 0).write(new Uint8Array(5000))
    await pick(streams, 0).end()
    await readAll(pick(streams, 0), 10)
    committed = pick(streams, 0).committedBytes()
  }), async (connection) => {
    const [stream] = await streamsOf(connection)
    assert.ok(stream !== undefined)
    assert.equal((await readAll(stream, 5000)).length, 5000)
    stream.commit(5000)
    await isQuiet()
    await stream.end()
    for (let turn = 0; committed < 0 && turn < 10_000; turn++) await new Promise<void>((resolve) => systemClock.afterPoll(resolve))
    assert.ok(committed === 5000 || committed === 0, `committed ${committed}`)
  })
}
