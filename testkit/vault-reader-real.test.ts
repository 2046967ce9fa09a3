import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { sourceOf } from '../src/kernel/byte-stream.ts'
import { systemClock } from '../src/kernel/clock.ts'
import { silentLog } from '../src/kernel/log.ts'
import { nodeDisk } from '../src/kernel/node-disk.ts'
import { seededRandom } from '../src/kernel/random.ts'
import { openVault } from '../src/storage/vault/open-vault.ts'
import { makeVaultFiles } from '../src/storage/vault/slot-files.ts'
import { localBlockThreads } from '../src/stream/vault/block-work.ts'
import { cutStream } from '../src/stream/vault/cut-threads.ts'
import { createVaultKeys } from '../src/stream/vault/keys.ts'
import { openSegmentHash } from '../src/stream/vault/segment-hash.ts'
import { goldenVault } from './golden-vault.ts'

const ROOT = path.resolve(import.meta.dirname, '..')
const READER = path.join(ROOT, 'docs/vault-reader/restore.py')
const isThere = spawnSync('python3', ['-c', 'import ctypes; ctypes.CDLL("libcrypto.so.3"); ctypes.CDLL("libzstd.so.1")']).status === 0
const whenThere = isThere ? {} : { skip: 'python3 with libcrypto.so.3 and libzstd.so.1 is missing' }
const KEY = seededRandom(9).bytes(32)

/** An archive of files of all kinds of sizes, as GNU tar makes it. */
function archiveOf(dir: string, night: number): Buffer {
  const tree = path.join(dir, 'tree')
  const random = seededRandom(night)
  mkdirSync(path.join(tree, 'deep/er'), { recursive: true })
  for (const [index, bytes] of [0, 1, 511, 4000, 200_000].entries()) writeFileSync(path.join(tree, 'deep', `file-${index}`), bytes === 4000 ? random.bytes(bytes) : Buffer.alloc(bytes, `${index} `))
  writeFileSync(path.join(tree, 'deep/er/zeros'), Buffer.alloc(300_000))
  return spawnSync('tar', ['-C', tree, '-cf', '-', '.'], { maxBuffer: 2 ** 28 }).stdout
}

test('the reader in Python restores from a vault that the storage made, after dumps, a removal and a prune', whenThere, async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'holdfast-vault-'))
  try {
    const directory = path.join(dir, 'vault')
    const random = seededRandom(4)
    const { master, config } = await makeVaultFiles(nodeDisk, directory, { domain: 'vault', createdMs: 1 }, { name: 'main', label: 'a test', secret: { kind: 'file', bytes: KEY }, createdMs: 1 }, random)
    writeFileSync(path.join(dir, 'key'), KEY)
    await using threads = localBlockThreads()
    const vault = await openVault({ disk: nodeDisk, directory, keys: createVaultKeys(master, Buffer.from(config.id, 'hex'), random), threads, clock: systemClock, random, log: silentLog, owner: { host: 'here', pid: process.pid, process: 'a test', sinceMs: 0 }, isGone: () => false }, 'write')
    const dumps = new Map<string, Buffer>()
    for (let night = 1; night <= 3; night++) {
      const archive = archiveOf(dir, night)
      const intake = await vault.beginDump({ host: 'client', disk: '/home', run: `2026112${night}000000`, level: 0, baseRun: undefined, domain: '', maker: 'server', compressLevel: 1, startedMs: night })
      intake.beforeCommit(() => Promise.resolve({ header: 'AMANDA: FILE', endedMs: night }))
      const facts = await cutStream(sourceOf(archive), intake, { onBytes: () => undefined }, AbortSignal.timeout(60_000))
      dumps.set((await intake.finish(facts)).manifest, archive)
    }
    await vault.prune(await vault.planPrune({ last: 2 }, 10), () => undefined, AbortSignal.timeout(60_000))
    await vault[Symbol.asyncDispose]()
    const reader = (...words: readonly string[]): Buffer => {
      const { status, stdout, stderr } = spawnSync('python3', ['-B', READER, directory, '--key-file', path.join(dir, 'key'), ...words], { maxBuffer: 2 ** 28 })
      assert.equal(status, 0, stderr.toString())
      return stdout
    }
    const kept = [...dumps.keys()].slice(1)
    assert.deepEqual(reader().toString().trim().split('\n').map((line) => line.split(" ")[0] ?? "").toSorted(), kept.toSorted())
    for (const name of kept) assert.ok(reader(name).equals(dumps.get(name) ?? Buffer.alloc(0)), name)
  } finally {
    rmSync(dir, { recursive: true })
  }
})

test('the ids of the golden vault are those of our hash, so the whole of it can be made again', async () => {
  const made = await goldenVault(await hashOf())
  const golden = path.join(ROOT, 'testdata/vault/golden')
  const trailing = [...made.files].filter(([name]) => !name.startsWith('packs/') && !name.startsWith('ledger/'))
  // Packs and the ledger, which names them, depend on how zstd compresses.
  for (const [name, bytes] of trailing) if (!name.startsWith('manifests/')) assert.deepEqual(readFileSync(path.join(golden, name)), Buffer.from(bytes), name)
  for (const [name, bytes] of made.dumps) assert.deepEqual(readFileSync(path.join(ROOT, 'testdata/vault/dumps', name)), Buffer.from(bytes), name)
})

/** Of any key, at once: the golden vault asks for one domain only. */
async function hashOf(): Promise<(idKey: Uint8Array, bytes: Uint8Array) => Uint8Array> {
  const seen = new Map<string, Awaited<ReturnType<typeof openSegmentHash>>>()
  const keys: Uint8Array[] = []
  const collect = (idKey: Uint8Array): Uint8Array => {
    keys.push(idKey)
    return Buffer.alloc(32)
  }
  await goldenVault(collect)
  for (const key of keys) seen.set(Buffer.from(key).toString('hex'), await openSegmentHash(key))
  return (idKey, bytes) => seen.get(Buffer.from(idKey).toString('hex'))?.id(bytes) ?? assert.fail('a key that was not asked for before')
}
