import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DumpId, DumpRecord, RunId, RunRecord } from '../../catalog/contract.ts'
import type { MailConfig } from '../../config/resolved.ts'
import { buildReport, type ReportView } from '../report/report-view.ts'
import { isMailWanted, mailMessage, mailSubject } from './mail-message.ts'

const RUN = '20261103220906' as RunId

function view(dumps: readonly Partial<DumpRecord>[], status: RunRecord['status'] = 'done', organisation = 'Example'): ReportView {
  const records = dumps.map((more, index): DumpRecord => ({ id: `${RUN}/h/${index}/0` as DumpId, run: RUN, host: 'laptop', disk: `/${index}`, level: 0, status: 'complete', outcome: 'good', startedMs: 0, endedMs: 1, nativeBytes: 1, storedBytes: 1, attempts: 1, ...more }))
  return buildReport({ configName: 'daily', organisation, hostname: 'backup', run: { id: RUN, startedMs: 0, endedMs: 1, status, reason: 'schedule' }, dumps: records, parts: [], volumes: [], linkEvents: [] })
}

const GOOD = view([{}])
const STRANGE = view([{ outcome: 'strange', strangeLines: ['? odd'] }])
const FAILED = view([{}, { status: 'failed', outcome: 'failed', faultCode: 'agent-unreachable', message: 'the agent of laptop did not connect within 60 s' }])
const HELD = view([{ holdingPath: '/h/0', faultCode: 'no-volume', message: 'no volume of storage main may be written: none' }])
const CRASHED = view([{ status: 'running' }], 'crashed')

test('subjects name organisation, outcome and date as Amanda does, and the configuration where it is another word', () => {
  assert.equal(mailSubject(GOOD), 'Example HOLDFAST MAIL REPORT FOR November 3, 2026 (daily)')
  assert.equal(mailSubject(view([{}], 'done', 'daily')), 'daily HOLDFAST MAIL REPORT FOR November 3, 2026')
  assert.match(mailSubject(STRANGE), /^Example STRANGE: HOLDFAST/)
  for (const bad of [FAILED, HELD, CRASHED]) assert.match(mailSubject(bad), /^Example FAIL: HOLDFAST/)
})

test('a name cannot add a line to the head', () => {
  assert.ok(!/[\r\n]/.test(mailSubject(view([{}], 'done', 'Example\r\nBcc: other@example.com'))))
})

test('which runs are mailed', () => {
  const wanted = (when: MailConfig['when']): boolean[] => [GOOD, STRANGE, FAILED, HELD, CRASHED].map((each) => isMailWanted(when, each))
  assert.deepEqual(wanted('always'), [true, true, true, true, true])
  assert.deepEqual(wanted('strange'), [false, true, true, true, true])
  assert.deepEqual(wanted('failed'), [false, false, true, true, true])
})

test('the text is the report, and the sender is this machine unless another is given', () => {
  const mail: MailConfig = { to: ['root'], from: undefined, when: 'always', via: { kind: 'program', argv: ['/bin/true'] }, timeoutMs: 1000 }
  const message = mailMessage(mail, FAILED)
  assert.equal(message.from, 'holdfast@backup')
  assert.match(message.text, / {2}laptop \/1 lev 0 {2}FAILED \[the agent of laptop did not connect within 60 s\]\n {4}\[agent-not-connected\] Start the agent/)
  assert.equal(mailMessage({ ...mail, from: 'a@b' }, GOOD).from, 'a@b')
})
