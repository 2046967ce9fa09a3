import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inPlaceCatalog, SqliteCatalog } from '../../catalog/sqlite.ts'
import { NOT_WRITTEN, type FoundDump } from '../../records/found-dump.ts'
import { parseInfo } from '../../wire/amanda/curinfo.ts'
import { fillCatalog } from './fill-catalog.ts'
import { timestampSeconds } from '../../records/timestamp.ts'

const INFO = parseInfo(`version: 0\ncommand: 0\nfull-rate: 1\nfull-comp:\nincr-rate:\nincr-comp:\nstats: 0 480 171 1 ${timestampSeconds('20261127161423')} 2 LAB01\nstats: 1 30 9 1 ${timestampSeconds('20261128161423')}\nlast_level: 1 1\n//\n`)
const PART: FoundDump = {
  timestamp: '20261127161423', writeTimestamp: '20261127161423', host: 'h', disk: '/d', level: 0, storage: 'lab', pool: 'lab', label: 'LAB01', fileNumber: 2, partNumber: 1, partCount: 2, status: 'OK', dumpStatus: 'OK', message: '',
  kib: 100, originalKib: 480, isOnHolding: false,
}
const TAPELIST = [{ datestamp: '20261127161423', label: 'LAB01', isReusable: true }, { datestamp: '0', label: 'LAB02', isReusable: true }]

test('the catalog of a run has bases from the memory and parts from the logs', async () => {
  await using catalog = inPlaceCatalog(new SqliteCatalog(':memory:'))
  const found = [
    PART,
    { ...PART, partNumber: 2, fileNumber: 3 },
    // A copy, a dump that failed, one on the holding disk, and one that is not whole.
    { ...PART, label: 'VAULT1', storage: 'vault' },
    { ...PART, disk: '/failed', status: 'FAILED (dumper) [x]', dumpStatus: '' },
    { ...PART, disk: '/held', writeTimestamp: NOT_WRITTEN, label: '/hold/x', isOnHolding: true },
    { ...PART, disk: '/partial', status: 'PARTIAL', dumpStatus: 'PARTIAL' },
  ]
  await fillCatalog(catalog, [{ host: 'h', disk: '/d', info: INFO }, { host: 'h', disk: '/new', info: undefined }], found, TAPELIST, 'lab')
  const dumps = await catalog.dumps()
  assert.deepEqual(dumps.map(({ run, disk, level, status, nativeBytes }) => [run, disk, level, status, nativeBytes / 1024]), [
    ['20261128161423', '/d', 1, 'complete', 30],
    ['20261127161423', '/d', 0, 'complete', 480],
    ['20261127161423', '/partial', 0, 'partial', 480],
  ])
  assert.deepEqual((await catalog.partsOnVolume('LAB01')).filter(({ dump }) => dump === dumps[1]?.id).map(({ partNumber, fileNumber }) => [partNumber, fileNumber]), [[1, 2], [2, 3]])
  assert.deepEqual((await catalog.volumes()).map(({ label, run }) => [label, run]), [['LAB01', '20261127161423'], ['LAB02', undefined]])
})
