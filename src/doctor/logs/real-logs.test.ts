import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { nodeDisk } from '../../kernel/node-disk.ts'
import { FAULT_KINDS } from '../kinds.ts'
import { diagnoseFiles } from './diagnose-files.ts'
import { findLogFiles } from './find-logs.ts'

const RECORDED = path.resolve(import.meta.dirname, '../../../testdata/doctor')

interface Expected {
  readonly failures: readonly string[]
  readonly warnings: readonly string[]
  /** Those that must be among the notices. */
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
    assert.deepEqual(notices.filter((code) => !codesOf('notice').includes(code)), [])
    assert.deepEqual(unknown, [])
    const known = new Set(FAULT_KINDS.map(({ code }) => code))
    for (const code of [...failures, ...warnings, ...notices]) assert.ok(known.has(code), code)
  })
}

/** Families whose faults other programs than stock Amanda have. */
const OWN_FAMILIES = ['setup', 'holdfast', 'vault']
/** What only follows from another fault wherever it was met, or never came in a run that was recorded. */
const IN_SAMPLES_ONLY = ['chunker-cancelled', 'client-pipe-broken', 'dump-cut-short']

test('every kind of fault of stock Amanda is found in logs that were recorded, sixty at least in those of real runs', () => {
  const found = new Set<string>()
  const foundInRuns = new Set<string>()
  for (const name of readdirSync(RECORDED)) {
    const { from, failures, warnings, notices = [] } = JSON.parse(readFileSync(path.join(RECORDED, name, 'expected.json'), 'utf8')) as Expected & { readonly from: string }
    for (const code of [...failures, ...warnings, ...notices]) {
      found.add(code)
      if (from.includes('played by')) foundInRuns.add(code)
    }
  }
  const own = new Set(OWN_FAMILIES.flatMap((family) => readdirSync(path.resolve(import.meta.dirname, '../kinds', family)).map((file) => path.basename(file, '.ts'))))
  const stock = FAULT_KINDS.map(({ code }) => code).filter((code) => !own.has(code) && !IN_SAMPLES_ONLY.includes(code))
  assert.deepEqual(stock.filter((code) => !found.has(code)), [])
  assert.ok(stock.filter((code) => foundInRuns.has(code)).length >= 60)
})
