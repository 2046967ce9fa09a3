import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { nodeDisk } from '../../kernel/node-disk.ts'
import { FAULT_KINDS } from '../kinds.ts'
import { diagnoseFiles } from './diagnose-files.ts'
import { findLogFiles } from './read-logs.ts'

const RECORDED = path.resolve(import.meta.dirname, '../../../testdata/doctor')

interface Expected {
  readonly failures: readonly string[]
  readonly warnings: readonly string[]
  /** These at least. */
  readonly notices?: readonly string[]
}

for (const name of readdirSync(RECORDED).toSorted()) {
  test(`${name}: the logs of the real run give what they must, and nothing is unknown`, async () => {
    const dir = path.join(RECORDED, name)
    const { failures, warnings, notices = [] } = JSON.parse(readFileSync(path.join(dir, 'expected.json'), 'utf8')) as Expected
    const files = (await findLogFiles(nodeDisk, [dir])).filter((file) => !file.path.endsWith('.json'))
    const { findings, unknown } = await diagnoseFiles(nodeDisk, files, { nameOf: (file) => path.basename(file) })
    const codesOf = (wanted: string): string[] => [...new Set(findings.filter(({ severity }) => severity === wanted).map(({ code }) => code))].toSorted()
    assert.deepEqual(codesOf('failure'), failures.toSorted())
    assert.deepEqual(codesOf('warning'), warnings.toSorted())
    for (const code of notices) assert.ok(codesOf('notice').includes(code), code)
    assert.deepEqual(unknown, [])
    const known = new Set(FAULT_KINDS.map(({ code }) => code))
    for (const code of [...failures, ...warnings]) assert.ok(known.has(code), code)
  })
}
