import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import type { DumpRecord } from '../catalog/contract.ts'
import { dumpId, runId } from '../catalog/ids.ts'
import { indexPath } from '../catalog/index-file/index-format.ts'
import { inPlaceCatalog, SqliteCatalog } from '../catalog/sqlite.ts'
import { systemClock } from '../kernel/clock.ts'
import { silentLog } from '../kernel/log.ts'
import { nodeDisk } from '../kernel/node-disk.ts'
import { tidyUp } from './tidy-up.ts'

const OLD_MS = Date.UTC(2020, 0, 1)

function dumpOf(run: string, status: DumpRecord['status'], startedMs = OLD_MS): DumpRecord {
  return { id: dumpId(runId(run), 'h', '/d', 0), run: runId(run), host: 'h', disk: '/d', level: 0, status, startedMs, nativeBytes: 1, storedBytes: 1, attempts: 1 }
}

test('what no dump or volume needs any more goes; what is needed or young stays', async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'holdfast-tidy-'))
  await using catalog = inPlaceCatalog(new SqliteCatalog(':memory:'))
  try {
    const [indexDir, runLogDir] = [path.join(dir, 'index'), path.join(dir, 'runs')]
    mkdirSync(runLogDir)
    const doors = { clock: systemClock, disk: nodeDisk, catalog, indexDir, runLogDir, log: silentLog }
    await tidyUp(doors, new AbortController().signal)
    const kept = dumpOf('20200101000000', 'complete')
    const gone = dumpOf('20200102000000', 'complete')
    mkdirSync(path.dirname(indexPath(indexDir, kept)), { recursive: true })
    for (const name of [indexPath(indexDir, kept), indexPath(indexDir, gone), `${indexPath(indexDir, kept)}.tmp`, `${indexPath(indexDir, kept)}.run0`]) writeFileSync(name, 'x')
    for (const run of ['20200101000000', '20200102000000', '20200103000000', '20200104000000']) writeFileSync(path.join(runLogDir, `log.${run}.0`), 'x')
    for (const name of readdirSync(runLogDir)) if (!name.includes('20200104')) utimesSync(path.join(runLogDir, name), OLD_MS / 1000, OLD_MS / 1000)

    await tidyUp(doors, new AbortController().signal)
    assert.ok(existsSync(indexPath(indexDir, gone)), 'a catalog without a dump says nothing about indexes')
    assert.deepEqual(readdirSync(path.dirname(indexPath(indexDir, kept))).length, 2)

    for (const name of readdirSync(runLogDir)) rmSync(path.join(runLogDir, name))
    for (const run of ['20200101000000', '20200102000000', '20200103000000', '20200104000000']) writeFileSync(path.join(runLogDir, `log.${run}.0`), 'x')
    for (const name of readdirSync(runLogDir)) if (!name.includes('20200104')) utimesSync(path.join(runLogDir, name), OLD_MS / 1000, OLD_MS / 1000)
    await catalog.putDump(kept)
    await catalog.putDump(dumpOf('20200105000000', 'failed'))
    await catalog.putDump(dumpOf('20200106000000', 'failed', systemClock.wallMs()))
    for (const run of ['20200101000000', '20200102000000']) await catalog.putRun({ id: runId(run), startedMs: OLD_MS, status: 'done', reason: 'manual' })
    await catalog.putVolume({ label: 'V-1', storage: 's', slot: 'slot1', run: runId('20200103000000'), bytes: 1, isReusable: true })
    for (const atMs of [OLD_MS, systemClock.wallMs()]) await catalog.addLinkEvent({ atMs, host: 'h', kind: 'up' })

    await tidyUp(doors, new AbortController().signal)
    assert.deepEqual(readdirSync(path.dirname(indexPath(indexDir, kept))), [path.basename(indexPath(indexDir, kept))])
    assert.deepEqual(readdirSync(runLogDir), ['log.20200101000000.0', 'log.20200103000000.0', 'log.20200104000000.0'])
    assert.deepEqual((await catalog.dumps()).map(({ run }) => run), ['20200106000000', '20200101000000'])
    assert.deepEqual((await catalog.runs()).map(({ id }) => id), ['20200101000000'])
    assert.equal((await catalog.linkEvents(0)).length, 1)
  } finally {
    rmSync(dir, { recursive: true })
  }
})
