import assert from 'node:assert/strict'
import { mkdtemp, open, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { after, before, test } from 'node:test'
import type { Catalog, DumpRecord } from './contract.ts'
import { dumpId, runId } from './ids.ts'
import { MIGRATIONS } from './migrations.ts'
import { inPlaceCatalog, SqliteCatalog } from './sqlite.ts'
import { openWorkerCatalog } from './worker-catalog.ts'

let dir = ''
before(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'holdfast-catalog-'))
})
after(() => rm(dir, { recursive: true }))

const RUN_1 = runId('20260101000000')
const RUN_2 = runId('20260102000000')

function record(run: typeof RUN_1, host: string, disk: string, level: number, more: Partial<DumpRecord> = {}): DumpRecord {
  return { id: dumpId(run, host, disk, level), run, host, disk, level, status: 'complete', startedMs: 1, nativeBytes: 2, storedBytes: 3, attempts: 1, ...more }
}

const FULL: Required<DumpRecord> = {
  id: dumpId(RUN_2, 'h a', '/x/%', 1), run: RUN_2, host: 'h a', disk: '/x/%', level: 1, baseRun: RUN_1, status: 'partial', outcome: 'strange', faultCode: 'timed-out', message: 'slow', startedMs: 5, endedMs: 6,
  nativeBytes: 2 ** 45, storedBytes: 9, nativeCrc: '00000001:1', clientCrc: '00000002:2', serverCrc: '00000003:3', holdingPath: '/h/x', strangeLines: ['? a', 'b'], attempts: 2, estimatedBytes: 8, verifiedMs: 77, manifest: 'm', readBytes: 4, unchangedBytes: 5,
}

async function exercise(catalog: Catalog): Promise<void> {
  const first = record(RUN_1, 'h', '/', 0)
  await catalog.putDump({ ...first, status: 'running' })
  const parts = [1, 2].map((n) => ({ dump: first.id, partNumber: n, label: `V${n}`, fileNumber: n, bytes: 10 * n }))
  await catalog.putTapedDump(first, parts)
  await catalog.putDump(FULL)
  await catalog.putVerified(FULL.id, 77)
  await catalog.putDump(FULL)
  assert.deepEqual(await catalog.dump(FULL.id), FULL, 'putting a dump again does not forget that it was verified')
  assert.deepEqual(await catalog.dumps(), [FULL, first])
  assert.deepEqual(await catalog.dumps({ host: 'h', disk: '/', status: 'complete', run: RUN_1 }), [first])
  assert.deepEqual(await catalog.dumps({ notAfter: RUN_1 }), [first])
  assert.deepEqual(await catalog.parts(first.id), parts)
  await catalog.putDump(first)
  assert.deepEqual(await catalog.partsOnVolume('V2'), parts.slice(1), 'putting a dump again keeps its parts')
  const volume = { label: 'V1', storage: 's', slot: '1', run: RUN_1, bytes: 10, isReusable: true }
  await catalog.putVolume(volume)
  assert.deepEqual(await catalog.volumes(), [volume])
  const held = record(RUN_2, 'h', '/', 1, { holdingPath: '/holding/x' })
  await catalog.putDump(held)
  await catalog.putVerified(held.id, 7)
  await catalog.putTapedDump(held, [{ dump: held.id, partNumber: 1, label: 'V1', fileNumber: 2, bytes: 1 }])
  assert.deepEqual(await catalog.eraseVolume('V1'), [first.id])
  assert.equal(await catalog.dump(first.id), undefined)
  assert.deepEqual(await catalog.partsOnVolume('V2'), [], 'the rest of a dump that lost a part is void')
  assert.deepEqual(await catalog.dump(held.id), held, 'a dump that is still held stays; the copy that was verified is another one than the last that was made')
  await catalog.removeDump(FULL.id)
  assert.deepEqual(await catalog.dumps(), [held])
  const run = { id: RUN_2, startedMs: 1, endedMs: 2, status: 'done', reason: 'manual' } as const
  await catalog.putRun({ id: RUN_1, startedMs: 0, status: 'crashed', reason: 'schedule' })
  await catalog.putRun({ ...run, status: 'running' })
  await catalog.putRun(run)
  assert.deepEqual(await catalog.runs(1), [run])
  assert.equal((await catalog.runs()).length, 2)
  await catalog.putHost({ host: 'h', keyFingerprints: ['a', 'b'], lastSeenMs: 7 })
  assert.deepEqual(await catalog.hosts(), [{ host: 'h', keyFingerprints: ['a', 'b'], lastSeenMs: 7 }])
  const event = { atMs: 10, host: 'h', kind: 'down', code: 'link-silent', milliseconds: 30_000, bytesResent: 5 } as const
  await catalog.addLinkEvent(event)
  await catalog.addLinkEvent({ atMs: 5, host: 'x', kind: 'up' })
  assert.deepEqual(await catalog.linkEvents(0, 'h'), [event])
  assert.equal((await catalog.linkEvents(0)).length, 2)
  assert.deepEqual(await catalog.linkEvents(11), [])
}

test('the catalog remembers, in place', async () => {
  await using catalog = inPlaceCatalog(new SqliteCatalog(':memory:'))
  await exercise(catalog)
})

test('the catalog remembers, in a worker, and after it was closed', async () => {
  const file = path.join(dir, 'catalog.sqlite')
  const catalog = await openWorkerCatalog(file)
  await exercise(catalog)
  await catalog[Symbol.asyncDispose]()
  await assert.rejects(catalog.dumps(), { code: 'cancelled' })
  const again = new SqliteCatalog(file)
  assert.equal(again.dumps().length, 1)
  again.close()
})

test('a database of the first schema is brought up to date and keeps its rows', () => {
  const file = path.join(dir, 'first.sqlite')
  const db = new DatabaseSync(file)
  db.exec(`${MIGRATIONS[0]}; PRAGMA user_version = 1; INSERT INTO dumps (id, run, host, disk, level, status, started_ms, native_bytes, stored_bytes, attempts) VALUES ('20260101000000/h/%2F/0', '20260101000000', 'h', '/', 0, 'complete', 1, 2, 3, 1)`)
  db.close()
  const catalog = new SqliteCatalog(file)
  const first = record(RUN_1, 'h', '/', 0)
  assert.deepEqual(catalog.dumps(), [first])
  catalog.putVerified(first.id, 9)
  assert.equal(catalog.dump(first.id)?.verifiedMs, 9)
  catalog.close()
})

test('a damaged or newer database is named', async () => {
  const garbage = path.join(dir, 'garbage.sqlite')
  await using out = await open(garbage, 'w')
  await out.write('this is no database, '.repeat(500))
  assert.throws(() => new SqliteCatalog(garbage), { code: 'catalog-damaged' })
  await assert.rejects(openWorkerCatalog(garbage), { code: 'catalog-damaged', next: /catalog rebuild/ })

  const torn = path.join(dir, 'torn.sqlite')
  const catalog = new SqliteCatalog(torn)
  for (let n = 0; n < 500; n++) catalog.putDump(record(RUN_1, `host${n}`, '/', 0, { message: 'x'.repeat(200) }))
  catalog.close()
  await using file = await open(torn, 'r+')
  await file.write(Buffer.alloc(40_000, 0xa5), 0, 40_000, 20_000)
  assert.throws(() => new SqliteCatalog(torn), { code: 'catalog-damaged' })

  const newer = path.join(dir, 'newer.sqlite')
  const db = new DatabaseSync(newer)
  db.exec('PRAGMA user_version = 999')
  db.close()
  assert.throws(() => new SqliteCatalog(newer), { code: 'catalog-newer' })
})
