import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test } from 'node:test'
import fc from 'fast-check'
import { silentLog, type Log } from '../../kernel/log.ts'
import { nodeDisk } from '../../kernel/node-disk.ts'
import { KeepaliveFile } from './keepalive-file.ts'

async function withFile(work: (file: string, open: (hosts?: readonly string[]) => Promise<KeepaliveFile>, warnings: string[]) => Promise<void>): Promise<void> {
  const dir = mkdtempSync(path.join(tmpdir(), 'holdfast-keepalive-'))
  const file = path.join(dir, 'keepalives.json')
  const warnings: string[] = []
  const log: Log = { ...silentLog, warn: (message) => void warnings.push(message) }
  try {
    await work(file, (hosts = ['a', 'b']) => KeepaliveFile.open({ disk: nodeDisk, file, log, wallMs: () => 1_795_500_000_000, hosts }), warnings)
  } finally {
    rmSync(dir, { recursive: true })
  }
}

test('what was learned is there again after a restart, for hosts that are still in the configuration', () =>
  withFile(async (file, open, warnings) => {
    const first = await open()
    assert.equal(first.of('a'), undefined)
    first.learn('a', 2500)
    first.learn('b', 2500)
    first.learn('a', 1250)
    assert.equal(first.of('a'), 1250)
    await first.settled()
    assert.equal(statSync(file).mode & 0o777, 0o600)
    assert.deepEqual(JSON.parse(readFileSync(file, 'utf8')), { version: 1, hosts: [{ host: 'a', keepaliveMs: 1250, learnedMs: 1_795_500_000_000 }, { host: 'b', keepaliveMs: 2500, learnedMs: 1_795_500_000_000 }] })
    const second = await open(['a', 'c'])
    assert.deepEqual([second.of('a'), second.of('b'), second.of('c')], [1250, undefined, undefined])
    assert.deepEqual(warnings, [])
  }))

test('a damaged file counts as none, is told of once, and is replaced by the next lesson', () =>
  withFile(async (file, open, warnings) => {
    const good = '{"version":1,"hosts":[{"host":"a","keepaliveMs":2500,"learnedMs":1}]}'
    const bad = fc.oneof(fc.constantFrom('', '{', 'null', '{"version":2,"hosts":[]}', good.replace('2500', '-1'), good.replace('2500', '"x"'), good.replace('"a"', '7')), fc.string().filter((text) => !text.includes('version')))
    await fc.assert(fc.asyncProperty(bad, async (text) => {
      warnings.length = 0
      writeFileSync(file, text)
      const opened = await open()
      assert.equal(opened.of('a'), undefined)
      assert.equal(warnings.length, 1, text)
    }), { numRuns: 50 })
    const opened = await open()
    opened.learn('a', 1000)
    await opened.settled()
    assert.equal((await open()).of('a'), 1000)
  }))
