import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { nodeDisk } from '../../kernel/node-disk.ts'
import { seededRandom } from '../../kernel/random.ts'
import type { VaultSecret } from '../../stream/vault/key-slots.ts'
import { addKeySlot, listKeySlots, makeVaultFiles, removeKeySlot, unlockVault } from './slot-files.ts'

const CHEAP = { n: 16, r: 8, p: 1 }
const PASSPHRASE: VaultSecret = { kind: 'passphrase', text: 'open sesame' }
const FILE: VaultSecret = { kind: 'file', bytes: Buffer.alloc(32, 3) }

let dir = ''
before(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'holdfast-slots-'))
})
after(() => rmSync(dir, { recursive: true }))

const random = seededRandom(1)
const first = { name: 'first', label: 'desk', secret: PASSPHRASE, createdMs: 5, cost: CHEAP }
const make = (name: string): ReturnType<typeof makeVaultFiles> => makeVaultFiles(nodeDisk, path.join(dir, name), { domain: 'vault', createdMs: 5 }, first, random)

test('a vault is opened by each of its slots and by the master key, and by nothing else', async () => {
  const made = await make('a')
  const at = path.join(dir, 'a')
  await addKeySlot(nodeDisk, at, made, { name: 'server', label: 'the server', secret: FILE, createdMs: 6 }, random)
  for (const opener of [PASSPHRASE, FILE, { kind: 'master', master: made.master } as const]) {
    const opened = await unlockVault(nodeDisk, at, opener)
    assert.deepEqual(Buffer.from(opened.master), Buffer.from(made.master))
    assert.deepEqual(opened.config, made.config)
  }
  await assert.rejects(unlockVault(nodeDisk, at, { kind: 'passphrase', text: 'open barley' }), { code: 'vault-key-wrong' })
  await assert.rejects(unlockVault(nodeDisk, at, { kind: 'master', master: Buffer.alloc(32) }), { code: 'vault-key-wrong' })
  assert.deepEqual((await listKeySlots(nodeDisk, at)).map(({ name, slot }) => [name, slot.label, slot.kdf.kind]), [['first', 'desk', 'scrypt'], ['server', 'the server', 'file']])
  await removeKeySlot(nodeDisk, at, 'first')
  await assert.rejects(unlockVault(nodeDisk, at, PASSPHRASE), { code: 'vault-key-wrong' })
  await assert.rejects(removeKeySlot(nodeDisk, at, 'server'), { code: 'usage-wrong' })
  await assert.rejects(removeKeySlot(nodeDisk, at, '../config'), { code: 'usage-wrong' })
  await unlockVault(nodeDisk, at, FILE)
  assert.deepEqual(readdirSync(path.join(at, 'keys')), ['server'])
})

test('a changed configuration or slot opens nothing, and another slot still does', async () => {
  const made = await make('b')
  const at = path.join(dir, 'b')
  await addKeySlot(nodeDisk, at, made, { name: 'a-damaged', label: '', secret: FILE, createdMs: 6 }, random)
  writeFileSync(path.join(at, 'keys', 'a-damaged'), '{"kdf":')
  await unlockVault(nodeDisk, at, PASSPHRASE)
  await assert.rejects(unlockVault(nodeDisk, at, FILE), { code: 'vault-damaged' })
  const config = path.join(at, 'config')
  writeFileSync(config, readFileSync(config, 'utf8').replace('"domain":"vault"', '"domain":"host"'))
  await assert.rejects(unlockVault(nodeDisk, at, PASSPHRASE), { code: 'vault-key-wrong' })
})

test('nothing is made where something lies, and where nothing lies there is no vault', async () => {
  await make('c')
  await assert.rejects(make('c'), { code: 'usage-wrong' })
  writeFileSync(path.join(dir, 'file'), '')
  await assert.rejects(make('file'), { code: 'usage-wrong' })
  await assert.rejects(unlockVault(nodeDisk, path.join(dir, 'nowhere'), PASSPHRASE), { code: 'vault-missing' })
})
