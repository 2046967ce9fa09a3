import assert from 'node:assert/strict'
import { mkdtemp, open, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { sourceOf } from '../../kernel/byte-stream.ts'
import { nodeDisk } from '../../kernel/node-disk.ts'
import { indexPath } from './index-format.ts'
import { IndexReader } from './index-reader.ts'
import { addIndexStream, createIndexWriter } from './index-writer.ts'
import { runId } from '../ids.ts'

let dir = ''
before(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'holdfast-index-'))
})
after(() => rm(dir, { recursive: true }))

async function write(file: string, lines: readonly string[]): Promise<void> {
  const writer = await createIndexWriter(nodeDisk, file)
  for (const line of lines) await writer.add(line)
  await writer.finish()
}

async function gather(lines: AsyncIterable<string>): Promise<string[]> {
  const found: string[] = []
  for await (const line of lines) found.push(line)
  return found
}

function linearList(sorted: readonly string[], directory: string): string[] {
  const children = new Set<string>()
  for (const line of sorted) {
    if (!line.startsWith(directory) || line === directory) continue
    const rest = line.slice(directory.length)
    const slash = rest.indexOf('/')
    children.add(directory + (slash < 0 ? rest : rest.slice(0, slash + 1)))
  }
  return [...children].sort()
}

const name = fc.string({ unit: fc.constantFrom('a', 'b', '.', '-', '0', '\u00ff'), minLength: 1, maxLength: 3 })
const line = fc.tuple(fc.array(name, { maxLength: 4 }), fc.boolean()).map(([parts, isDirectory]) => `/${parts.join('/')}${isDirectory && parts.length > 0 ? '/' : ''}`)

test('bisection finds what a linear search finds', async () => {
  const file = path.join(dir, 'property')
  await fc.assert(
    fc.asyncProperty(fc.array(line, { maxLength: 60 }), line, async (lines, probe) => {
      await write(file, lines)
      const sorted = [...new Set(lines)].sort()
      await using reader = await IndexReader.open(nodeDisk, file)
      assert.equal(reader.lineCount, sorted.length)
      assert.deepEqual(await gather(reader.linesFrom()), sorted)
      assert.deepEqual(await gather(reader.linesFrom(probe)), sorted.filter((each) => each >= probe))
      assert.equal(await reader.has(probe), sorted.includes(probe))
      const directory = probe.endsWith('/') ? probe : `${probe}/`
      assert.deepEqual((await gather(reader.list(directory))).sort(), linearList(sorted, directory))
    }),
    { numRuns: 100 },
  )
})

test('many lines are sorted through runs, found in their blocks, and leave nothing else behind', async () => {
  const file = path.join(dir, 'many', 'index')
  const count = 150_000
  const lines = Array.from({ length: count }, (_, index) => `/dir${(index * 7919) % 997}/a-file-with-a-longer-name-${(index * 104729) % count}`)
  await write(file, lines)
  assert.deepEqual(await readdir(path.dirname(file)), ['index'])
  const sorted = [...new Set(lines)].sort()
  await using reader = await IndexReader.open(nodeDisk, file)
  assert.deepEqual(await gather(reader.linesFrom()), sorted)
  assert.equal((await gather(reader.list('/'))).length, 997)
  for (const each of [sorted[0], sorted[70_001], sorted.at(-1)]) assert.ok(await reader.has(each ?? ''))
  assert.equal(await reader.has('/dir5/nothing'), false)
})

test('an INDEX stream is cut anywhere; what is no name is left out', async () => {
  const file = path.join(dir, 'stream')
  const writer = await createIndexWriter(nodeDisk, file)
  await addIndexStream(writer, sourceOf('/b\n/a', '/\nrubbish\n\n/', 'x'.repeat(20_000), 'y'.repeat(20_000), '\n/end'))
  assert.deepEqual(await writer.finish().then(({ lineCount, leftOut }) => ({ lineCount, leftOut })), { lineCount: 3, leftOut: 2 })
  await using reader = await IndexReader.open(nodeDisk, file)
  assert.deepEqual(await gather(reader.linesFrom()), ['/a/', '/b', '/end'])
})

test('damage is seen', async () => {
  const file = path.join(dir, 'damaged')
  await write(file, ['/a', '/b'])
  await using handle = await open(file, 'r+')
  await handle.write(Buffer.from([0xff]), 0, 1, 12)
  await assert.rejects(async () => {
    await using reader = await IndexReader.open(nodeDisk, file)
    await gather(reader.linesFrom())
  }, { code: 'index-damaged' })
  await handle.truncate(50)
  await assert.rejects(IndexReader.open(nodeDisk, file), { code: 'index-damaged' })
  const abandoned = await createIndexWriter(nodeDisk, path.join(dir, 'x', 'abandoned'))
  await abandoned.add('/a')
  await abandoned.abandon()
  assert.deepEqual(await readdir(path.join(dir, 'x')), [])
})

test('no host or disk leaves the index directory', () => {
  assert.equal(indexPath('/i', { run: runId('20260101000000'), host: '..', disk: '/srv/x', level: 1 }), '/i/%2E%2E/%2Fsrv%2Fx/20260101000000_1.hfx')
})
