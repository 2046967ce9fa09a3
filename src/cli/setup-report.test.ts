import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { CheckFinding } from '../server/control/contract.ts'
import { showSetupReport, type SetupReport } from './setup-report.ts'

function show(findings: readonly CheckFinding[], isJson = false): { readonly code: number; readonly text: string } {
  let text = ''
  const streams = { isTerminal: false, columns: 80, out: (piece: string) => void (text += piece), err: () => undefined }
  return { code: showSetupReport(streams, isJson, 'the configuration', findings), text }
}

const finding = (severity: CheckFinding['severity'], code: string, more: Partial<CheckFinding> = {}): CheckFinding => ({ severity, code, message: 'this is so', next: 'Do that.', ...more })

test('the exit code says the worst: not backed up, damaged, another error, nothing', () => {
  assert.equal(show([]).code, 0)
  assert.equal(show([finding('note', 'disks-overlap'), finding('warning', 'slots-few')]).code, 0)
  assert.equal(show([finding('error', 'space-low')]).code, 1)
  assert.equal(show([finding('error', 'space-low'), finding('error', 'part-missing')]).code, 65)
  assert.equal(show([finding('error', 'part-missing'), finding('error', 'disk-overdue')]).code, 4)
})

test('findings of one code are explained once, errors first, good news not at all', () => {
  const { text } = show([finding('warning', 'dump-unverified', { host: 'a', disk: '/1' }), finding('warning', 'dump-unverified', { host: 'b', disk: '/2' }), finding('error', 'space-low', { details: ['a\u001bline'] }), finding('ok', 'agent-ready')])
  assert.match(text, /^1\. ERROR space-low\n/)
  assert.match(text, /\n2\. WARNING dump-unverified\n {2}No full dump of a disk was read back lately\.\n {4}a \/1: this is so\n {6}-> Do that\.\n {4}b \/2: this is so\n/)
  assert.equal(text.split('Cause (certain)').length, 3)
  assert.ok(text.includes('$ holdfast verify HOST DISK') && text.includes('To see whether it helped: '))
  assert.ok(text.endsWith('3 things are wrong with the configuration.\n'))
  assert.ok(!text.includes('\u001b'), 'what a peer says cannot move the cursor')
  assert.equal(show([]).text, 'Nothing is wrong with the configuration.\n')
})

test('of very many findings of one code the text shows the first', () => {
  const { text } = show(Array.from({ length: 25 }, (_none, index) => finding('warning', 'dump-unverified', { host: `h${index}` })))
  assert.ok(text.includes('h19: this is so') && !text.includes('h20: this is so') && text.includes('… and 5 more; --json shows all\n'))
})

test('as JSON a finding carries everything, with the version of the form', () => {
  const report = JSON.parse(show([finding('warning', 'dump-unverified', { host: 'a' })], true).text) as SetupReport
  assert.equal(report.version, 1)
  assert.deepEqual(Object.keys(report.findings[0] ?? {}), ['code', 'severity', 'host', 'message', 'details', 'symptom', 'cause', 'confidence', 'cures', 'check', 'page', 'advice', 'isFailure'])
})
