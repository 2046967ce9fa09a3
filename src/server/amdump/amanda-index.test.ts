import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gunzipSync } from 'node:zlib'
import { mkdtemp, readFile, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { runId } from '../../catalog/ids.ts'
import { nodeDisk } from '../../kernel/node-disk.ts'
import { amandaIndexPath, createAmandaIndex } from './amanda-index.ts'

const DUMP = { run: runId('20261127161423'), host: 'client', disk: '/my b', level: 1 }

async function inTemporary(work: (dir: string) => Promise<void>): Promise<void> {
  const dir = await mkdtemp(path.join(tmpdir(), 'amanda-index-'))
  try {
    await work(dir)
  } finally {
    await rm(dir, { recursive: true })
  }
}

test('names are kept as they come, under the name that stock Amanda looks for', () =>
  inTemporary(async (dir) => {
    const lines = Array.from({ length: 5000 }, (_, index) => `/sub/file ${index}`)
    const writer = await createAmandaIndex(nodeDisk, dir, DUMP, true)
    for (const line of ['/', ...lines, 'no path']) await writer.add(line)
    assert.deepEqual(await readdir(path.join(dir, 'client/_my b')), ['20261127161423_1-unsorted.gz.tmp'])
    const totals = await writer.finish()
    assert.deepEqual([totals.lineCount, totals.leftOut], [5001, 1])
    assert.deepEqual(await readdir(path.join(dir, 'client/_my b')), ['20261127161423_1-unsorted.gz'])
    assert.equal(gunzipSync(await readFile(`${amandaIndexPath(dir, DUMP)}-unsorted.gz`)).toString(), `${['/', ...lines].join('\n')}\n`)
  }))

test('without compress-index it is plain, and a dump that fails leaves none', () =>
  inTemporary(async (dir) => {
    const writer = await createAmandaIndex(nodeDisk, dir, DUMP, false)
    await writer.add('/a')
    await writer.finish()
    assert.equal((await readFile(`${amandaIndexPath(dir, DUMP)}-unsorted`)).toString(), '/a\n')
    const failing = await createAmandaIndex(nodeDisk, dir, { ...DUMP, level: 2 }, true)
    await failing.add('/a')
    await failing.abandon()
    assert.deepEqual(await readdir(path.join(dir, 'client/_my b')), ['20261127161423_1-unsorted'])
  }))
