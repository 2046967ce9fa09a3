import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import { openLog } from './log.ts'

test('a log that grows is turned over, loses no entry on the way, and keeps to a bound', () => {
  const dir = mkdtempSync(path.join(tmpdir(), 'holdfast-log-'))
  try {
    const log = openLog({ file: path.join(dir, 'server.log'), isVerbose: false, fileBytesMax: 100_000 }).child({ host: 'h' })
    const linesOf = (name: string): string[] => readFileSync(path.join(dir, name), 'utf8').trimEnd().split('\n')
    for (let count = 0; count < 2500; count++) log.info(`entry ${count}`, { filler: 'x'.repeat(60) })
    const names = readdirSync(dir)
    assert.deepEqual(names, ['server.log', 'server.log.1', 'server.log.2'])
    assert.equal(names.flatMap(linesOf).length, 2500)
    assert.match(linesOf('server.log').at(-1) ?? '', /entry 2499/)
    for (let count = 0; count < 10_000; count++) log.info(`entry ${count}`, { filler: 'x'.repeat(60) })
    assert.equal(readdirSync(dir).length, 5)
    assert.ok(readdirSync(dir).every((name) => statSync(path.join(dir, name)).size < 400_000))
  } finally {
    rmSync(dir, { recursive: true })
  }
})
