import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FAULT_KINDS } from '../kinds.ts'
import { PATH_KINDS } from '../kinds/path-kinds.ts'
import type { IdleFacts, IdleLimit, PathFacts } from '../../wire/probe/path-facts.ts'
import { proxySigns } from './measure-path.ts'
import { judgePath, recommendedFor } from './path-verdict.ts'

const LIMIT: IdleLimit = { lastAliveMs: 345_000, firstDeadMs: 361_000, losesFrom: 'both', how: 'silence', toldTo: [], isUnprompted: false, deadCount: 6 }
const NONE: IdleFacts = { outcome: 'none', testedMs: 3_900_000, keepalive: [], heartbeat: [], connections: 200, lostCount: 0 }
const GOOD: PathFacts = {
  peer: 'laptop', kind: 'agent', dialler: 'laptop', acceptor: 'backup', names: [{ address: '10.0.0.1', names: ['laptop'], isConsistent: true }], roundTrip: { minMs: 1, medianMs: 2 }, throughput: [],
  clock: { offsetMs: 40, errorMs: 1 }, reach: [{ what: 'TCP', from: 'acceptor', to: '10.0.0.1:1', end: 'refused', elapsedMs: 1, isOpen: false, text: '' }], mtu: [{ from: 'dialler', isBlackHole: false, passesBytes: 1500 }],
  translation: [], proxy: [], idle: NONE, unmeasured: [],
}

function withLimit(limit: Partial<IdleLimit>, rest: Partial<IdleFacts> = {}): IdleFacts {
  return { ...NONE, outcome: 'limit', limit: { ...LIMIT, ...limit }, ...rest }
}

test('a path on which nothing is wrong has no finding and needs no other heartbeat', () => {
  const { findings, recommended, sentence } = judgePath(GOOD, 10_000)
  assert.deepEqual(findings, [])
  assert.equal(recommended, undefined)
  assert.equal(sentence, 'No idle limit up to 65 min.')
})

test('each fact that is wrong is found under its own code', () => {
  const bad: PathFacts = {
    ...GOOD, names: [{ address: '10.0.0.1', names: [] }], clock: { offsetMs: -90_000, errorMs: 5 }, reach: [{ what: 'TCP', from: 'acceptor', to: '10.0.0.1:1', end: 'timed-out', elapsedMs: 10_000, isOpen: true, text: '' }],
    mtu: [{ from: 'dialler', isBlackHole: true, passesBytes: 1400, failsBytes: 1420 }], translation: [{ what: "the dialler's address", own: '10.0.0.1:5', seen: '192.0.2.1:5' }], proxy: ['a sign'], idle: withLimit({}),
  }
  const { findings } = judgePath(bad, undefined)
  assert.deepEqual(findings.map(({ code, severity }) => `${severity} ${code}`), ['failure path-mtu-black-hole', 'warning path-idle-limit', 'warning path-proxy', 'warning path-clocks-apart', 'notice path-filtered', 'notice path-nat', 'notice path-names-differ'])
  assert.ok(findings.every(({ details, cures, page }) => details.length > 0 && cures.length > 0 && page.startsWith('doctor/path-')))
  assert.deepEqual(judgePath({ ...GOOD, idle: { ...NONE, outcome: 'disturbed' } }, undefined).findings.map(({ code }) => code), ['path-unsteady'])
})

test('the heartbeat is half of the longest silence that was survived, within bounds, and what was seen not to help is not recommended', () => {
  assert.deepEqual(recommendedFor(LIMIT, { keepalive: [], heartbeat: [] }), { heartbeatMs: 10_000, keepaliveMs: 120_000 })
  const five = { ...LIMIT, lastAliveMs: 4900, firstDeadMs: 5100 }
  assert.deepEqual(recommendedFor(five, { keepalive: [{ intervalMs: 2000, isAlive: true }], heartbeat: [{ intervalMs: 2000, isAlive: true }] }), { heartbeatMs: 2000, keepaliveMs: 2000 })
  assert.deepEqual(recommendedFor(five, { keepalive: [{ intervalMs: 1000, isAlive: true }, { intervalMs: 2000, isAlive: false }], heartbeat: [] }), { heartbeatMs: 2000, keepaliveMs: 1000 })
  assert.equal(recommendedFor({ ...LIMIT, lastAliveMs: 1500 }, { keepalive: [], heartbeat: [] }).heartbeatMs, 1000)
})

test('a limit that the heartbeat in use is short enough for is a notice', () => {
  assert.equal(judgePath({ ...GOOD, idle: withLimit({}) }, 10_000).findings[0]?.severity, 'notice')
  assert.equal(judgePath({ ...GOOD, idle: withLimit({ lastAliveMs: 12_000, firstDeadMs: 13_000 }) }, 10_000).findings[0]?.severity, 'warning')
})

test('an end that opens no port is reached when it refuses, and filtered when it does not answer', () => {
  const reach = { what: 'TCP', from: 'acceptor', to: '10.0.0.1:1', elapsedMs: 1, isOpen: false, text: '' } as const
  assert.deepEqual(judgePath({ ...GOOD, reach: [{ ...reach, end: 'refused' }] }, undefined).findings, [])
  assert.deepEqual(judgePath({ ...GOOD, reach: [{ ...reach, end: 'timed-out' }] }, undefined).findings.map(({ code }) => code), ['path-filtered'])
})

test('commands of the cure hold what was found', () => {
  const { findings } = judgePath({ ...GOOD, idle: withLimit({ lastAliveMs: 4900, firstDeadMs: 5100 }) }, 10_000)
  const commands = findings.flatMap(({ cures }) => cures.flatMap((cure) => cure.commands ?? []))
  assert.ok(commands.includes('holdfast doctor path laptop --apply') && commands.includes('sysctl -w net.ipv4.tcp_keepalive_time=2 net.ipv4.tcp_keepalive_intvl=2 net.ipv4.tcp_keepalive_probes=30'))
})

test('the sentence says when, whose packets, how, and who is told', () => {
  const { sentence } = judgePath({ ...GOOD, idle: withLimit({ losesFrom: 'dialler', how: 'reset', toldTo: ['dialler'] }) }, undefined)
  assert.equal(sentence, 'Silent connections are lost between 345 s and 361 s, from the dialling side to the accepting side only: what is sent afterwards is answered by a reset; only the dialling side has seen one.')
})

test('a port that nobody opened and that answers, and a connection that comes up before the peer can know of it, are signs of a proxy', () => {
  const reach = { what: 'TCP', from: 'dialler', to: 'x:1', end: 'connected', elapsedMs: 2, isOpen: true, text: '' } as const
  assert.equal(proxySigns([{ ...reach, isOpen: false }], 2).length, 1)
  assert.equal(proxySigns([reach], 80).length, 1)
  assert.deepEqual(proxySigns([reach, { ...reach, isOpen: false, end: 'refused' }, { ...reach, elapsedMs: 70 }], 5), [])
})

test('the kinds of paths have codes of their own, cures, and say how they are measured', () => {
  const codes = [...FAULT_KINDS, ...PATH_KINDS].map(({ code }) => code)
  assert.equal(new Set(codes).size, codes.length)
  for (const { code, cures, measured, check } of PATH_KINDS) assert.ok(code.startsWith('path-') && cures.length > 0 && measured !== '' && check !== '', code)
})
