import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { nodeDisk } from '../kernel/node-disk.ts'
import { nodeProcesses } from '../kernel/node-processes.ts'
import { readSecret } from './secret.ts'

test('a secret comes from its value, a file or a program, and from one of them only', async () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'holdfast-secret-'))
  try {
    writeFileSync(path.join(dir, 's'), 'from file\n')
    const read = (environment: Record<string, string>): Promise<string | undefined> => readSecret('X', { environment, disk: nodeDisk, processes: nodeProcesses })
    assert.equal(await read({}), undefined)
    assert.equal(await read({ X: ' value ' }), 'value')
    assert.equal(await read({ X_FILE: path.join(dir, 's') }), 'from file')
    assert.equal(await read({ X_COMMAND: `cat ${path.join(dir, 's')}` }), 'from file')
    await assert.rejects(read({ X: 'a', X_FILE: 'b' }), { code: 'config-invalid', message: 'X and X_FILE are both set' })
    await assert.rejects(read({ X_COMMAND: 'false' }), { code: 'process-failed' })
  } finally {
    rmSync(dir, { recursive: true })
  }
})
