// The tether over real TLS on loopback, through a proxy that cuts, resets, stalls and swallows: a transfer that loses nothing, then the
// life of a key: enrolment, a token used twice, renewal, renaming, revocation, a clone, a peer of another version.

import assert from 'node:assert/strict'
import tls from 'node:tls'
import { Fault } from '../../src/kernel/fault.ts'
import { ChaosProxy } from '../../testkit/chaos-proxy.ts'
import { encodeFrame } from '../../src/wire/tether/frame-encode.ts'
import { FrameDecoder } from '../../src/wire/tether/frame-decoder.ts'
import { goawayCodeOf } from '../../src/wire/tether/goaway.ts'
import { createIdentity, type Identity } from '../../src/transport/tether/identity.ts'
import type { CaseContext, IntegrationCase } from '../case.ts'
import { enrol, fetchPattern, servePattern, startAgentLab, startServerLab, until, type ServerLab } from '../lab/tether-lab.ts'

const BLOCKS = 4000
const BLOCK_BYTES = 65_536
const DEEDS = ['reset', 'cut', 'reset', 'stall', 'cut', 'reset'] as const

async function transferUnderFire(server: ServerLab, identity: Identity, context: CaseContext): Promise<string> {
  await using proxy = await ChaosProxy.start({ host: '127.0.0.1', port: server.port }, ({ deed }) => context.note(deed))
  const agent = startAgentLab(server, proxy.port, identity, servePattern)
  try {
    const connection = await server.endpoint.connect('alpha', AbortSignal.any([context.signal, AbortSignal.timeout(10_000)]))
    const todo = DEEDS.map((deed, index) => ({ deed, atBytes: ((index + 1) * BLOCKS * BLOCK_BYTES) / (DEEDS.length + 1) }))
    const bytes = await fetchPattern(connection, String(BLOCKS), (total) => {
      const next = todo[0]
      if (next === undefined || total < next.atBytes) return
      todo.shift()
      proxy.do(next.deed, 300)
    })
    assert.equal(bytes, BLOCKS * BLOCK_BYTES)
    const downs = server.events.filter((event) => event.kind === 'down')
    const ups = server.events.filter((event) => event.kind === 'up')
    assert.ok(downs.length >= 4, `${downs.length} cuts were seen`)
    assert.ok(ups.slice(1).every((event) => event.isResumed), 'every new link resumed the session')
    const slowest = Math.max(...ups.map(({ outageMs }) => outageMs))
    assert.ok(slowest < 1000, `an outage lasted ${slowest} ms`)
    const resent = agent.events.reduce((sum, event) => sum + (event.kind === 'up' ? event.resentBytes : 0), 0)
    const inFlight = agent.events.reduce((sum, event) => sum + (event.kind === 'down' ? event.unacknowledgedBytes : 0), 0)
    assert.ok(resent <= inFlight, `${resent} bytes were sent again, ${inFlight} were in flight`)
    return `${bytes} bytes whole over ${downs.length} cuts, ${resent} sent again of ${inFlight} in flight, longest outage ${slowest} ms`
  } finally {
    agent.peer.end('shutting-down', 'done')
  }
}

async function lifeOfAKey(server: ServerLab, identity: Identity, context: CaseContext): Promise<void> {
  const limit = (): AbortSignal => AbortSignal.any([context.signal, AbortSignal.timeout(10_000)])
  const agent = startAgentLab(server, server.port, identity, servePattern)
  await server.endpoint.connect('alpha', limit())

  const next = await createIdentity('agent', Date.now())
  agent.peer.dispatch({ kind: 'renew', phase: 'offer', spki: next.publicKey })
  await until('the next key is accepted', () => agent.accepted.length === 1)
  assert.deepEqual(server.registry.admit(identity.fingerprint), { kind: 'known', host: 'alpha' }, 'the old key is good until the new one is used')
  agent.peer.end('shutting-down', 'starts again with the new key')
  const renewed = startAgentLab(server, server.port, next, servePattern)
  await until('the old key is let in no more', () => server.registry.admit(identity.fingerprint).kind !== 'known')
  assert.equal(await fetchPattern(await server.endpoint.connect('alpha', limit()), '3'), 3 * BLOCK_BYTES)
  context.note('renewed: the old key went when the new one was used')

  await server.endpoint.rename('alpha', 'beta')
  await assert.rejects(server.endpoint.connect('alpha', limit()), (error) => error instanceof Fault && error.code === 'host-unknown')
  assert.equal((await server.endpoint.connect('beta', limit())).peer.host, 'beta')
  context.note('renamed: the same agent is beta now')

  const clone = startAgentLab(server, server.port, next, servePattern, 99)
  await until('the clone is named', () => server.events.some((event) => event.kind === 'cloned'))
  await until('the clone is told', () => clone.events.some((event) => event.kind === 'refused' && event.code === 'cloned-key'))
  clone.peer.end('shutting-down', 'done')
  context.note('cloned: the second machine was turned away by name')

  await server.endpoint.revoke('beta')
  await until('the agent is told', () => renewed.events.some((event) => (event.kind === 'down' || event.kind === 'refused' || event.kind === 'reset') && event.code === 'key-revoked'))
  assert.equal(server.registry.admit(next.fingerprint).kind, 'revoked')
  renewed.peer.end('shutting-down', 'done')
  context.note('revoked: told and let in no more')
}

/** What the server answers to a HELLO of versions it does not speak. */
function helloOfTheFuture(server: ServerLab, identity: Identity): Promise<string> {
  return new Promise((resolve, reject) => {
    const decoder = new FrameDecoder()
    const socket = tls.connect({ host: '127.0.0.1', port: server.port, key: identity.keyPem, cert: identity.certificatePem, rejectUnauthorized: false, minVersion: 'TLSv1.3' })
    socket.once('error', reject)
    socket.once('secureConnect', () => {
      const id = new Uint8Array(16).fill(5)
      socket.write(encodeFrame({ kind: 'hello', versionMin: 900, versionMax: 901, machineId: id, instanceId: id, attempt: 1, session: new Uint8Array(16), epoch: 0, heartbeatMs: 10_000, program: 'later', hostName: 'gamma', controlReceived: 0, bulkReceived: 0, windows: [], commits: [], bulkSentBytes: 0 }))
    })
    socket.on('data', (chunk: Buffer) => {
      for (const frame of decoder.push(chunk)) {
        socket.destroy()
        resolve(frame.kind === 'goaway' ? goawayCodeOf(frame.code) : frame.kind)
      }
    })
  })
}

async function run(context: CaseContext): Promise<string> {
  await using server = await startServerLab(context.dir)
  const identity = await createIdentity('agent', Date.now())
  const token = await server.token('alpha')
  assert.equal(await enrol(token, identity), 'alpha')
  await assert.rejects(enrol(token, await createIdentity('thief', Date.now())), (error) => error instanceof Fault && error.code === 'enrolment-refused')
  context.note('enrolled by token; the same token again was refused')

  const seen = await transferUnderFire(server, identity, context)
  context.note(seen)
  await lifeOfAKey(server, identity, context)

  const other = await createIdentity('gamma', Date.now())
  await enrol(await server.token('gamma'), other)
  assert.equal(await helloOfTheFuture(server, other), 'version-unsupported')
  return `${seen}; token, renewal, renaming, clone, revocation and another version as designed`
}

export const integrationCase: IntegrationCase = {
  name: 'tether-tls',
  summary: 'the tether over real TLS: cut and resumed, enrolled, renewed, renamed, revoked, another version',
  needs: [],
  timeoutMs: 60_000,
  run,
}
