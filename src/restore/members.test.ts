import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { createMemoryVolumes } from '../../testkit/memory-volumes.ts'
import { readAll } from '../kernel/byte-stream.ts'
import { Fault } from '../kernel/fault.ts'
import { nodeProcesses } from '../kernel/node-processes.ts'
import { seededRandom } from '../kernel/random.ts'
import type { CompressChoice } from '../stream/dump-filters.ts'
import { TarMemberReader, type TarMember } from '../wire/tar/member-reader.ts'
import type { DumpStores } from './fetch.ts'
import { openMembers, type MemberPlace } from './members.ts'

const LIMIT = 1 << 28
let dir = ''
let archive = Buffer.alloc(0)
let members: TarMember[] = []

function membersOf(bytes: Uint8Array): TarMember[] {
  const found: TarMember[] = []
  const reader = new TarMemberReader((member) => found.push(member))
  reader.push(bytes)
  reader.finish()
  return found
}

before(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'holdfast-members-'))
  const random = seededRandom(3)
  const long = 'n'.repeat(150)
  mkdirSync(path.join(dir, 'tree', long), { recursive: true })
  for (let index = 0; index < 60; index++) writeFileSync(path.join(dir, 'tree', index % 7 === 0 ? `${long}/${index}` : `${index}`), random.bytes(index % 5 === 0 ? 400_000 : 100 * index))
  archive = execFileSync('tar', ['-c', '-f', '-', '-C', path.join(dir, 'tree'), '--format=posix', '.'], { maxBuffer: LIMIT })
  members = membersOf(archive)
})
after(() => rmSync(dir, { recursive: true, force: true }))

async function* placesOf(places: readonly MemberPlace[]): AsyncGenerator<MemberPlace> {
  for (const place of places) yield await Promise.resolve(place)
}

const CHOICES: readonly CompressChoice[] = [{ kind: 'none' }, { kind: 'zstd', where: 'client', level: 1 }, { kind: 'gzip', where: 'client', level: 1 }]
for (const compress of CHOICES) {
  test(`any members of a dump over many parts, ${compress.kind}, are an archive of just these`, async () => {
    const volumes = createMemoryVolumes()
    const stores: DumpStores = { ...volumes, changers: [volumes.changer] }
    const record = await volumes.addDump({ run: '20260101000000', host: 'h', disk: '/d', level: 0, data: archive, compress })
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.nat(members.length - 1), { maxLength: 12 }), async (chosen) => {
        const wanted = chosen.toSorted((a, b) => a - b).flatMap((index) => members[index] ?? [])
        const source = await openMembers(stores, record, placesOf(wanted), nodeProcesses)
        const bytes = Buffer.from(await readAll(source, LIMIT))
        const expected = Buffer.concat([...wanted.map(({ offset, spanBytes }) => archive.subarray(offset, offset + spanBytes)), Buffer.alloc(1024)])
        assert.ok(expected.equals(bytes))
        const listed = execFileSync('tar', ['-t', '-f', '-'], { input: bytes, maxBuffer: LIMIT }).toString().split('\n').length - 1
        assert.equal(listed, wanted.length)
      }),
      { numRuns: 12 },
    )
    const last = members.at(-1)
    assert.ok(last !== undefined)
    const source = await openMembers(stores, record, placesOf([last]), nodeProcesses)
    await readAll(source, LIMIT)
    if (compress.kind === 'none') assert.ok(source.bytesRead <= last.spanBytes, `${source.bytesRead} of ${archive.length} bytes were read`)
    if (compress.kind === 'zstd') assert.ok(source.bytesRead < 2_500_000 && source.bytesRead < archive.length / 2, `${source.bytesRead} of ${archive.length} bytes were read`)
  })
}

test('places that are not those of members are faults; a reader may stop at any time', async () => {
  const volumes = createMemoryVolumes()
  const stores: DumpStores = { ...volumes, changers: [volumes.changer] }
  const record = await volumes.addDump({ run: '20260101000000', host: 'h', disk: '/d', level: 0, data: archive })
  const [first, second, third] = members
  assert.ok(first !== undefined && second !== undefined && third !== undefined)
  const bad: readonly (readonly MemberPlace[])[] = [
    [{ offset: first.offset + 512, spanBytes: 512 }],
    [{ offset: first.offset, spanBytes: first.spanBytes + second.spanBytes }],
    [{ offset: third.offset, spanBytes: third.spanBytes + 512 }],
    [{ offset: 0, spanBytes: 0 }],
    [{ offset: -512, spanBytes: 512 }],
    [{ offset: 3, spanBytes: 513 }],
    [{ offset: 9e15, spanBytes: 1e15 }],
    [{ offset: archive.length + 10_240, spanBytes: 512 }],
    [{ offset: archive.length - 1024, spanBytes: 1024 }],
    [second, first],
  ]
  for (const wanted of bad) {
    const source = await openMembers(stores, record, placesOf(wanted), nodeProcesses)
    await assert.rejects(readAll(source, LIMIT), { code: 'index-damaged' }, JSON.stringify(wanted.map(({ offset }) => offset)))
  }
  const source = await openMembers(stores, record, placesOf(members), nodeProcesses)
  assert.ok((await source.read()) !== null)
  source.cancel(new Fault('cancelled', 'enough'))
  await assert.rejects(source.read(), { message: 'enough' })
})
