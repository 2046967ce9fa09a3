import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { test, type TestContext } from 'node:test'
import { inPlaceCatalog, SqliteCatalog } from '../../catalog/sqlite.ts'
import { recordOfVaultDump } from '../../catalog/vault-record.ts'
import type { VaultStorageConfig } from '../../config/resolved.ts'
import { Fault } from '../../kernel/fault.ts'
import { silentLog } from '../../kernel/log.ts'
import { nodeDisk } from '../../kernel/node-disk.ts'
import type { KeepRules } from '../../storage/vault/contract.ts'
import { formatDumpHeader } from '../../wire/amanda/dump-header.ts'
import { MemoryVault } from '../../../testkit/small-vault.ts'
import type { ServerEvent } from '../control/contract.ts'
import { pruneAfterRun } from './prune-after-run.ts'
import { VaultDesk } from './vault-desk.ts'

const HOUR_MS = 3_600_000
const STORAGE: VaultStorageConfig = { name: 'v', kind: 'vault', directory: '/v', secret: { kind: 'key-file', file: '/k' }, dedupDomain: 'vault', compressLevel: 1, keep: { last: 2 } }

async function world(context: TestContext) {
  const dir = await mkdtemp('/tmp/F-prune-')
  context.after(() => rm(dir, { recursive: true, force: true }))
  const clock = { nowMs: 1_000_000, wallMs: () => clock.nowMs, monotonicMs: () => clock.nowMs, setTimer: () => ({ cancel: () => undefined }), afterPoll: () => undefined }
  const vault = new MemoryVault()
  const catalog = inPlaceCatalog(new SqliteCatalog(':memory:'))
  const desk = new VaultDesk({ clock: clock as never, vault, storage: STORAGE, catalog })
  const events: ServerEvent[] = []
  let count = 0
  const add = async (): Promise<void> => {
    const run = `202601${String(++count).padStart(2, '0')}000000`
    const header = formatDumpHeader({ kind: 'file', datestamp: run, host: 'h', disk: '/d', level: 0, compress: 'N', isEncrypted: false, program: 'APPLICATION', isPartial: false, originalKib: 1, decryptCommand: '', uncompressCommand: '', recoverCommand: '' })
    vault.list({ host: 'h', disk: '/d', run, level: 0, baseRun: undefined, domain: '', maker: 'archive', header, startedMs: 1, endedMs: 2, nativeBytes: 7, nativeCrc: '0000000a:7', members: 1, addedBytes: 1000, recipeBytes: 1, verifiedMs: undefined, tags: [], isPinned: false }, [])
    const [newest] = await vault.dumps()
    if (newest !== undefined) await catalog.putDump(recordOfVaultDump(newest))
  }
  const prune = (rules: KeepRules | undefined = STORAGE.keep, signal = new AbortController().signal): Promise<void> => pruneAfterRun({ clock: clock as never, disk: nodeDisk, desk, rules, notesFile: `${dir}/notes.json`, events: (event) => events.push(event), log: silentLog }, signal)
  return { clock, vault, catalog, events, add, prune, desk }
}

test('new rules remove nothing in their first night, and say what they would remove', async (context) => {
  const { vault, catalog, events, add, prune } = await world(context)
  for (let night = 0; night < 4; night++) await add()
  await prune()
  assert.equal((await vault.dumps()).length, 4)
  assert.deepEqual(events.map((event) => (event.kind === 'vault-pruned' ? [event.isDryRun, event.removed, event.kept] : event.kind)), [[true, 2, 2]])
  await add()
  await prune()
  assert.equal((await vault.dumps()).length, 2)
  assert.deepEqual((await catalog.dumps()).map(({ run }) => run), ['20260105000000', '20260104000000'], 'the rows went with the dumps')
  assert.deepEqual(events.map((event) => (event.kind === 'vault-pruned' ? [event.isDryRun, event.removed, event.freedBytes] : event.kind)).at(-1), [false, 3, 40])
  await add()
  await prune({ last: 1 })
  assert.equal((await vault.dumps()).length, 3, 'other rules have a first night of their own')
})

test('little garbage is swept once a day, much at once; pins and no rules keep everything', async (context) => {
  const { clock, vault, add, prune } = await world(context)
  for (let night = 0; night < 30; night++) await add()
  await prune({ last: 29 })
  await prune({ last: 29 })
  assert.equal((await vault.dumps()).length, 29, 'never swept before')
  await add()
  await prune({ last: 29 })
  assert.equal((await vault.dumps()).length, 30, 'a thirtieth of all can wait')
  clock.nowMs += 21 * HOUR_MS
  await prune({ last: 29 })
  assert.equal((await vault.dumps()).length, 29)
  await prune({ last: 2 })
  await vault.setPinned((await vault.dumps()).at(-1)?.manifest ?? '', true)
  await prune({ last: 2 })
  assert.equal((await vault.dumps()).length, 3, 'much goes at once, and the pinned one stays')
  await prune({})
  await pruneAfterRun({ rules: undefined } as never, new AbortController().signal)
  assert.equal((await vault.dumps()).length, 3)
})

test('a prune that fails is a warning and no end', async (context) => {
  const { vault, events, add, prune } = await world(context)
  await add()
  await prune()
  vault.planPrune = () => Promise.reject(new Fault('disk-error', 'broken'))
  await prune()
  assert.equal(events.at(-1)?.kind, 'warning')
})
