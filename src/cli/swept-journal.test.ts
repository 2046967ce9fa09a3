import assert from 'node:assert/strict'
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { serverLayout } from '../config/layout.ts'
import { parseServerConfig } from '../config/server-config.ts'
import { nodeDisk } from '../kernel/node-disk.ts'
import { nodeProcesses } from '../kernel/node-processes.ts'
import { StagingJournal, stagingPath } from '../stream/staging-journal.ts'
import { systemRandom } from '../kernel/random.ts'
import { sweptJournal } from './swept-journal.ts'

test('staging directories of processes that have ended are removed and told, those of living ones stay', async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'holdfast-swept-'))
  try {
    const parsed = parseServerConfig('storage: {directory: /b}\n', 'f', { state: dir, cache: dir, run: dir, log: dir })
    assert.ok(parsed.kind === 'config')
    const ended = spawnSync(process.execPath, ['-e', '0']).pid
    const [dead, alive] = [stagingPath(systemRandom, dir), stagingPath(systemRandom, dir)]
    for (const [staging, pid] of [[dead, ended], [alive, process.pid]] as const) {
      await new StagingJournal(nodeDisk, serverLayout(parsed.config).restoringDir, pid).note(staging)
      mkdirSync(staging)
    }
    const told: string[] = []
    await sweptJournal({ disk: nodeDisk, processes: nodeProcesses }, parsed.config, (line) => told.push(line))
    assert.deepEqual([existsSync(dead), existsSync(alive)], [false, true])
    assert.deepEqual(told, [`removed ${dead}, which a restore that was broken off had left`])
  } finally {
    rmSync(dir, { recursive: true })
  }
})
