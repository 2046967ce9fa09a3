import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, it } from 'node:test'
import fc from 'fast-check'
import { Fault } from '../../kernel/fault.ts'
import { nodeDisk } from '../../kernel/node-disk.ts'
import { seededRandom } from '../../kernel/random.ts'
import { AgentRegistry } from './agent-registry.ts'
import { createToken, formatToken, parseToken } from './enrolment.ts'
import { createIdentity, loadIdentity, saveIdentity } from './identity.ts'

const dir = mkdtempSync(path.join(tmpdir(), 'holdfast-registry-'))
after(() => rmSync(dir, { recursive: true, force: true }))

const codeIs = (code: string) => (error: unknown): boolean => error instanceof Fault && error.code === code

it('a token works once, in time, and only its hash is stored', async () => {
  const file = path.join(dir, 'tokens.json')
  const registry = await AgentRegistry.open(nodeDisk, file)
  await registry.addToken('alpha', 'the secret', 1000, 0)
  assert.ok(!readFileSync(file, 'utf8').includes('the secret'))
  assert.equal(statSync(file).mode & 0o777, 0o600)
  await assert.rejects(registry.enrol('another secret', 'sha256:a', 1), codeIs('enrolment-refused'))
  await assert.rejects(registry.enrol('the secret', 'sha256:a', 1000), codeIs('enrolment-refused'))
  // Two at once: one wins.
  const both = await Promise.allSettled([registry.enrol('the secret', 'sha256:a', 999), registry.enrol('the secret', 'sha256:b', 999)])
  assert.deepEqual(both.map(({ status }) => status), ['fulfilled', 'rejected'])
  const reopened = await AgentRegistry.open(nodeDisk, file)
  assert.deepEqual(reopened.admit('sha256:a'), { kind: 'known', host: 'alpha' })
  assert.deepEqual(reopened.admit('sha256:b'), { kind: 'unknown' })
  // The answer to the one that won may have been lost: the same key gets it again, while the token lasts.
  assert.deepEqual(reopened.waiting(1), [])
  assert.deepEqual(await reopened.enrol('the secret', 'sha256:a', 999), { host: 'alpha', isNew: false })
  await assert.rejects(reopened.enrol('the secret', 'sha256:a', 1000), codeIs('enrolment-refused'))
  await assert.rejects(reopened.enrol('the secret', 'sha256:c', 1), codeIs('enrolment-refused'))
})

it('a next key stands beside the old one until it is used; revoked keys stay out under any name', async () => {
  const registry = await AgentRegistry.open(nodeDisk, path.join(dir, 'keys.json'))
  await registry.addToken('alpha', 's', 10, 0)
  await registry.enrol('s', 'sha256:old', 1)
  await registry.offerNext('alpha', 'sha256:new', 2)
  assert.equal(registry.admit('sha256:old').kind, 'known')
  assert.equal(registry.admit('sha256:new').kind, 'known')
  await registry.askRenewal('alpha', 3)
  await registry.noteUsed('alpha', 'sha256:old')
  assert.ok(registry.isRenewalAsked('alpha'))
  assert.equal(registry.admit('sha256:old').kind, 'known')
  await registry.noteUsed('alpha', 'sha256:new')
  assert.notEqual(registry.admit('sha256:old').kind, 'known')
  assert.ok(!registry.isRenewalAsked('alpha'))
  await registry.offerNext('alpha', 'sha256:new', 4)
  await registry.addToken('gamma', 'g', 10, 0)
  await registry.enrol('g', 'sha256:gamma', 1)
  await assert.rejects(registry.offerNext('alpha', 'sha256:gamma', 5), codeIs('key-refused'))
  await registry.rename('alpha', 'beta')
  assert.deepEqual(registry.admit('sha256:new'), { kind: 'known', host: 'beta' })
  await registry.revoke('beta')
  assert.deepEqual(registry.admit('sha256:new'), { kind: 'revoked', host: 'beta' })
  await assert.rejects(registry.revoke('alpha'), codeIs('host-unknown'))
  await assert.rejects(registry.addToken('../etc', 's', 10, 0), codeIs('token-invalid'))
})

it('a damaged registry is an error, never an empty one', async () => {
  const file = path.join(dir, 'damaged.json')
  for (const text of ['', '{"version":1,"hosts":[', '{"version":2,"hosts":[],"tokens":[]}', 'null']) {
    writeFileSync(file, text)
    await assert.rejects(AgentRegistry.open(nodeDisk, file), codeIs('wire-malformed'))
  }
})

it('tokens survive printing; anything else is token-invalid', () => {
  const token = createToken(seededRandom(1), 'alpha', [{ host: '::1', port: 10_090 }, { host: 'backup.example', port: 1 }], 'sha256:x', 5)
  assert.deepEqual(parseToken(` ${formatToken(token)}\n`), token)
  fc.assert(fc.property(fc.string(), fc.nat(200), (text, at) => {
    const whole = formatToken(token)
    for (const wrong of [text, `hf1.${text}`, `hf1.${Buffer.from(text).toString('base64url')}`, whole.slice(0, at)]) {
      try {
        parseToken(wrong)
      } catch (error) {
        assert.ok(codeIs('token-invalid')(error), String(error))
      }
    }
  }))
})

it('an identity comes back from its file, which its owner alone can read', async () => {
  const file = path.join(dir, 'key.json')
  assert.equal(await loadIdentity(nodeDisk, file), undefined)
  const identity = await createIdentity('alpha', 0)
  await saveIdentity(nodeDisk, file, identity)
  assert.equal(statSync(file).mode & 0o777, 0o600)
  assert.equal((await loadIdentity(nodeDisk, file))?.fingerprint, identity.fingerprint)
  writeFileSync(file, '{')
  await assert.rejects(loadIdentity(nodeDisk, file), codeIs('wire-malformed'))
})
