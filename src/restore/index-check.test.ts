import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import { createMemoryVolumes } from '../../testkit/memory-volumes.ts'
import { makeArchive, type ArchiveMember } from '../../testkit/tar-writer.ts'
import type { DumpRecord } from '../catalog/contract.ts'
import { indexPath } from '../catalog/index-file/index-format.ts'
import { createIndexWriter } from '../catalog/index-file/index-writer.ts'
import { nodeDisk } from '../kernel/node-disk.ts'
import { nodeProcesses } from '../kernel/node-processes.ts'
import { plainIndexLine } from '../wire/tar/index-entry.ts'
import { memberEntry } from '../wire/tar/member-entry.ts'
import { TarMemberReader } from '../wire/tar/member-reader.ts'
import { verifyDumps, type DumpVerdict } from './verify.ts'

let dir = ''
before(() => (dir = mkdtempSync(path.join(tmpdir(), 'holdfast-deep-'))))
after(() => rmSync(dir, { recursive: true, force: true }))

const MEMBERS: ArchiveMember[] = [
  { name: './', type: '5' },
  { name: './a/', type: '5' },
  { name: './a/file', type: '0', data: 'what is in it' },
  { name: './a/link', type: '2', linkName: 'file' },
  { name: './a/same', type: '1', linkName: './a/file' },
  ...Array.from({ length: 9000 }, (_, index) => ({ name: `./many-${(index * 7919) % 9000}`, type: '0' as const, data: String(index) })),
  { name: './twice', type: '0', data: '1' },
  { name: './twice', type: '0', data: '22' },
]
const ARCHIVE = makeArchive(MEMBERS)

function linesOf(archive: Uint8Array): string[] {
  const lines: string[] = []
  new TarMemberReader((member) => lines.push(memberEntry(member))).push(archive)
  return lines
}

async function verdictOf(archive: Buffer, lines: readonly string[] | undefined): Promise<DumpVerdict> {
  const volumes = createMemoryVolumes()
  const record: DumpRecord = await volumes.addDump({ run: '20260101000000', host: 'h', disk: '/d', level: 0, data: archive, compress: { kind: 'zstd', where: 'client', level: 1 } })
  const place = { disk: nodeDisk, directory: path.join(dir, 'index') }
  rmSync(place.directory, { recursive: true, force: true })
  if (lines !== undefined) {
    const writer = await createIndexWriter(nodeDisk, indexPath(place.directory, record))
    for (const line of lines) await writer.add(line)
    await writer.finish()
  }
  const good: DumpRecord[] = []
  const noteGood = (dump: DumpRecord): Promise<void> => Promise.resolve(void good.push(dump))
  const [verdict] = await verifyDumps({ stores: { ...volumes, changers: [volumes.changer] }, processes: nodeProcesses, events: () => undefined, noteGood }, { isNative: false, deep: place }, new AbortController().signal)
  assert.ok(verdict !== undefined)
  assert.equal(good.length, verdict.kind === 'good' ? 1 : 0)
  if (lines !== undefined) assert.deepEqual(readdirSync(path.dirname(indexPath(place.directory, record))), ['20260101000000_0.hfx'])
  return verdict
}

test('an index that says what is there is good, with attributes and with names alone; what it says to be gone is no member', async () => {
  const lines = linesOf(ARCHIVE)
  for (const given of [lines, lines.map(plainIndexLine), [...lines, '/gone\tw - 0 0 0 0 0 0 - -'], undefined]) {
    const verdict = await verdictOf(ARCHIVE, given)
    assert.ok(verdict.kind === 'good', verdict.kind === 'bad' ? verdict.fault.message : '')
    assert.equal(verdict.members, MEMBERS.length)
  }
})

test('whatever an index says wrongly is found, and named', async () => {
  const lines = linesOf(ARCHIVE)
  const changed = (name: string, change: (line: string) => string): string[] => lines.map((line) => (plainIndexLine(line) === name ? change(line) : line))
  const cases: readonly (readonly [string[], RegExp])[] = [
    [changed('/a/file', (line) => line.replace(/\tf (\d+)/, (_, offset: string) => `\tf ${Number(offset) + 512}`)), /the index says of "\/a\/file": type f, byte 1536.*in the archive it is type f, byte 1024/],
    [changed('/a/file', (line) => line.replace(/^(\S+\tf \d+) 1024/, '$1 1536')), /1536 bytes in the archive/],
    [changed('/a/file', (line) => line.replace(/^(\S+\tf \d+ 1024) 13/, '$1 14')), /size 14/],
    [changed('/a/link', (line) => line.replace('\tl', '\tp')), /type p/],
    [changed('/a/link', (line) => line.replace('/a/link', '/a/lonk')), /"\/a\/link" at byte 2048 of the archive is not in the index; the index names "\/a\/lonk" at byte 2048, which is not in the archive/],
    [lines.filter((line) => !line.startsWith('/twice') || !line.includes(' 2 ')), /1 of 2 members "\/twice"/],
    [changed('/a/file', () => '/a/file\tf 1 x'), /damaged attributes for "\/a\/file"/],
    [lines.filter((line) => !line.startsWith('/many-1')), /"\/many-1" at byte \d+ .*; and 1108 more/],
    [lines.map(plainIndexLine).filter((line) => line !== '/a/same'), /"\/a\/same" at byte 2560 of the archive is not in the index/],
    [[...lines, '/zz'], /the index names "\/zz", which is not in the archive/],
  ]
  for (const [given, expected] of cases) {
    const verdict = await verdictOf(ARCHIVE, given)
    assert.ok(verdict.kind === 'bad', String(expected))
    assert.equal(verdict.fault.code, 'index-mismatch')
    assert.match(verdict.fault.message, expected)
  }
})

test('an archive that is damaged or cut although its checksums agree is found, and the byte named', async () => {
  const flipped = Buffer.from(ARCHIVE)
  flipped[1024 + 5] = (flipped[1024 + 5] ?? 0) ^ 1
  const header = await verdictOf(flipped, linesOf(ARCHIVE))
  assert.ok(header.kind === 'bad')
  assert.equal(header.fault.code, 'archive-damaged')
  assert.match(header.fault.message, /checksum is wrong.*byte 1536/)
  for (const cut of [ARCHIVE.length - 10_240, 1300]) {
    const verdict = await verdictOf(ARCHIVE.subarray(0, cut), undefined)
    assert.ok(verdict.kind === 'bad')
    assert.equal(verdict.fault.code, 'archive-damaged')
  }
})
