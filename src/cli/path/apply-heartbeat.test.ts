import assert from 'node:assert/strict'
import { test } from 'node:test'
import { editYaml } from '../../config/yaml-document.ts'
import { heartbeatEdits } from './apply-heartbeat.ts'

const TETHER = { address: '0.0.0.0', port: 10_090, publicAddress: undefined, heartbeatMs: 10_000, deadAfterMs: 30_000, sessionHoldMs: 21_600_000 }

test('the heartbeat is written where it must be shorter, and dead-after where it would be too short for it', () => {
  assert.deepEqual(heartbeatEdits(TETHER, undefined), [])
  assert.deepEqual(heartbeatEdits(TETHER, { heartbeatMs: 10_000, keepaliveMs: 10_000 }), [])
  assert.deepEqual(heartbeatEdits(TETHER, { heartbeatMs: 2000, keepaliveMs: 2000 }).map(({ path, value }) => `${path.join('.')}: ${value}`), ['server.heartbeat: 2 s'])
  assert.deepEqual(heartbeatEdits({ ...TETHER, heartbeatMs: 12_000, deadAfterMs: 24_000 }, { heartbeatMs: 9000, keepaliveMs: 9000 }).map(({ value }) => value), ['9 s', '27 s'])
})

test('comments, order and everything else stay', () => {
  const text = '# top\nname: lab # mine\nserver:\n  # why\n  port: 10090\nhosts:\n  a:\n    - /home # all of it\n'
  const edit = [{ path: ['server', 'heartbeat'], value: '2 s' }]
  assert.equal(editYaml(text, edit), '# top\nname: lab # mine\nserver:\n  # why\n  port: 10090\n  heartbeat: 2 s\nhosts:\n  a:\n    - /home # all of it\n')
  assert.equal(editYaml('storage:\n  directory: /v # disk\n', edit), 'storage:\n  directory: /v # disk\nserver:\n  heartbeat: 2 s\n')
  assert.equal(editYaml('server:\nname: x\n', edit), 'name: x\nserver:\n  heartbeat: 2 s\n')
})
