import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { DumpRecord } from '../../catalog/contract.ts'
import { runId } from '../../catalog/ids.ts'
import { inPlaceCatalog, SqliteCatalog } from '../../catalog/sqlite.ts'
import { recordOfVaultDump } from '../../catalog/vault-record.ts'
import type { VaultDump } from '../../storage/vault/contract.ts'
import { formatDumpHeader } from '../../wire/amanda/dump-header.ts'
import { reconcileVaultRows } from './vault-rows.ts'

function dump(run: string, changes: Partial<VaultDump> = {}): VaultDump {
  const header = formatDumpHeader({ kind: 'file', datestamp: run, host: 'h', disk: '/d', level: 0, compress: 'N', isEncrypted: false, program: 'APPLICATION', isPartial: false, originalKib: 1, nativeCrc: '0000000a:7', decryptCommand: '', uncompressCommand: '', recoverCommand: '' })
  return { manifest: `m-${run}`, host: 'h', disk: '/d', run, level: 0, baseRun: undefined, domain: '', maker: 'archive', header, startedMs: 1, endedMs: 2, nativeBytes: 7, nativeCrc: '0000000a:7', members: 1, addedBytes: 5, recipeBytes: 1, verifiedMs: undefined, tags: [], isPinned: false, ...changes }
}

const FIRST = '20260101000000'
const SECOND = '20260102000000'

test('a dump that was committed in the moment of a crash is listed, one that was not stays for the clean-up, one that is gone is taken out', async () => {
  const catalog = inPlaceCatalog(new SqliteCatalog(':memory:'))
  const committed = { ...recordOfVaultDump(dump(FIRST)), status: 'running' as const, attempts: 3, estimatedBytes: 9 }
  const { manifest: _manifest, outcome: _outcome, ...row } = committed
  await catalog.putDump({ ...row, faultCode: 'x', message: 'y' })
  const running: DumpRecord = { ...recordOfVaultDump(dump(SECOND)), status: 'running' }
  const { manifest: _none, ...unlisted } = running
  await catalog.putDump(unlisted)
  await catalog.putDump(recordOfVaultDump(dump('20250101000000')))
  const actions = await reconcileVaultRows(catalog, [dump(FIRST, { verifiedMs: 44 })])
  assert.deepEqual(actions.map(({ kind, run }) => [kind, run]), [['dump-relisted', FIRST], ['dump-delisted', '20250101000000']])
  const [second, first] = await catalog.dumps()
  assert.equal(second?.status, 'running', 'what never reached the vault is not for here')
  assert.ok(first?.status === 'complete' && first.manifest === `m-${FIRST}` && first.attempts === 3 && first.faultCode === undefined && first.verifiedMs === 44 && first.nativeCrc === '0000000a:7')
  assert.deepEqual(await reconcileVaultRows(catalog, [dump(FIRST)]), [], 'the next start has nothing to do')
})

test('of a lost catalog all dumps come back; a copy on volumes keeps its row; a header that cannot be read is told', async () => {
  const catalog = inPlaceCatalog(new SqliteCatalog(':memory:'))
  const { manifest: _manifest, ...taped } = recordOfVaultDump(dump(FIRST))
  await catalog.putTapedDump(taped, [{ dump: taped.id, partNumber: 1, label: 'v', fileNumber: 1, bytes: 1 }])
  const actions = await reconcileVaultRows(catalog, [dump(FIRST), dump(SECOND), dump('20260103000000', { header: 'nonsense' })])
  assert.deepEqual(actions.map(({ kind }) => kind), ['dump-relisted', 'vault-corrected'])
  assert.deepEqual((await catalog.dumps()).map(({ run, manifest }) => [run, manifest]), [[runId(SECOND), `m-${SECOND}`], [runId(FIRST), undefined]])
})
