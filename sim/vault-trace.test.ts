import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { VaultTrace } from './vault-trace.ts'

/** One beginning in so many; `npm run integration -- vault-trace` plays all of them, with everything that may be left. */
const STRIDE = 23

test('a real run on a vault that loses its power at any step leaves a right vault', async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'holdfast-vault-trace-'))
  try {
    const trace = await VaultTrace.record(dir, 1)
    assert.equal(trace.dumps, 6)
    assert.ok(trace.steps - trace.first > 150, `${trace.steps - trace.first} steps`)
    for (let step = trace.first, count = 0; step < trace.steps; step += STRIDE, count++) await trace.judge(step, [count])
    await trace.judge(trace.steps)
  } finally {
    rmSync(dir, { recursive: true })
  }
})
