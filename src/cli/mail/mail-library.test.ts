import assert from 'node:assert/strict'
import { test } from 'node:test'
import { composeMail } from './mail-library.ts'

const MESSAGE = { from: 'holdfast@backup', to: ['root@example.com', 'admin'], subject: 'Example HOLDFAST MAIL REPORT', text: 'hello\n' }

async function lines(more: Partial<typeof MESSAGE>): Promise<string[]> {
  return Buffer.from(await composeMail({ ...MESSAGE, ...more }, 1_795_500_000_000)).toString('utf8').split('\n')
}

test('a message has its head, and says that a machine sent it', async () => {
  const found = await lines({})
  for (const expected of ['From: holdfast@backup', 'To: root@example.com, <admin>', 'Subject: Example HOLDFAST MAIL REPORT', 'Auto-Submitted: auto-generated', 'hello']) assert.ok(found.includes(expected), `${expected} is not in ${found.join('\n')}`)
  assert.ok(found.some((line) => line.startsWith('Date: Tue, 24 Nov 2026')), found.join('\n'))
})

test('a subject cannot add a header, and no line is longer than mail allows', async () => {
  const found = await lines({ subject: 'one\r\nBcc: other@example.com', text: `${'x'.repeat(5000)} ä\n` })
  assert.ok(!found.some((line) => /^bcc:/i.test(line)), found.join('\n'))
  assert.ok(found.every((line) => line.length <= 998))
})
