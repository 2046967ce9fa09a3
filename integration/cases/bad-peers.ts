// Peers that mean no good, all at once against one server, while a good agent's transfer goes on: garbage before and after TLS, a frame
// that is too large, unknown and revoked keys, a token used twice, stalls in and after the TLS handshake. Each is dropped with its
// code; the transfer stays whole and the server's memory bounded.

import assert from 'node:assert/strict'
import net from 'node:net'
import tls from 'node:tls'
import { encodeFrame } from '../../src/wire/tether/frame-encode.ts'
import { FrameDecoder } from '../../src/wire/tether/frame-decoder.ts'
import { goawayCodeOf } from '../../src/wire/tether/goaway.ts'
import { createIdentity, type Identity } from '../../src/transport/tether/identity.ts'
import { parseToken } from '../../src/transport/tether/enrolment.ts'
import type { CaseContext, IntegrationCase } from '../case.ts'
import { enrol, fetchPattern, servePattern, startAgentLab, startServerLab, type ServerLab } from '../lab/tether-lab.ts'

const MIB = 1024 * 1024
const BLOCKS = 3000
const BLOCK_BYTES = 65_536
/** Connections of each kind. */
const STALLS = 100
const GARBAGE = 50
/** Bytes of resident memory that the hostile part may add at most: both sides of everything run in this process. */
const GROWTH_BYTES_MAX = 200 * MIB
/** Milliseconds: the handshake's limit of 10 s, and twice as much for the connections to be taken up on a machine that has other work. */
const STALL_MS_MAX = 30_000

/** Connects by TLS with `identity`, writes `bytes`, and resolves with the GOAWAY code or how else it ended. */
function say(server: ServerLab, identity: Identity, bytes: Uint8Array): Promise<string> {
  return new Promise((resolve) => {
    const decoder = new FrameDecoder()
    const socket = tls.connect({ host: '127.0.0.1', port: server.port, key: identity.keyPem, cert: identity.certificatePem, rejectUnauthorized: false, minVersion: 'TLSv1.3' })
    socket.once('secureConnect', () => socket.write(bytes))
    socket.on('error', () => undefined)
    socket.once('close', () => resolve('closed without a word'))
    socket.on('data', (chunk: Buffer) => {
      for (const frame of decoder.push(chunk)) if (frame.kind === 'goaway') resolve(goawayCodeOf(frame.code))
      socket.end()
    })
  })
}

/** A plain TCP connection that says `bytes` and then nothing; resolves when the server has ended it. */
function stay(server: ServerLab, bytes: Uint8Array): Promise<number> {
  const startedMs = performance.now()
  return new Promise((resolve) => {
    const socket = net.connect(server.port, '127.0.0.1', () => socket.write(bytes))
    socket.on('error', () => undefined)
    socket.on('data', () => undefined)
    socket.once('close', () => resolve(performance.now() - startedMs))
  })
}

async function attack(server: ServerLab, context: CaseContext): Promise<Record<string, string>> {
  const stranger = await createIdentity('stranger', Date.now())
  const revoked = await createIdentity('revoked', Date.now())
  await enrol(await server.token('gone'), revoked)
  await server.endpoint.revoke('gone')
  const member = await createIdentity('member', Date.now())
  const printed = await server.token('member')
  await enrol(printed, member)
  const hello = encodeFrame({ kind: 'ping', token: 1 })
  const replay = encodeFrame({ kind: 'enrol', versionMin: 1, versionMax: 1, token: parseToken(printed).secret, hostName: 'x', program: 'x' })
  const oversize = Buffer.from([0x20, 0xff, 0xff, 0xff])
  const stalls = Array.from({ length: STALLS }, () => stay(server, new Uint8Array(0)))
  // The first bytes of a ClientHello, and no more.
  const halves = Array.from({ length: STALLS }, () => stay(server, Buffer.from([0x16, 0x03, 0x01, 0x02, 0x00, 0x01])))
  await Promise.all(Array.from({ length: GARBAGE }, () => stay(server, Buffer.alloc(100_000, 'GET / HTTP/1.1\r\n'))))
  const seen: Record<string, string> = {
    'unknown key': await say(server, stranger, hello),
    'garbage of a stranger': await say(server, stranger, Buffer.alloc(4000, 0x5a)),
    'garbage of a member': await say(server, member, Buffer.alloc(4000, 0x5a)),
    'oversize frame of a stranger': await say(server, stranger, oversize),
    'oversize frame of a member': await say(server, member, oversize),
    'revoked key': await say(server, revoked, hello),
    'replayed token': await say(server, stranger, replay),
  }
  const silent = await Promise.all([say(server, stranger, new Uint8Array(0)), say(server, member, new Uint8Array(0))])
  seen['silence of a stranger'] = silent[0]
  seen['silence of a member'] = silent[1]
  const slowest = Math.max(...(await Promise.all([...stalls, ...halves])))
  assert.ok(slowest < STALL_MS_MAX, `a stalled handshake was kept for ${Math.round(slowest)} ms`)
  context.note(`${2 * STALLS} stalled handshakes were ended after at most ${Math.round(slowest / 1000)} s`)
  return seen
}

async function run(context: CaseContext): Promise<string> {
  await using server = await startServerLab(context.dir)
  const identity = await createIdentity('good', Date.now())
  await enrol(await server.token('good'), identity)
  const agent = startAgentLab(server, server.port, identity, servePattern)
  try {
    const connection = await server.endpoint.connect('good', AbortSignal.any([context.signal, AbortSignal.timeout(10_000)]))
    const before = process.memoryUsage().rss
    let isOver = false
    let transfers = 0
    let peak = before
    const goOn = async (): Promise<void> => {
      while (!isOver) {
        assert.equal(await fetchPattern(connection, String(BLOCKS), () => (peak = Math.max(peak, process.memoryUsage.rss()))), BLOCKS * BLOCK_BYTES)
        transfers += 1
      }
    }
    const going = goOn()
    // When the attack fails, its reason is the one to tell.
    going.catch(() => undefined)
    const seen = await attack(server, context).finally(() => (isOver = true))
    await going
    for (const [what, code] of Object.entries(seen)) context.note(`${what}: ${code}`)
    assert.deepEqual(seen, {
      'unknown key': 'unknown-key', 'garbage of a stranger': 'malformed', 'garbage of a member': 'malformed', 'oversize frame of a stranger': 'malformed', 'oversize frame of a member': 'malformed',
      'revoked key': 'key-revoked', 'replayed token': 'enrol-refused', 'silence of a stranger': 'handshake-timeout', 'silence of a member': 'handshake-timeout',
    })
    assert.equal(server.events.filter((event) => event.kind === 'down' && event.host === 'good').length, 0, 'the good agent kept its link')
    assert.ok(peak - before < GROWTH_BYTES_MAX, `memory grew by ${Math.round((peak - before) / MIB)} MiB`)
    return `every bad peer got its code; meanwhile ${transfers} transfers of ${(BLOCKS * BLOCK_BYTES) / MIB} MiB went on over one link, memory grew by ${Math.round((peak - before) / MIB)} MiB`
  } finally {
    agent.peer.end('shutting-down', 'done')
  }
}

export const integrationCase: IntegrationCase = {
  name: 'bad-peers',
  summary: 'garbage, oversize frames, strange and revoked keys, replayed tokens and stalls cost nobody else anything',
  needs: [],
  timeoutMs: 90_000,
  run,
}
