import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { MailConfig } from './resolved.ts'
import { parseServerConfig } from './server-config.ts'

const BASE = 'storage:\n  directory: /srv/backup\nhosts:\n  laptop: [/home]\n'

function parse(mail: string): ReturnType<typeof parseServerConfig> {
  return parseServerConfig(`${BASE}mail:\n  ${mail.replaceAll('\n', '\n  ')}\n`, 'f', { state: '/s', cache: '/c', run: '/r', log: '/l' })
}

function good(mail: string): MailConfig | undefined {
  const outcome = parse(mail)
  assert.equal(outcome.kind, 'config', JSON.stringify(outcome.problems))
  return outcome.kind === 'config' ? outcome.config.mail : undefined
}

const problems = (mail: string): string[] => parse(mail).problems.map(({ line, message }) => `${line}: ${message}`)

test('an address is enough: each report, by the mail program of the machine', () => {
  assert.deepEqual(good('to: root@example.com'), { to: ['root@example.com'], from: undefined, when: 'always', via: { kind: 'program', argv: ['/usr/sbin/sendmail', '-t', '-i'] }, timeoutMs: 60_000 })
  assert.deepEqual(good('to: [root, admin@example.com]\nwhen: failed\ntimeout: 10 s')?.to, ['root', 'admin@example.com'])
})

test('port and security follow from each other and from the password', () => {
  const via = (text: string): unknown => {
    const found = good(`to: root\nvia: {${text}}`)?.via
    return found?.kind === 'smtp' ? [found.host, found.port, found.security] : found
  }
  assert.deepEqual(via('smtp: mx'), ['mx', 25, 'offered'])
  assert.deepEqual(via('smtp: mx, user: u, password-file: /p'), ['mx', 587, 'starttls'])
  assert.deepEqual(via('smtp: mx, security: tls'), ['mx', 465, 'tls'])
  assert.deepEqual(via('smtp: "mx:465", user: u, password-file: /p'), ['mx', 465, 'tls'])
  assert.deepEqual(via('smtp: "[::1]:2525", security: none'), ['::1', 2525, 'none'])
})

test('a password that could be read on the way is refused, and so is half a login', () => {
  assert.match(problems('to: root\nvia: {smtp: mx, security: offered, user: u, password-file: /p}')[0] ?? '', /^7: .*in the clear/)
  assert.match(problems('to: root\nvia: {smtp: mx, user: u}')[0] ?? '', /belong together/)
  assert.match(problems('to: root\nvia: {smtp: mx, ca-file: /ca.pem}')[0] ?? '', /no certificate is looked at/)
})

test('what is no address, no program or no server is said with its place', () => {
  assert.match(problems('to: "Root <root@example.com>"')[0] ?? '', /^6: .*mail address/)
  assert.match(problems('to: ["a@b\\r\\nBcc: c@d"]')[0] ?? '', /mail address/)
  assert.match(problems('to: -oQ/tmp')[0] ?? '', /^6: /)
  assert.match(problems('to: root\nvia: {program: [sendmail, -t]}')[0] ?? '', /whole path/)
  assert.match(problems('to: root\nvia: {smtp: "a b"}')[0] ?? '', /not an address/)
  assert.match(problems('from: a@b')[0] ?? '', /to/)
})
