import assert from 'node:assert/strict'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { nodeDisk } from '../kernel/node-disk.ts'
import { nodeProcesses } from '../kernel/node-processes.ts'
import { systemRandom } from '../kernel/random.ts'
import { StagingJournal } from '../stream/staging-journal.ts'
import { openStaging, sweepStaging } from './staging.ts'

test('the staging directory of a restore that died is removed by the next, that of a living one is not', async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'holdfast-staging-'))
  try {
    mkdirSync(path.join(dir, 'not-ours'))
    const open = (pid: number, name: string): ReturnType<typeof openStaging> => openStaging(nodeDisk, nodeProcesses, systemRandom, path.join(dir, name), new StagingJournal(nodeDisk, path.join(dir, 'journal'), pid))
    const dead = await open(1, 'a')
    mkdirSync(path.join(dead.path, 'tree'))
    const alive = await open(2, 'b')
    const done = await open(1, 'c')
    await done.become()
    await done.discard()
    const swept = await sweepStaging(nodeDisk, nodeProcesses, new StagingJournal(nodeDisk, path.join(dir, 'journal'), 3), (pid) => pid === 2)
    assert.deepEqual(swept, { removed: [dead.path], kept: [] })
    assert.deepEqual([existsSync(dead.path), existsSync(alive.path), existsSync(path.join(dir, 'c'))], [false, true, true])
    await alive.discard()
    assert.deepEqual(readdirSync(dir).toSorted(), ['c', 'journal', 'not-ours'])
    assert.deepEqual(readdirSync(path.join(dir, 'journal')), [])
  } finally {
    rmSync(dir, { recursive: true })
  }
})

test('a restored file takes the place of an empty directory', async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'holdfast-staging-'))
  try {
    const target = path.join(dir, 'target')
    mkdirSync(target)
    const staging = await openStaging(nodeDisk, nodeProcesses, systemRandom, target)
    writeFileSync(path.join(staging.path, 'file'), 'SELECT 1')
    await staging.become(path.join(staging.path, 'file'))
    await staging.discard()
    assert.equal(readFileSync(target, 'utf8'), 'SELECT 1')
    assert.deepEqual(readdirSync(dir), ['target'])
  } finally {
    rmSync(dir, { recursive: true })
  }
})
