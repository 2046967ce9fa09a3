import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ACK_WAIT_MS, NEW_REQUEST, stepRequest, type RequestEffect, type RequestEvent, type RequestState } from './request-step.ts'

const LIMITS = { requestTries: 3, replyWaitMs: 30_000 }

/** Steps through `events`, each at its time; gives the kinds of effects of each. */
function play(events: readonly (readonly [number, RequestEvent])[], from: RequestState = NEW_REQUEST): { readonly told: readonly (readonly string[])[]; readonly state: RequestState } {
  let state = from
  const told = events.map(([atMs, event]) => {
    const step = stepRequest(state, event, atMs, LIMITS)
    state = step.state
    return step.effects.map((effect: RequestEffect) => (effect.kind === 'fail' ? `fail ${effect.waitedFor}${effect.wasAcknowledged ? ' of one that is there' : ''}` : effect.kind))
  })
  return { told, state }
}

const begin = [0, { kind: 'begin' }] as const
const packetAt = (atMs: number, kind: 'rep' | 'prep' | 'ack' | 'nak' | 'req', body = ''): readonly [number, RequestEvent] => [atMs, { kind: 'packet', packet: { kind, body } }]
const timeAt = (atMs: number): readonly [number, RequestEvent] => [atMs, { kind: 'time' }]

test('a request that nobody acknowledges is sent as often as allowed and then fails', () => {
  const { told, state } = play([begin, timeAt(ACK_WAIT_MS - 1), timeAt(ACK_WAIT_MS), timeAt(2 * ACK_WAIT_MS), timeAt(3 * ACK_WAIT_MS), timeAt(4 * ACK_WAIT_MS)])
  assert.deepEqual(told, [['send-request'], [], ['send-request'], ['send-request'], ['fail ACK'], []])
  assert.equal(state.mode, 'over')
})

test('an answer is acknowledged, each copy of it, and told once; an ACK before it is not needed', () => {
  assert.deepEqual(play([begin, packetAt(5, 'ack'), packetAt(6, 'ack'), packetAt(9, 'rep'), packetAt(10, 'rep'), packetAt(11, 'nak'), packetAt(12, 'prep')]).told, [['send-request'], [], [], ['send-ack', 'deliver'], ['send-ack'], [], []])
  assert.deepEqual(play([begin, packetAt(5, 'rep')]).told, [['send-request'], ['send-ack', 'deliver']])
})

test('a refusal ends a request without an ACK, and a REQ is no answer', () => {
  assert.deepEqual(play([begin, packetAt(3, 'req'), packetAt(5, 'nak'), timeAt(10 * ACK_WAIT_MS)]).told, [['send-request'], [], ['deliver'], []])
})

test('each PREP is told, not acknowledged, and gives the reply its time anew', () => {
  const { told, state } = play([begin, packetAt(1, 'ack'), packetAt(20_000, 'prep'), timeAt(30_001), packetAt(49_000, 'prep'), timeAt(78_999)])
  assert.deepEqual(told, [['send-request'], [], ['deliver'], [], ['deliver'], []])
  assert.equal(state.deadlineMs, 79_000)
})

test('a request that was acknowledged and not answered is begun anew twice, and never after an hour', () => {
  const { told } = play([begin, packetAt(0, 'ack'), timeAt(30_000), packetAt(30_001, 'ack'), timeAt(60_001), packetAt(60_002, 'ack'), timeAt(90_002)])
  assert.deepEqual(told, [['send-request'], [], ['send-request'], [], ['send-request'], [], ['fail REP of one that is there']])
  const late = play([begin, packetAt(0, 'ack'), packetAt(3_599_000, 'prep'), timeAt(3_629_000)])
  assert.deepEqual(late.told.at(-1), ['fail REP of one that is there'])
})

test('a client that falls silent after it has acknowledged is told from one that never spoke', () => {
  const { told } = play([begin, packetAt(0, 'ack'), timeAt(30_000), timeAt(40_000), timeAt(50_000), timeAt(60_000)])
  assert.deepEqual(told, [['send-request'], [], ['send-request'], ['send-request'], ['send-request'], ['fail ACK of one that is there']])
})

test('nothing happens to a request that was not begun', () => {
  assert.deepEqual(play([timeAt(5), packetAt(6, 'rep')]), { told: [[], []], state: NEW_REQUEST })
})
