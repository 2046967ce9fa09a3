import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { comparable } from '../../../testkit/comparable.ts'
import { Fault } from '../../kernel/fault.ts'
import { seededRandom } from '../../kernel/random.ts'
import { IdFilter } from './id-filter.ts'
import { canonicalJson } from './json-fields.ts'
import { decodeKeySlot, encodeKeySlot, type KeySlot } from './key-slot.ts'
import { decodeLedgerEntry, encodeLedgerEntry, ledgerName, type LedgerAction } from './ledger.ts'
import { decodeManifest, encodeManifest, type Manifest } from './manifest.ts'
import { decodeMark, encodeMark } from './mark.ts'
import { decodeVaultConfig, encodeVaultConfig, vaultConfigText, type VaultConfig } from './vault-config.ts'

const bytesOf = (count: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: count, maxLength: count })
const hexOf = (count: number): fc.Arbitrary<string> => bytesOf(count).map((bytes) => Buffer.from(bytes).toString('hex'))
const text = fc.string({ unit: 'grapheme', maxLength: 20 })
const name = fc.stringMatching(/^[0-9a-z][0-9a-z.-]{0,20}$/)
const u48 = fc.nat(2 ** 48)

const entry = fc.record({ id: bytesOf(32), recipeBytes: fc.integer({ min: 1, max: 1000 }), nativeBytes: u48, crc: fc.nat(0xffff_ffff), directory: fc.uint8Array({ maxLength: 20 }) })
const manifest: fc.Arbitrary<Manifest> = fc.tuple(fc.array(entry, { maxLength: 4 }), fc.record({ ledgerSeq: u48, host: text, disk: text, run: fc.constant('20261127033000'), level: fc.nat(9), baseRun: fc.constantFrom(undefined, '20261126033000'), domain: text, maker: fc.constantFrom('archive' as const, 'server' as const), header: text, startedMs: u48, endedMs: u48, nativeCrc: fc.constant('0123abcd:5'), members: u48, addedBytes: u48 })).map(([entries, facts]) => ({ entries, facts: { ...facts, nativeBytes: entries.reduce((sum, each) => sum + each.nativeBytes, 0), recipeBytes: entries.reduce((sum, each) => sum + each.recipeBytes, 0) } }))

const object = fc.record({ name, bytes: u48, sha256: hexOf(32) })
const packs = fc.array(fc.record({ id: hexOf(16), bytes: u48, sha256: hexOf(32), domain: text, segments: u48, plainBytes: u48, createdMs: u48 }), { maxLength: 3 })
const objects = fc.array(object, { maxLength: 3 })
const action: fc.Arbitrary<LedgerAction> = fc.oneof(
  fc.record({ kind: fc.constant('packs' as const), packs, indexes: objects }),
  fc.record({ kind: fc.constant('commit' as const), manifest: object }),
  fc.record({ kind: fc.constant('mark' as const), mark: object, replaced: fc.array(name, { maxLength: 2 }) }),
  fc.record({ kind: fc.constant('remove' as const), manifests: fc.array(fc.record({ name, why: text }), { maxLength: 3 }), marks: fc.array(name, { maxLength: 2 }) }),
  fc.record({ kind: fc.constant('sweep' as const), packs, indexes: objects, removedPacks: fc.array(hexOf(16), { maxLength: 2 }), removedIndexes: fc.array(name, { maxLength: 2 }) }),
  fc.record({ kind: fc.constant('checkpoint' as const), state: fc.record({ packs, indexes: objects, manifests: objects, marks: objects }) }),
)
const ledgerEntry = fc.record({ seq: u48, previous: hexOf(32), atMs: u48, action })
const mark = fc.record({ manifest: name, number: u48, tags: fc.array(text, { maxLength: 3 }), isPinned: fc.boolean(), verifiedMs: fc.option(u48, { nil: undefined }), atMs: u48 })
const slot: fc.Arbitrary<KeySlot> = fc.record({ kdf: fc.oneof(fc.constant({ kind: 'file' as const }), fc.constant({ kind: 'scrypt' as const, cost: { n: 2 ** 17, r: 8, p: 1 } })), salt: bytesOf(32), nonce: bytesOf(12), wrapped: bytesOf(48), label: text, createdMs: u48 })
const config: fc.Arbitrary<VaultConfig> = fc.record({ id: hexOf(16), createdMs: u48, hash: fc.constant('blake3' as const), cipher: fc.constant('aes-256-gcm' as const), domain: fc.constantFrom('vault' as const, 'host' as const) })

