import assert from 'node:assert/strict'
import { mkdtemp, open, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { sourceOf } from '../../kernel/byte-stream.ts'
import { nodeDisk } from '../../kernel/node-disk.ts'
import { zstdCompressSync } from 'node:zlib'
import { ByteWriter } from '../../kernel/bytes.ts'
import { formatIndexEntry, parseIndexEntry, plainIndexLine } from '../../wire/tar/index-entry.ts'
import { crcOf, indexPath } from './index-format.ts'
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
  await addIndexStream(writer, sourceOf('/b\n/a', '/\nrubbish\n\n/', 'x'.repeat(100_000), 'y'.repeat(100_000), '\n/end\n/raw\ttab\n/f\tf 0 512 0 0 644 0 0 - -'))
  assert.deepEqual(await writer.finish().then(({ lineCount, leftOut }) => ({ lineCount, leftOut })), { lineCount: 5, leftOut: 2 })
  await using reader = await IndexReader.open(nodeDisk, file)
  assert.deepEqual(await gather(reader.linesFrom()), ['/a/', '/b', '/end', '/f\tf 0 512 0 0 644 0 0 - -', '/raw\\ttab'])
})

test('lines with attributes are found by name, also where one name has many and they fill blocks', async () => {
  const file = path.join(dir, 'attributes')
  const entry = (name: string, offset: number): string => formatIndexEntry(name, { type: name.endsWith('/') ? 'd' : 'f', offset, spanBytes: 1024, size: 9, mtimeNs: 7n, mode: 0o644, uid: 0, gid: 0, userName: 'root', groupName: '' })
  const lines = [entry('/a/', 1), entry('/a-b', 2), ...Array.from({ length: 9000 }, (_, offset) => entry('/a/same', offset)), entry('/a/z', 3), entry('/long', 4).replace('/long', `/long/${'x'.repeat(120_000)}`), '/plain']
  await write(file, lines)
  await using reader = await IndexReader.open(nodeDisk, file)
  assert.equal((await gather(reader.linesFrom('/a/same'))).length, 9003)
  for (const name of ['/a/', '/a-b', '/a/same', '/a/z', '/plain']) assert.ok(await reader.has(name), name)
  assert.equal(await reader.has('/a'), false)
  assert.deepEqual((await gather(reader.list('/'))).map((line) => parseIndexEntry(line).line), ['/a-b', '/a/', '/long/', '/plain'])
  assert.equal((await gather(reader.list('/a'))).length, 9001)
  assert.deepEqual((await gather(reader.list('/'))).map((line) => parseIndexEntry(line).attributes?.offset), [2, 1, undefined, undefined])
  assert.deepEqual(new Set((await gather(reader.linesFrom('/a/same'))).map(plainIndexLine)).size, 4)
})

test('a file of names alone, as the first format has them, is read', async () => {
  const file = path.join(dir, 'first')
  const magic = Buffer.from('HFINDEX1')
  const block = zstdCompressSync(Buffer.from('/\n/a/\n/a/b\n'))
  const table = zstdCompressSync(new ByteWriter().u64(8).u32(block.length).u32(crcOf(block)).u16(1).put(Buffer.from('/')).finish())
  const footer = new ByteWriter().u64(8 + block.length).u32(table.length).u32(crcOf(table)).u64(3).put(magic).finish()
  await writeFile(file, Buffer.concat([magic, block, table, footer]))
  await using reader = await IndexReader.open(nodeDisk, file)
  assert.deepEqual(await gather(reader.linesFrom()), ['/', '/a/', '/a/b'])
  assert.deepEqual(await gather(reader.list('/')), ['/a/'])
  assert.ok(await reader.has('/a/b'))
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
