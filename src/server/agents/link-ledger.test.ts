import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { LinkEventRecord } from '../../catalog/contract.ts'
import { dumpId, runId } from '../../catalog/ids.ts'
import type { Clock } from '../../kernel/clock.ts'
import { silentLog } from '../../kernel/log.ts'
import type { LinkEvent } from '../../transport/tether/peer.ts'
import type { ServerEvent } from '../control/contract.ts'
import { RunBoard } from '../run/run-board.ts'
import { createLinkLedger, type LinkLedger } from './link-ledger.ts'

const clock: Clock = { monotonicMs: () => 0, wallMs: () => 5000, setTimer: () => ({ cancel: () => undefined }), afterPoll: () => undefined }
const up = (isResumed: boolean, resentBytes = 0): LinkEvent => ({ kind: 'up', host: 'a', isResumed, resentBytes, outageMs: 10, epoch: 1, peerProgram: 'holdfast 1' })
const down = (code: Extract<LinkEvent, { kind: 'down' }>['code'], text = '', idleMs = 0): LinkEvent => ({ kind: 'down', host: 'a', code, text, idleMs, unacknowledgedBytes: 0 })

function ledger(): { ledger: LinkLedger; events: ServerEvent[]; rows: LinkEventRecord[] } {
  const events: ServerEvent[] = []
  const rows: LinkEventRecord[] = []
  return { ledger: createLinkLedger(clock, { addLinkEvent: async (row) => void rows.push(row) }, (event) => events.push(event), silentLog), events, rows }
}

test('cuts, resumes and bytes sent again are counted and recorded', () => {
  const { ledger: links, events, rows } = ledger()
  for (const event of [up(false), down('reset', 'ECONNRESET', 12_000), up(true, 700), down('silent', 'nothing was heard for 30 s', 9000), up(true, 300)]) links.take(event)
  assert.deepEqual(links.of('a'), { state: 'up', cuts: 2, resumes: 2, bytesResent: 1000, lastReason: 'silent' })
  assert.deepEqual(events.map(({ kind }) => kind), ['agent-connected', 'link-up', 'link-down', 'link-up', 'link-down', 'link-up'])
  assert.deepEqual(events[2], { kind: 'link-down', atMs: 5000, host: 'a', reason: 'reset', idleMs: 12_000 })
  assert.deepEqual(events[4], { kind: 'link-down', atMs: 5000, host: 'a', reason: 'silent', text: 'nothing was heard for 30 s' })
  assert.deepEqual(rows.map(({ kind, bytesResent }) => [kind, bytesResent]), [['up', 0], ['down', undefined], ['up', 700], ['down', undefined], ['up', 300]])
  assert.equal(links.programOf('a'), 'holdfast 1')
})

test('an agent that ends its session is gone, told once and not counted as a cut', () => {
  const { ledger: links, events, rows } = ledger()
  links.take(up(false))
  links.take(down('shutting-down', 'the agent was stopped'))
  links.take({ kind: 'reset', host: 'a', code: 'shutting-down', text: 'the agent was stopped' })
  assert.deepEqual(links.of('a'), { state: 'none', cuts: 0, resumes: 0, bytesResent: 0, lastReason: 'shutting-down' })
  assert.deepEqual(events.slice(2), [{ kind: 'agent-disconnected', atMs: 5000, host: 'a', reason: 'the agent was stopped' }])
  assert.equal(rows.length, 1)
})

test('a dump counts what happened to its link between its own start and end', () => {
  const { ledger: links } = ledger()
  const board = new RunBoard(clock, () => undefined, (host) => links.of(host))
  const run = runId('20260102030405')
  const [first, second] = [dumpId(run, 'a', '/1', 0), dumpId(run, 'a', '/2', 0)]
  const add = (id: typeof first, disk: string): void => board.add({ id, run, host: 'a', disk, level: 0, reason: '', phase: 'waiting', attempt: 0 })
  const counts = (): unknown => board.rows().map(({ link }) => [link.cuts, link.resumes, link.bytesResent])
  links.take(up(false))
  links.take(down('reset'))
  links.take(up(true, 5))
  add(first, '/1')
  add(second, '/2')
  assert.deepEqual(counts(), [[0, 0, 0], [0, 0, 0]])
  board.change(first, { phase: 'connecting' })
  for (let cut = 0; cut < 6; cut++) for (const event of [down('reset'), up(true, 100)]) links.take(event)
  board.attemptEnded(first)
  board.change(first, { phase: 'done' })
  assert.deepEqual(counts(), [[6, 6, 600], [0, 0, 0]])
  board.change(second, { phase: 'connecting' })
  for (const event of [down('reset'), up(true, 1)]) links.take(event)
  board.attemptEnded(second)
  board.change(second, { phase: 'connecting' })
  for (const event of [down('reset'), up(true, 1)]) links.take(event)
  board.attemptEnded(second)
  assert.deepEqual(counts(), [[6, 6, 600], [2, 2, 2]])
})