test('manifest, ledger entry, mark, key slot and configuration come back as they were', () => {
  fc.assert(fc.property(manifest, (each) => assert.deepEqual(comparable(decodeManifest(encodeManifest(each))), comparable(each))))
  fc.assert(fc.property(ledgerEntry, (each) => assert.deepEqual(comparable(decodeLedgerEntry(encodeLedgerEntry(each))), comparable(each))))
  fc.assert(fc.property(mark, (each) => assert.deepEqual(comparable(decodeMark(encodeMark(each))), comparable(each))))
  fc.assert(fc.property(slot, (each) => assert.deepEqual(comparable(decodeKeySlot(encodeKeySlot(each))), comparable(each))))
  fc.assert(fc.property(config, hexOf(32), (each, hmac) => assert.deepEqual(decodeVaultConfig(encodeVaultConfig(vaultConfigText(each), hmac)), { config: { ...each }, text: vaultConfigText(each), hmac })))
})

test('random and changed bytes give values or the faults of the vault', () => {
  const readers: readonly ((bytes: Buffer) => unknown)[] = [decodeManifest, decodeLedgerEntry, decodeMark, (bytes) => decodeKeySlot(bytes.toString()), (bytes) => decodeVaultConfig(bytes.toString())]
  const good = fc.oneof(manifest.map(encodeManifest), ledgerEntry.map(encodeLedgerEntry), mark.map(encodeMark), slot.map(encodeKeySlot).map((each) => Buffer.from(each)), config.map((each) => Buffer.from(encodeVaultConfig(vaultConfigText(each), '0'.repeat(64)))))
  const attempt = (bytes: Buffer): void => {
    for (const read of readers) {
      try {
        read(bytes)
      } catch (error) {
        assert.ok(error instanceof Fault && ['vault-damaged', 'vault-newer'].includes(error.code), String(error))
      }
    }
  }
  fc.assert(fc.property(good, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 3 }), fc.nat(), (bytes, changes, end) => {
    const changed = Buffer.from(bytes)
    for (const [at, value] of changes) changed[at % changed.length] = value
    attempt(changed)
    attempt(changed.subarray(0, end % changed.length))
  }), { numRuns: 500 })
})

test('what is of a newer version says so, and fields of a newer program are ignored', () => {
  const [first] = fc.sample(mark, 1)
  assert.ok(first !== undefined)
  const fields = JSON.parse(Buffer.from(encodeMark(first)).toString()) as Record<string, unknown>
  assert.throws(() => decodeMark(Buffer.from(JSON.stringify({ ...fields, version: 2 }))), { code: 'vault-newer' })
  assert.deepEqual(comparable(decodeMark(Buffer.from(JSON.stringify({ ...fields, colour: 'red' })))), comparable(first))
  assert.throws(() => decodeMark(Buffer.from(JSON.stringify({ ...fields, manifest: '../keys/a' }))), { code: 'vault-damaged' })
})

test('a manifest whose sums differ, and a slot that asks for terabytes of memory, are refused', () => {
  const [first] = fc.sample(manifest, 1)
  assert.ok(first !== undefined)
  assert.throws(() => decodeManifest(encodeManifest({ ...first, facts: { ...first.facts, nativeBytes: first.facts.nativeBytes + 1 } })), { code: 'vault-damaged' })
  const costly: KeySlot = { kdf: { kind: 'scrypt', cost: { n: 2 ** 30, r: 8, p: 1 } }, salt: Buffer.alloc(32), nonce: Buffer.alloc(12), wrapped: Buffer.alloc(48), label: '', createdMs: 0 }
  assert.throws(() => decodeKeySlot(encodeKeySlot(costly)), { code: 'vault-damaged' })
})

test('canonical JSON has one form, and ledger names sort as their numbers', () => {
  assert.equal(canonicalJson({ b: 1, a: { d: [2, { z: 0, y: undefined }], c: 'ü' } }), '{"a":{"c":"ü","d":[2,{"z":0}]},"b":1}')
  assert.equal(ledgerName(0x12ab), '00000000000012ab')
  assert.ok(ledgerName(9) < ledgerName(10) && ledgerName(255) < ledgerName(2 ** 40))
})

test('a filter has every id that was added and few others', () => {
  const ids = seededRandom(3).bytes(32 * 4000)
  const filter = IdFilter.create(2000)
  assert.ok(filter !== undefined)
  for (let index = 0; index < 2000; index++) filter.add(ids, index * 32)
  const again = IdFilter.decode(Uint8Array.from(filter.bytes))
  let falsely = 0
  for (let index = 0; index < 2000; index++) {
    assert.ok(again.mayHave(ids, index * 32))
    if (again.mayHave(ids, (2000 + index) * 32)) falsely++
  }
  assert.ok(falsely < 60, `${falsely} of 2000`)
  assert.equal(IdFilter.create(10_000_000), undefined)
  for (const bytes of [new Uint8Array(0), new Uint8Array(72), Uint8Array.of(1, 9, ...new Array<number>(70).fill(0)), Uint8Array.of(1, 4, ...new Array<number>(71).fill(0))]) assert.throws(() => IdFilter.decode(bytes), { code: 'wire-malformed' })
})
