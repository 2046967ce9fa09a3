import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import fc from 'fast-check'
import { Fault } from '../../kernel/fault.ts'
import { DUMP_HEADER_BYTES, decodeDumpHeader, encodeDumpHeader, formatDumpHeader, type DumpFileHeader, type DumpHeader } from './dump-header.ts'

const GOLDEN = new URL('../../../testdata/amanda/', import.meta.url)
const golden = (path: string): Buffer => readFileSync(new URL(path, GOLDEN))

for (const folder of ['vtapes-bsdtcp', 'vtapes-bsdtcp-amgtar']) {
  test(`real headers of ${folder} are read and written byte for byte`, () => {
    for (const file of ['slot1/00000.LAB01', 'slot1/00001.amclient._srv_small.0']) {
      const block = golden(`${folder}/${file}`).subarray(0, DUMP_HEADER_BYTES)
      assert.deepEqual(encodeDumpHeader(decodeDumpHeader(block)), block)
    }
    const text = golden(`${folder}/index.header`)
    assert.equal(formatDumpHeader(decodeDumpHeader(text)), text.toString())
  })
}

test('a real header says what its run says', () => {
  const header = decodeDumpHeader(golden('vtapes-bsdtcp-amgtar/slot1/00001.amclient._srv_small.0'))
  assert.equal(header.kind, 'split-file')
  const { dleXml, ...rest } = header as DumpFileHeader
  assert.match(dleXml ?? '', /^<dle>\n.*<plugin>amgtar<\/plugin>.*<\/dle>$/s)
  assert.deepEqual(rest, {
    kind: 'split-file', datestamp: '20261123221016', host: 'amclient', disk: '/srv/small', part: { number: 1, total: -1 }, level: 0, compress: 'N',
    isEncrypted: false, program: 'APPLICATION', application: 'amgtar', isPartial: false, originalKib: 220, nativeCrc: '9cda5b8c:225280',
    clientCrc: '9cda5b8c:225280', serverCrc: '9cda5b8c:225280', decryptCommand: '', uncompressCommand: '', blockKib: 32,
    recoverCommand: '/usr/lib/amanda/application/amgtar restore [./file-to-restore]+',
  })
})

const oneWord = fc.stringMatching(/^[A-Za-z0-9._/-]{1,40}$/)
const crc = fc.tuple(fc.nat(0xffffffff), fc.nat()).map(([value, bytes]) => `${value.toString(16).padStart(8, '0')}:${bytes}`)
const command = fc.stringMatching(/^[A-Za-z/][A-Za-z0-9 ./-]{0,30}[a-z]$/)
const filter = fc.oneof(fc.constant(''), command.map((text) => `${text} |`))
const xml = fc.array(fc.stringMatching(/^[ A-Za-z<>/]*[A-Za-z<>/]$/), { minLength: 1, maxLength: 5 }).map((lines) => lines.join('\n'))
const fileHeader: fc.Arbitrary<DumpHeader> = fc
  .record(
    {
      kind: fc.constantFrom('file' as const, 'cont-file' as const, 'split-file' as const),
      datestamp: oneWord, host: oneWord, disk: fc.string({ unit: 'grapheme', maxLength: 20 }).filter((text) => !text.includes('\0')), level: fc.nat(399), compress: oneWord.filter((text) => text !== 'C'),
      isEncrypted: fc.boolean(), program: oneWord, isPartial: fc.boolean(), originalKib: fc.nat(), decryptCommand: filter, uncompressCommand: filter, recoverCommand: command,
      application: oneWord, serverCustomCompress: oneWord, clientCustomCompress: oneWord, serverEncrypt: oneWord, clientEncrypt: oneWord, serverDecryptOption: oneWord, clientDecryptOption: oneWord,
      continuation: command, nativeCrc: crc, clientCrc: crc, serverCrc: crc, dleXml: xml, blockKib: fc.integer({ min: 1, max: 9999 }),
    },
    { requiredKeys: ['kind', 'datestamp', 'host', 'disk', 'level', 'compress', 'isEncrypted', 'program', 'isPartial', 'originalKib', 'decryptCommand', 'uncompressCommand', 'recoverCommand'], noNullPrototype: true },
  )
  .map((header) => (header.decryptCommand !== '' && header.uncompressCommand === '' ? { ...header, decryptCommand: '' } : header))
  .chain((header) => (header.kind === 'split-file' ? fc.record({ number: fc.integer({ min: 1, max: 1e9 }), total: fc.integer({ min: -1, max: 1e9 }) }, { noNullPrototype: true }).map((part) => ({ ...header, part })) : fc.constant(header)))

test('what is written is read back', () => {
  fc.assert(
    fc.property(fileHeader, (header) => {
      const block = encodeDumpHeader(header)
      assert.equal(block.length, DUMP_HEADER_BYTES)
      assert.deepEqual(decodeDumpHeader(block), header)
    }),
  )
  for (const header of [{ kind: 'noop' }, { kind: 'tapeend', datestamp: '20261123' }, { kind: 'tapestart', datestamp: 'X', label: 'DAILY-1' }] as const) {
    assert.deepEqual(decodeDumpHeader(encodeDumpHeader(header)), header)
  }
})

test('random and altered bytes give a header or a wire fault, nothing else', () => {
  const decode = (bytes: Uint8Array): void => {
    try {
      decodeDumpHeader(bytes)
    } catch (error) {
      assert.ok(error instanceof Fault && error.code === 'wire-malformed', String(error))
    }
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), decode))
  const block = golden('vtapes-bsdtcp/slot1/00001.amclient._srv_small.0').subarray(0, 1024)
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.nat(800), fc.nat(255)), { minLength: 1, maxLength: 8 }), fc.nat(1024), (changes, length) => {
      const changed = Buffer.from(block)
      for (const [offset, byte] of changes) changed[offset] = byte
      decode(changed)
      decode(changed.subarray(0, length))
    }),
    { numRuns: 2000 },
  )
})

test('what cannot be written is a fault that names it, and a DLE that is too long is left out', () => {
  const header = decodeDumpHeader(golden('vtapes-bsdtcp/slot1/00001.amclient._srv_small.0')) as DumpFileHeader
  assert.throws(() => encodeDumpHeader({ ...header, host: 'a b' }), { code: 'wire-malformed', message: /host "a b"/ })
  assert.throws(() => encodeDumpHeader({ ...header, disk: 'x'.repeat(256) }), { code: 'wire-malformed', message: /disk is longer than 255/ })
  assert.throws(() => encodeDumpHeader({ kind: 'tapestart', datestamp: '0', label: '' }), { code: 'wire-malformed' })
  assert.throws(() => encodeDumpHeader({ ...header, recoverCommand: 'a\nb' }), { code: 'wire-malformed' })
  assert.equal((decodeDumpHeader(encodeDumpHeader({ ...header, dleXml: 'x'.repeat(40_000) })) as DumpFileHeader).dleXml, undefined)
  const hard = { ...header, dleXml: 'ENDDLE\nENDDLE1' }
  assert.equal((decodeDumpHeader(encodeDumpHeader(hard)) as DumpFileHeader).dleXml, hard.dleXml)
})

test('older forms are read', () => {
  const old = decodeDumpHeader(Buffer.from('NETDUMP: FILE 20020202 host /usr lev 1 comp C program /bin/dump\n\f\n'))
  assert.deepEqual([(old as DumpFileHeader).kind, (old as DumpFileHeader).compress, (old as DumpFileHeader).level], ['file', '.Z', 1])
})
