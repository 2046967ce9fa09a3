import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import type { RunId } from '../../catalog/contract.ts'
import { nodeDisk } from '../../kernel/node-disk.ts'
import type { MailOutcome } from '../../server/control/contract.ts'
import { NO_OUTCOMES, readMailOutcomes, withOutcome, writeMailOutcomes } from './mail-outcomes.ts'

function outcome(day: number, status: MailOutcome['status']): MailOutcome {
  return { run: `202611${String(day).padStart(2, '0')}013000` as RunId, atMs: day, status, ...(status === 'failed' ? { message: 'no answer' } : {}) }
}

test('failures wait until a report that tells them was sent, the newest ten of them, one a run', () => {
  let outcomes = NO_OUTCOMES
  for (let day = 1; day <= 12; day++) outcomes = withOutcome(outcomes, outcome(day, 'failed'))
  assert.deepEqual(outcomes.untold.map(({ atMs }) => atMs), [3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
  assert.equal(withOutcome(outcomes, outcome(12, 'failed')).untold.length, 10)
  outcomes = withOutcome(outcomes, outcome(13, 'not-wanted'))
  assert.deepEqual([outcomes.last?.status, outcomes.untold.length], ['not-wanted', 10])
  outcomes = withOutcome(outcomes, outcome(14, 'sent'))
  assert.deepEqual([outcomes.last?.status, outcomes.untold], ['sent', []])
})

test('they outlive the server, and a damaged file is none', async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'holdfast-mail-'))
  const file = path.join(dir, 'mail-outcomes.json')
  try {
    assert.deepEqual(await readMailOutcomes(nodeDisk, file), NO_OUTCOMES)
    const outcomes = withOutcome(NO_OUTCOMES, outcome(1, 'failed'))
    await writeMailOutcomes(nodeDisk, file, outcomes)
    assert.deepEqual(await readMailOutcomes(nodeDisk, file), outcomes)
    for (const damaged of ['{', '{"version":1,"untold":[{"run":"x"}]}', '{"version":2,"untold":[]}']) {
      writeFileSync(file, damaged)
      assert.deepEqual(await readMailOutcomes(nodeDisk, file), NO_OUTCOMES)
    }
  } finally {
    rmSync(dir, { recursive: true })
  }
})
