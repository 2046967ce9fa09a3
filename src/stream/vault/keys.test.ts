import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Fault } from '../../kernel/fault.ts'
import { seededRandom } from '../../kernel/random.ts'
import type { VaultConfig } from '../../wire/vault/vault-config.ts'
import type { ObjectKind } from './contract.ts'
import { openKeySlot, sealKeySlot, type VaultSecret } from './key-slots.ts'
import { createVaultKeys, openVaultConfig, sealVaultConfig } from './keys.ts'
import { formatPaperKey, parsePaperKey } from './paper-key.ts'

const MASTER = Buffer.alloc(32, 7)
const VAULT = Buffer.alloc(16, 9)
const CHEAP = { n: 16, r: 1, p: 1 }
const keysOf = (seed: number): ReturnType<typeof createVaultKeys> => createVaultKeys(MASTER, VAULT, seededRandom(seed))

test('an object opens as what it was sealed, and as nothing else', () => {
  const keys = keysOf(1)
  const kinds: readonly ObjectKind[] = ['manifest', 'ledger', 'index', 'mark']
  fc.assert(
    fc.property(fc.constantFrom(...kinds), fc.oneof(fc.uint8Array({ maxLength: 50 }), fc.integer({ min: 0, max: 5000 }).map((count) => new Uint8Array(count))), fc.nat(), fc.integer({ min: 1, max: 255 }), (kind, plain, at, change) => {
      const sealed = keys.seal(kind, 'a', plain)
      assert.deepEqual(Buffer.from(keys.open(kind, 'a', sealed)), Buffer.from(plain))
      const damaged = (open: () => unknown): void => assert.throws(open, (error) => error instanceof Fault && error.code === 'vault-damaged')
      damaged(() => keys.open(kind, 'b', sealed))
      for (const other of kinds) if (other !== kind) damaged(() => keys.open(other, 'a', sealed))
      damaged(() => createVaultKeys(MASTER, Buffer.alloc(16, 8), seededRandom(1)).open(kind, 'a', sealed))
      damaged(() => createVaultKeys(Buffer.alloc(32, 8), VAULT, seededRandom(1)).open(kind, 'a', sealed))
      damaged(() => keys.open(kind, 'a', sealed.subarray(0, at % sealed.length)))
      const changed = Uint8Array.from(sealed)
      changed[at % changed.length]! ^= change
      damaged(() => keys.open(kind, 'a', changed))
    }),
  )
})

test('an object that says it is larger than its kind may be is refused before it is unpacked', () => {
  const keys = keysOf(2)
  assert.throws(() => keys.open('mark', 'a', keys.seal('mark', 'a', new Uint8Array(65 * 1024))), { code: 'vault-damaged', message: 'mark a has contents that cannot be' })
})

test('every purpose, domain, pack and vault has a key of its own', () => {
  const keys = keysOf(1)
  const other = createVaultKeys(MASTER, Buffer.alloc(16, 1), seededRandom(1))
  const salt = Buffer.alloc(32, 5)
  const all = [keys.idKey(''), keys.idKey('a'), keys.seed(''), keys.seed('a'), other.idKey(''), other.seed(''), keys.packKey(VAULT, salt), keys.packKey(Buffer.alloc(16), salt), keys.packKey(VAULT, Buffer.alloc(32)), other.packKey(VAULT, salt)]
  assert.equal(new Set(all.map((key) => Buffer.from(key).toString('hex'))).size, all.length)
  assert.deepEqual(keys.idKey('a'), keysOf(3).idKey('a'))
})

test('a configuration is believed only under its key and unchanged', () => {
  const config: VaultConfig = { id: '09'.repeat(16), createdMs: 5, hash: 'blake3', cipher: 'aes-256-gcm', domain: 'vault' }
  const file = sealVaultConfig(MASTER, config)
  assert.deepEqual(openVaultConfig(MASTER, file), config)
  assert.throws(() => openVaultConfig(Buffer.alloc(32), file), { code: 'vault-key-wrong' })
  assert.throws(() => openVaultConfig(MASTER, file.replace('"vault"', '"host"')), { code: 'vault-key-wrong' })
  assert.throws(() => openVaultConfig(MASTER, file.slice(0, -3)), { code: 'vault-damaged' })
})

test('a slot gives the master key to its secret, at its place, and to no other', async () => {
  const place = { vaultId: VAULT, name: 'a' }
  const secrets: readonly VaultSecret[] = [{ kind: 'passphrase', text: 'correct horse' }, { kind: 'file', bytes: Buffer.alloc(32, 3) }]
  const wrong: readonly VaultSecret[] = [{ kind: 'passphrase', text: 'correct horsf' }, { kind: 'file', bytes: Buffer.alloc(32, 4) }]
  for (const [index, secret] of secrets.entries()) {
    const slot = await sealKeySlot(MASTER, place, secret, { label: 'desk', createdMs: 1, cost: CHEAP }, seededRandom(4))
    assert.deepEqual(Buffer.from((await openKeySlot(slot, place, secret)) ?? []), MASTER)
    for (const each of [...wrong, secrets[1 - index]!]) assert.equal(await openKeySlot(slot, place, each), undefined)
    assert.equal(await openKeySlot(slot, { ...place, name: 'b' }, secret), undefined)
    assert.equal(await openKeySlot(slot, { vaultId: Buffer.alloc(16), name: 'a' }, secret), undefined)
    assert.equal(await openKeySlot({ ...slot, label: 'other' }, place, secret), undefined)
  }
})

test('a passphrase may be typed in either form of its accents', async () => {
  const place = { vaultId: VAULT, name: 'a' }
  const slot = await sealKeySlot(MASTER, place, { kind: 'passphrase', text: 'caf\u00e9' }, { label: '', createdMs: 1, cost: CHEAP }, seededRandom(4))
  assert.notEqual(await openKeySlot(slot, place, { kind: 'passphrase', text: 'cafe\u0301' }), undefined)
})

test('a paper key is read as it was printed, and a slip is found in its group', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), (master) => {
      const text = formatPaperKey(master)
      assert.match(text, /^([0-9A-HJKMNP-TV-Z]{8}-){7}[0-9A-HJKMNP-TV-Z]{8}$/)
      assert.deepEqual(parsePaperKey(text), master)
      assert.deepEqual(parsePaperKey(` ${text.toLowerCase().replaceAll('-', ' ').replaceAll('0', 'o').replaceAll('1', 'l')}\n`), master)
    }),
  )
  const text = formatPaperKey(MASTER)
  assert.throws(() => parsePaperKey(text.slice(1)), { code: 'vault-key-wrong', message: /63 symbols/ })
  let found = 0
  for (let at = 0; at < text.length; at++) {
    if (text.charAt(at) === '-') continue
    const slip = text.slice(0, at) + (text.charAt(at) === 'Z' ? 'Y' : 'Z') + text.slice(at + 1)
    assert.throws(() => parsePaperKey(slip), (error) => {
      if (error instanceof Fault && error.message.startsWith(`group ${Math.floor(at / 9) + 1} `)) found++
      return error instanceof Fault && ['vault-key-wrong', 'vault-newer'].includes(error.code)
    })
  }
  assert.ok(found >= 58, `${found} of 64 slips are found in their group`)
})
