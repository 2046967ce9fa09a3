import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { DUMPDIR_DIRECTORY, DUMPDIR_ELSEWHERE, DUMPDIR_HERE, DumpdirParser, DumpdirWriter, type DumpdirRecord, type RenameRecord } from './dumpdir.ts'

function encode(records: readonly DumpdirRecord[], writer = new DumpdirWriter()): Buffer {
  writer.begin()
  const renames: RenameRecord[] = []
  for (const record of records) {
    if (record.kind === 'entry') writer.add(record.letter, Buffer.from(record.name, 'latin1'), 0, record.name.length)
    else renames.push(record)
  }
  writer.addRenames(renames)
  return Buffer.from(writer.finish())
}

function parse(bytes: Uint8Array, pieceBytes = bytes.length): DumpdirRecord[] {
  const records: DumpdirRecord[] = []
  const parser = new DumpdirParser((record) => records.push(record))
  for (let at = 0; at < bytes.length; at += pieceBytes) {
    const piece = bytes.slice(at, at + pieceBytes)
    parser.push(piece)
    piece.fill(0x41)
  }
  parser.finish()
  return records
}

const name = fc.string({ unit: fc.integer({ min: 1, max: 255 }).filter((code) => code !== 0x2f).map((code) => String.fromCharCode(code)), minLength: 1, maxLength: 8 }).filter((text) => text !== '.' && text !== '..')
const path = fc.array(name, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'))
const entry = fc.record({ kind: fc.constant('entry' as const), letter: fc.constantFrom(DUMPDIR_HERE, DUMPDIR_ELSEWHERE, DUMPDIR_DIRECTORY), name }, { noNullPrototype: true })
const move = fc.record({ kind: fc.constant('move' as const), from: path, to: path }, { noNullPrototype: true })
const circle = fc.tuple(path, path, fc.oneof(path, fc.constant('.'))).map(([a, b, directory]): RenameRecord[] => [{ kind: 'temporary', directory }, { kind: 'move', from: a, to: '' }, { kind: 'move', from: b, to: a }, { kind: 'move', from: '', to: b }])

test('what GNU tar 1.34 writes is read, and written the same', () => {
  // Of `tar -cg` after `mv a z; mv z/b d/bb`, and after two directories of the top changed places.
  for (const [text, records] of [
    ['Dd\0De\0De2\0Ntop\0Dz\0R./a\0T./z\0R./z/b\0T./d/bb\0\0', [{ kind: 'move', from: 'a', to: 'z' }, { kind: 'move', from: 'z/b', to: 'd/bb' }]],
    ['Dd\0De\0De2\0Ntop\0Dz\0X.\0R./z\0T\0R./d\0T./z\0R\0T./d\0\0', [{ kind: 'temporary', directory: '.' }, { kind: 'move', from: 'z', to: '' }, { kind: 'move', from: 'd', to: 'z' }, { kind: 'move', from: '', to: 'd' }]],
  ] as const) {
    const parsed = parse(Buffer.from(text, 'latin1'))
    assert.deepEqual(parsed.slice(0, 5), ['Dd', 'De', 'De2', 'Ntop', 'Dz'].map((each) => ({ kind: 'entry', letter: each.charCodeAt(0), name: each.slice(1) })))
    assert.deepEqual(parsed.slice(5), records)
    assert.equal(encode(parsed).toString('latin1'), text)
  }
  assert.deepEqual(parse(Buffer.from('\0')), [])
})

test('any dumpdir comes back, however it is cut', () => {
  const writer = new DumpdirWriter()
  fc.assert(
    fc.property(fc.array(entry, { maxLength: 20 }), fc.array(fc.oneof(move.map((each): RenameRecord[] => [each]), circle), { maxLength: 4 }), fc.integer({ min: 1, max: 50 }), (entries, renames, pieceBytes) => {
      const records = [...entries, ...renames.flat()]
      assert.deepEqual(parse(encode(records, writer), pieceBytes), records)
    }),
  )
})

test('what would lead out of the tree, or is no dumpdir, is a fault', () => {
  const bad = ['', 'Ya', 'Ya\0', 'Ya/b\0\0', 'Y..\0\0', 'Y.\0\0', 'Y\0\0', 'Ra\0\0', 'Ra\0Yb\0\0', 'Ta\0\0', 'Ra\0T../b\0\0', 'R/a\0Tb\0\0', 'Ra\0Tb/../../c\0\0', 'R./..\0Tb\0\0', 'R.\0Tb\0\0', 'R\0Tb\0\0', 'Ra\0T\0\0', 'X..\0\0', 'X/tmp\0\0', 'Zx\0\0', 'Ra\0Rb\0Tc\0\0', `Y${'y'.repeat(200_000)}`]
  for (const text of bad) assert.throws(() => parse(Buffer.from(text, 'latin1'), 1000), { code: 'wire-malformed' }, JSON.stringify(text.slice(0, 50)))
  // Paths as other programs may write them.
  assert.deepEqual(parse(Buffer.from('Rx//./a/\0Ty\0\0')), [{ kind: 'move', from: 'x/a', to: 'y' }])
  assert.deepEqual(parse(Buffer.from('Ya\0\0padding')), [{ kind: 'entry', letter: DUMPDIR_HERE, name: 'a' }])
})

test('any bytes are a dumpdir or a fault', () => {
  fc.assert(
    fc.property(fc.string({ unit: fc.constantFrom(...Array.from('YNDRTXab./\0')), maxLength: 40 }), fc.integer({ min: 1, max: 8 }), (text, pieceBytes) => {
      try {
        for (const record of parse(Buffer.from(text, 'latin1'), pieceBytes)) {
          const paths = record.kind === 'entry' ? [record.name] : record.kind === 'move' ? [record.from, record.to] : [record.directory]
          for (const each of paths) assert.ok(!each.startsWith('/') && !each.split('/').includes('..'))
        }
      } catch (error) {
        assert.equal((error as { code?: string }).code, 'wire-malformed')
      }
    }),
  )
})
