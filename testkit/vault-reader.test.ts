import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { createDecipheriv } from 'node:crypto'
import { cpSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { zstdDecompressSync } from 'node:zlib'
import { seededRandom } from '../src/kernel/random.ts'
import { openKeySlot } from '../src/stream/vault/key-slots.ts'
import { createVaultKeys, openVaultConfig } from '../src/stream/vault/keys.ts'
import { parsePaperKey } from '../src/stream/vault/paper-key.ts'
import { openTrailer } from '../src/stream/vault/trailer-seal.ts'
import { blockAad, blockNonce } from '../src/wire/vault/block-seal.ts'
import { decodeKeySlot } from '../src/wire/vault/key-slot.ts'
import { decodeLedgerEntry } from '../src/wire/vault/ledger.ts'
import { decodeManifest } from '../src/wire/vault/manifest.ts'
import { decodePackFooter, decodePackHeader, PACK_FOOTER_BYTES, PACK_HEADER_BYTES } from '../src/wire/vault/pack.ts'
import { RecipeReader } from '../src/wire/vault/recipe-reader.ts'
import { GOLDEN_KEY_FILE, GOLDEN_MASTER, GOLDEN_PASSPHRASE } from './golden-vault.ts'

const ROOT = path.resolve(import.meta.dirname, '..')
const DATA = path.join(ROOT, 'testdata/vault')
const GOLDEN = path.join(DATA, 'golden')
const DUMPS = readdirSync(path.join(DATA, 'dumps'))

const reader = (vault: string, ...words: readonly string[]): { readonly status: number | null; readonly out: Buffer; readonly error: string } => {
  const { status, stdout, stderr } = spawnSync('python3', ['-B', path.join(ROOT, 'docs/vault-reader/restore.py'), vault, ...words], { maxBuffer: 2 ** 28 })
  return { status, out: stdout, error: stderr.toString() }
}
const isThere = spawnSync('python3', ['-c', 'import ctypes; ctypes.CDLL("libcrypto.so.3"); ctypes.CDLL("libzstd.so.1")']).status === 0
const whenThere = isThere ? {} : { skip: 'python3 with libcrypto.so.3 and libzstd.so.1 is missing' }
const KEYS = [['--key-file', path.join(DATA, 'key-file')], ['--passphrase-file', path.join(DATA, 'passphrase')], ['--paper-key-file', path.join(DATA, 'paper-key')]] as const
const dumpOf = (name: string): Buffer => readFileSync(path.join(DATA, 'dumps', name))

function filesBelow(dir: string): string[] {
  return readdirSync(dir, { recursive: true, encoding: 'utf8' }).filter((name) => statSync(path.join(dir, name)).isFile()).toSorted()
}

/** A copy of the golden vault, changed. */
function withCopy(change: (dir: string) => void, judge: (dir: string) => void): void {
  const dir = mkdtempSync(path.join(tmpdir(), 'holdfast-vault-'))
  try {
    cpSync(GOLDEN, dir, { recursive: true })
    change(dir)
    judge(dir)
  } finally {
    rmSync(dir, { recursive: true })
  }
}

test('the reader in Python lists and restores the golden vault with each kind of key', whenThere, () => {
  for (const key of KEYS) {
    const listed = reader(GOLDEN, ...key).out.toString()
    for (const name of DUMPS) assert.ok(listed.includes(`${name} `), listed)
  }
  for (const name of DUMPS) assert.deepEqual(reader(GOLDEN, ...KEYS[0], name).out, dumpOf(name))
  assert.match(reader(GOLDEN, '--key-file', path.join(DATA, 'passphrase'), DUMPS[0] ?? '').error, /no key slot opens/)
})

test('the reader in Python restores right bytes or none, whichever file is changed, cut or missing', whenThere, () => {
  const random = seededRandom(7)
  for (const file of filesBelow(GOLDEN)) {
    for (const kind of ['flipped', 'cut', 'gone'] as const) {
      withCopy(
        (dir) => {
          const bytes = readFileSync(path.join(dir, file))
          const at = random.int(bytes.length)
          bytes[at]! ^= 1 << random.int(8)
          if (kind === 'gone') rmSync(path.join(dir, file))
          else writeFileSync(path.join(dir, file), kind === 'flipped' ? bytes : bytes.subarray(0, -2))
        },
        (dir) => {
          const name = DUMPS.at(-1) ?? ''
          const { status, out, error } = reader(dir, ...KEYS[0], name)
          // Slots that this key does not open, and the other dump's manifest, are not looked at.
          const isOther = file === 'keys/words' || (file.startsWith('manifests/') && !file.endsWith(name))
          if (isOther) assert.deepEqual([status, out.equals(dumpOf(name))], [0, true], `${file} ${kind}: ${error}`)
          else assert.deepEqual([status, error.startsWith('restore.py: ')], [1, true], `${file} ${kind}: ${error}`)
        },
      )
    }
  }
})

test('the reader in Python notices objects in the place of others', whenThere, () => {
  const swap = (dir: string, a: string, b: string): void => {
    renameSync(path.join(dir, a), path.join(dir, 'x'))
    renameSync(path.join(dir, b), path.join(dir, a))
    renameSync(path.join(dir, 'x'), path.join(dir, b))
  }
  const [first = '', last = ''] = DUMPS
  const packs = filesBelow(GOLDEN).filter((file) => file.startsWith('packs/'))
  for (const [a, b] of [[`manifests/${first}`, `manifests/${last}`], ['ledger/0000000000000002', 'ledger/0000000000000003'], ['keys/file', 'keys/words'], [packs[0] ?? '', packs[1] ?? '']] as const) withCopy((dir) => swap(dir, a, b), (dir) => assert.equal(reader(dir, ...KEYS[0], last).status, 1, a))
})

test('our own codecs read the golden vault', async () => {
  const file = (name: string): Buffer => readFileSync(path.join(GOLDEN, name))
  const config = openVaultConfig(GOLDEN_MASTER, file('config').toString())
  assert.equal(config.domain, 'host')
  const vaultId = Buffer.from(config.id, 'hex')
  assert.deepEqual(Buffer.from(parsePaperKey(readFileSync(path.join(DATA, 'paper-key'), 'utf8'))), Buffer.from(GOLDEN_MASTER))
  for (const [name, secret] of [['file', { kind: 'file', bytes: GOLDEN_KEY_FILE }], ['words', { kind: 'passphrase', text: GOLDEN_PASSPHRASE }]] as const) assert.deepEqual(await openKeySlot(decodeKeySlot(file(`keys/${name}`).toString()), { vaultId, name }, secret), GOLDEN_MASTER)

  const keys = createVaultKeys(GOLDEN_MASTER, vaultId, seededRandom(1))
  const steps = readdirSync(path.join(GOLDEN, 'ledger')).map((name) => decodeLedgerEntry(keys.open('ledger', name, file(`ledger/${name}`))))
  assert.deepEqual(steps.map(({ seq, action }) => [seq, action.kind]), [[1, 'packs'], [2, 'commit'], [3, 'commit']])
  const segments = new Map<string, Uint8Array>()
  for (const name of filesBelow(path.join(GOLDEN, 'packs'))) {
    const bytes = file(`packs/${name}`)
    const { packId, salt } = decodePackHeader(bytes.subarray(0, PACK_HEADER_BYTES))
    const place = { key: keys.packKey(packId, salt), vaultId, packId }
    const footer = decodePackFooter(bytes.subarray(-PACK_FOOTER_BYTES), bytes.length)
    const { blocks } = openTrailer(place, footer, bytes.subarray(footer.trailerOffset, -PACK_FOOTER_BYTES))
    for (const block of blocks) {
      const end = block.offset + block.sealedBytes - 16
      const decipher = createDecipheriv('aes-256-gcm', place.key, blockNonce(block.number)).setAAD(blockAad(vaultId, { ...block, packId })).setAuthTag(bytes.subarray(end, end + 16))
      const stored = Buffer.concat([decipher.update(bytes.subarray(block.offset, end)), decipher.final()])
      const plain = block.compression === 'zstd' ? zstdDecompressSync(stored) : stored
      let start = 0
      for (const [index, length] of block.lengths.entries()) {
        segments.set(Buffer.from(block.ids.subarray(index * 32, (index + 1) * 32)).toString('hex'), plain.subarray(start, start + length))
        start += length
      }
    }
  }
  const segment = (id: Uint8Array): Uint8Array => segments.get(Buffer.from(id).toString('hex')) ?? assert.fail('a segment is missing')
  for (const name of DUMPS) {
    const { entries } = decodeManifest(keys.open('manifest', name, file(`manifests/${name}`)))
    const pieces = entries.flatMap(({ id, directory }) => {
      const recipe = new RecipeReader(segment(id), directory)
      const made: Uint8Array[] = []
      for (let next = recipe.next(); next !== undefined; next = recipe.next()) {
        if (next.kind === 'literal' || next.kind === 'header') made.push(next.bytes)
        else if (next.kind === 'zeros') made.push(new Uint8Array(next.count))
        else if (next.kind === 'segment') made.push(segment(next.id))
      }
      return made
    })
    assert.deepEqual(Buffer.concat(pieces), dumpOf(name))
  }
})
