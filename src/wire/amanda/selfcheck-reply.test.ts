import assert from 'node:assert/strict'
import { test } from 'node:test'
import { formatSelfcheckJson, formatSelfcheckText, parseSelfcheckReply } from './selfcheck-reply.ts'

const FACTS = { version: '1', distro: 'd', platform: 'p', hostname: 'h' }
const FINDING = { severity: 'error', code: 'list-missing', disk: '/home', text: '/home: a list is missing' } as const

test('the code and the disk of a finding travel as fields of a message, and not in text', () => {
  assert.deepEqual(parseSelfcheckReply(formatSelfcheckJson(FACTS, [FINDING])).findings.at(-1), FINDING)
  assert.deepEqual(parseSelfcheckReply(formatSelfcheckText(FACTS, [FINDING])).findings.at(-1), { severity: 'error', text: FINDING.text })
})

test('what is no code is dropped, and the finding stays', () => {
  for (const code of ['Not A Code', '', '../x', 'a'.repeat(65), '\u001b']) {
    assert.deepEqual(parseSelfcheckReply(formatSelfcheckJson(FACTS, [{ severity: 'warning', text: 'x', code }])).findings.at(-1), { severity: 'warning', text: 'x' })
  }
})
