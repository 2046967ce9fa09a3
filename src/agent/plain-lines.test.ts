import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { readAll, sourceOf } from '../kernel/byte-stream.ts'
import { formatIndexEntry, type IndexAttributes } from '../wire/tar/index-entry.ts'
import { plainLines } from './plain-lines.ts'

const FILE: IndexAttributes = { type: 'f', offset: 512, spanBytes: 1024, size: 12, mtimeNs: 5n, mode: 0o644, uid: 1, gid: 2, userName: 'w', groupName: 'w' }
const GONE: IndexAttributes = { ...FILE, type: 'w', offset: undefined, spanBytes: 0 }

const entry = fc.record({ name: fc.string({ unit: fc.constantFrom('a', 'w', '\\', '/'), minLength: 1, maxLength: 6 }), kind: fc.constantFrom('plain', 'file', 'gone') })

test('names alone are left, whatever the pieces are', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(entry, { maxLength: 12 }), fc.array(fc.nat(600), { maxLength: 8 }), async (entries, cuts) => {
      const text = entries.map(({ name, kind }) => (kind === 'plain' ? `/${name}\n` : `${formatIndexEntry(`/${name}`, kind === 'file' ? FILE : GONE)}\n`)).join('')
      const at = [0, ...cuts.map((cut) => Math.min(cut, text.length)).toSorted((a, b) => a - b), text.length]
      const pieces = at.slice(1).map((end, index) => text.slice(at[index], end))
      const plain = await readAll(plainLines(sourceOf(...pieces)), 1 << 20)
      assert.equal(Buffer.from(plain).toString(), entries.filter(({ kind }) => kind !== 'gone').map(({ name }) => `/${name}\n`).join(''))
    }),
  )
})

test('a name without end is refused', async () => {
  const long = 'x'.repeat(100_000)
  await assert.rejects(readAll(plainLines(sourceOf(`/${long}`, long)), 1 << 20), { code: 'wire-malformed' })
})
