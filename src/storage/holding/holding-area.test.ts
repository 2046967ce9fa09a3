import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync, renameSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test, type TestContext } from 'node:test'
import { readAll } from '../../kernel/byte-stream.ts'
import { Fault } from '../../kernel/fault.ts'
import { silentLog } from '../../kernel/log.ts'
import { nodeDisk } from '../../kernel/node-disk.ts'
import { RunningCrc32c } from '../../stream/crc32c.ts'
import type { DumpFileHeader } from '../../wire/amanda/dump-header.ts'
import type { HeldDump, HoldingArea, HoldingTotals } from './contract.ts'
import { createHoldingArea } from './holding-area.ts'

const RUN = '20261124020000'
const KIB = 1024
const header: DumpFileHeader = {
  kind: 'file', datestamp: RUN, host: 'client', disk: '/srv/a b', level: 0, compress: 'N', isEncrypted: false, program: '/bin/tar', isPartial: false,
  originalKib: 0, decryptCommand: '', uncompressCommand: '', recoverCommand: '/bin/tar -xpGf - ...', dleXml: '<dle>\n</dle>',
}

function folder(t: TestContext, ...names: string[]): string[] {
  const dir = mkdtempSync(path.join(tmpdir(), 'c-holding-'))
  t.after(() => rmSync(dir, { recursive: true }))
  return names.map((name) => path.join(dir, name))
}

async function areaOn(directories: readonly string[], chunkBytes = 96 * KIB, useBytes = 100_000_000): Promise<HoldingArea> {
  for (const directory of directories) await nodeDisk.makeDir(directory)
  return createHoldingArea(nodeDisk, directories.map((directory) => ({ directory, useBytes, chunkBytes })), silentLog)
}

const content = (bytes: number): Buffer => Buffer.alloc(bytes, 'the quick brown fox ')
function totals(data: Uint8Array): HoldingTotals {
  const crc = new RunningCrc32c()
  crc.update(data)
  return { originalKib: Math.ceil(data.length / KIB), nativeCrc: crc.text(), clientCrc: crc.text(), serverCrc: crc.text() }
}

async function hold(area: HoldingArea, data: Buffer, changes: Partial<DumpFileHeader> = {}): Promise<HeldDump> {
  const writer = await area.create({ ...header, ...changes })
  for (let offset = 0; offset < data.length; offset += 50_000) await writer.write(data.subarray(offset, offset + 50_000))
  return writer.finish(totals(data))
}

async function readBack(area: HoldingArea, dump: string, offset?: number, length?: number): Promise<Buffer> {
  await using reader = await area.open(dump)
  return Buffer.from(await readAll(reader.read(offset, length), 10_000_000))
}

test('a dump goes over several chunks with the names, sizes and headers Amanda gives them, and comes back', async (t) => {
  const [dir = ''] = folder(t, 'hd')
  const area = await areaOn([dir])
  const data = content(150_000)
  const dump = await hold(area, data)
  const names = ['client._srv_a b.0', 'client._srv_a b.0.1', 'client._srv_a b.0.2']
  assert.deepEqual(readdirSync(path.join(dir, RUN)), names)
  assert.deepEqual(names.map((name) => statSync(path.join(dir, RUN, name)).size), [96 * KIB, 96 * KIB, 150_000 - 2 * 64 * KIB + 32 * KIB])
  const heads = names.map((name) => readFileSync(path.join(dir, RUN, name)).subarray(0, 600).toString().split('\0')[0])
  assert.equal(heads[0], `AMANDA: FILE ${RUN} client "/srv/a b"  lev 0 comp N program /bin/tar\nCONT_FILENAME=${dir}/${RUN}/${names[1]}\nORIGSIZE=147\nNATIVE-CRC=${dump.header.serverCrc}\nCLIENT-CRC=${dump.header.serverCrc}\nSERVER-CRC=${dump.header.serverCrc}\nDLE=<<ENDDLE\n<dle>\n</dle>\nENDDLE\nTo restore, position tape at start of file and run:\n\tdd if=<tape> skip=1 | /bin/tar -xpGf - ... \n\f\n`)
  assert.equal(heads[2], `AMANDA: CONT_FILE ${RUN} client "/srv/a b"  lev 0 comp N program /bin/tar\nDLE=<<ENDDLE\n<dle>\n</dle>\nENDDLE\nTo restore, position tape at start of file and run:\n\tdd if=<tape> bs=32k skip=1 | /bin/tar -xpGf - ... \n\f\n`)
  const { dumps, problems } = await area.list()
  assert.deepEqual([dumps, problems], [[dump], []])
  assert.deepEqual([dump.bytes, dump.diskBytes], [150_000, 150_000 + 3 * 32 * KIB])
  assert.deepEqual(await readBack(area, dump.path), data)
  for (const offset of [1, 64 * KIB, 140_000, 150_000]) assert.deepEqual(await readBack(area, dump.path, offset), data.subarray(offset))
  for (const [offset, length] of [[0, 1], [64 * KIB - 1, 2], [64 * KIB, 64 * KIB], [10, 149_980], [149_000, 9_000], [5, 0]] as const) assert.deepEqual(await readBack(area, dump.path, offset, length), data.subarray(offset, offset + length))
  await area.remove(dump.path)
  assert.deepEqual(readdirSync(dir), [])
})

test('while it is written nothing is listed, and what was abandoned is gone', async (t) => {
  const [dir = ''] = folder(t, 'hd')
  const area = await areaOn([dir])
  const writer = await area.create(header)
  await assert.rejects(area.create(header), { code: 'holding-exists' })
  await writer.write(content(100_000))
  assert.deepEqual(readdirSync(path.join(dir, RUN)), ['client._srv_a b.0.1.tmp', 'client._srv_a b.0.tmp'])
  assert.equal(await writer.sync(), 100_000)
  assert.deepEqual((await area.list()).dumps, [])
  await writer.abandon()
  assert.deepEqual(readdirSync(path.join(dir, RUN)), [])
  const dump = await hold(area, content(0))
  assert.equal(dump.bytes, 0)
  assert.deepEqual(await readBack(area, dump.path), Buffer.alloc(0))
})

test('a dump goes on on the next holding disk; when all are full what is there can be kept as partial', async (t) => {
  const [one = '', two = ''] = folder(t, 'one', 'two')
  const area = await areaOn([one, two], 1_000_000, 160 * KIB)
  const writer = await area.create(header)
  await writer.write(content(100_000))
  await writer.write(content(100_000))
  assert.deepEqual([readdirSync(path.join(one, RUN)), readdirSync(path.join(two, RUN))], [['client._srv_a b.0.tmp'], ['client._srv_a b.0.1.tmp']])
  await assert.rejects(writer.write(content(100_000)), { code: 'holding-full' })
  const dump = await writer.keepPartial()
  assert.ok(dump !== undefined && dump.header.isPartial && dump.bytes >= 200_000)
  assert.equal(dump.header.serverCrc, totals(await readBack(area, dump.path)).serverCrc)
  await assert.rejects(area.create({ ...header, level: 1 }, 1_000_000), { code: 'holding-full' })
})

test('with an allotment a dump fills its pieces and asks for more; what it may take is what the rooms say, whatever it has taken', async (t) => {
  const [one = '', two = ''] = folder(t, 'one', 'two')
  const area = await areaOn([one, two], 1_000_000, 400 * KIB)
  const before = await area.rooms()
  assert.deepEqual(before.map(({ chunkBytes }) => chunkBytes), [96 * KIB, 96 * KIB].map(() => before[0]?.chunkBytes))
  const asked: number[] = []
  const grants = [[{ disk: 0, bytes: 64 * KIB }], [{ disk: 0, bytes: 32 * KIB }, { disk: 1, bytes: 160 * KIB }]]
  const more = (): Promise<readonly { disk: number; bytes: number }[]> => {
    asked.push(grants.length)
    return grants.length === 0 ? Promise.reject(new Fault('holding-full', 'enough')) : Promise.resolve(grants.shift() ?? [])
  }
  const writer = await area.create(header, undefined, undefined, { pieces: [{ disk: 1, bytes: 64 * KIB }], more })
  await writer.write(content(96 * KIB))
  assert.deepEqual(asked, [2, 1])
  assert.deepEqual([readdirSync(path.join(one, RUN)).length, readdirSync(path.join(two, RUN)).length], [1, 1])
  assert.deepEqual(await area.rooms(), before)
  await writer.write(content(96 * KIB))
  await assert.rejects(writer.write(content(64 * KIB)), { code: 'holding-full', message: 'enough' })
  await writer.abandon()
  assert.deepEqual(await area.rooms(), before)
})

test('a piece on the disk that is being filled goes on in the same chunk', async (t) => {
  const [one = ''] = folder(t, 'one')
  const area = await areaOn([one], 1_000_000, 1_000_000)
  const writer = await area.create(header, undefined, undefined, { pieces: [{ disk: 0, bytes: 64 * KIB }], more: () => Promise.resolve([{ disk: 0, bytes: 32 * KIB }]) })
  const data = content(100 * KIB)
  await writer.write(data)
  const dump = await writer.finish(totals(data))
  assert.deepEqual(readdirSync(path.join(one, RUN)), ['client._srv_a b.0'])
  assert.deepEqual(await readBack(area, dump.path), data)
  assert.equal((await area.rooms())[0]?.availableBytes, 1_000_000 - dump.diskBytes)
})

test('disks whose names come to the same chunk names do not write over each other', async (t) => {
  const [dir = ''] = folder(t, 'hd')
  const area = await areaOn([dir])
  const data = content(150_000)
  const small = Buffer.from('the second disk')
  const first = await area.create({ ...header, disk: '/data', level: 1 })
  const second = await area.create({ ...header, disk: '/data.1', level: 1 })
  await second.write(small)
  for (let offset = 0; offset < data.length; offset += 50_000) await first.write(data.subarray(offset, offset + 50_000))
  const [held, other] = [await first.finish(totals(data)), await second.finish(totals(small))]
  assert.deepEqual(readdirSync(path.join(dir, RUN)), ['client._data.1', 'client._data.1.1', 'client._data.1.2', 'client._data.1.3'])
  assert.deepEqual(await readBack(area, held.path), data)
  assert.deepEqual(await readBack(area, other.path), small)
  const third = await area.create({ ...header, disk: '/a/b' })
  await assert.rejects(area.create({ ...header, disk: '/a_b' }), { code: 'holding-exists' })
  await third.abandon()
})

test('damage is named and never ends well', async (t) => {
  const [dir = ''] = folder(t, 'hd')
  const area = await areaOn([dir])
  const names = ['flip', 'short', 'lost', 'head']
  const dumps = await Promise.all(names.map((disk) => hold(area, content(150_000), { disk })))
  const [flip = '', short = '', lost = '', head = ''] = dumps.map((dump) => dump.path)
  const bytes = readFileSync(flip)
  bytes[40_000] = 0
  writeFileSync(flip, bytes)
  truncateSync(`${short}.2`, 40_000)
  renameSync(`${lost}.1`, `${dir}/aside`)
  writeFileSync(head, 'nothing')
  await assert.rejects(readBack(area, flip), { code: 'holding-damaged', message: /checksum/ })
  await assert.rejects(readBack(area, short), { code: 'holding-damaged' })
  await assert.rejects(area.open(lost), { code: 'holding-damaged', message: /missing/ })
  await assert.rejects(area.open(head), { code: 'holding-damaged' })
  await assert.rejects(area.open(`${dir}/../x`), { code: 'file-missing' })
  assert.deepEqual((await area.list()).problems.map(({ path: file }) => file), [head, lost])
  await area.recover(false)
  assert.ok(readdirSync(path.join(dir, RUN)).includes('client.lost.0'), 'what may be valuable is left alone')
})

test('after a crash finished bytes are completed, others kept as partial or removed', async (t) => {
  for (const keepPartials of [true, false]) {
    const [dir = ''] = folder(t, 'hd')
    const before = await areaOn([dir])
    await before.claim(RUN, 4711)
    assert.equal(readFileSync(path.join(dir, RUN, 'pid'), 'utf8'), '4711')
    const done = await hold(before, content(150_000), { disk: 'done' })
    // A crash between the renames: chunk 0 and one other still have their unfinished names.
    renameSync(done.path, `${done.path}.tmp`)
    renameSync(`${done.path}.1`, `${done.path}.1.tmp`)
    const writer = await before.create({ ...header, disk: 'running' })
    await writer.write(content(150_000))
    await writer.sync()
    writeFileSync(path.join(dir, RUN, 'client.bad.0.tmp'), 'x')
    const area = await areaOn([dir])
    const recovered = await area.recover(keepPartials)
    assert.deepEqual(recovered.map(({ kind, path: file }) => [kind, path.basename(file)]), [['removed', 'client.bad.0'], ['completed', 'client.done.0'], [keepPartials ? 'kept-partial' : 'removed', 'client.running.0']])
    assert.deepEqual(await readBack(area, done.path), content(150_000))
    const { dumps, problems } = await area.list()
    assert.deepEqual([dumps.map((dump) => [path.basename(dump.path), dump.header.isPartial, dump.bytes]), problems], [[['client.done.0', false, 150_000], ...(keepPartials ? [['client.running.0', true, 150_000]] : [])], []])
    assert.ok(!readdirSync(path.join(dir, RUN)).some((name) => name.endsWith('.tmp') || name === 'pid'))
    assert.deepEqual(await area.recover(keepPartials), [], 'a second start has nothing to do')
    await writer.abandon()
  }
})

test('a broken beginning is told whatever the name of its disk, and one damaged dump does not keep the orphans of others', async (t) => {
  const [dir = ''] = folder(t, 'hd')
  const area = await areaOn([dir])
  await hold(area, content(150_000), { disk: '/whole', datestamp: '20261123020000' })
  const other = path.join(dir, '20261123020000')
  // What is left of a dump whose beginning is gone, and a finished dump with a broken header in another run.
  renameSync(path.join(other, 'client._whole.0.1'), path.join(other, 'client._gone.0.1'))
  for (const name of ['client._whole.0', 'client._whole.0.2']) rmSync(path.join(other, name))
  await hold(area, content(150_000), { disk: '/damaged' })
  const run = path.join(dir, RUN)
  writeFileSync(path.join(run, 'client._damaged.0'), 'nothing')
  writeFileSync(path.join(run, 'client._srv.7.0.tmp'), 'cut off')
  const recovered = await area.recover(true)
  assert.deepEqual(recovered.map(({ kind, path: found }) => [kind, found]), [['removed', path.join(run, 'client._srv.7.0')]])
  assert.deepEqual(readdirSync(dir), [RUN])
  assert.deepEqual(readdirSync(run), ['client._damaged.0', 'client._damaged.0.1', 'client._damaged.0.2'])
})

test('after a crash what was written after the last sync is cut from a partial dump, and one without a mark is kept unproven', async (t) => {
  const [dir = ''] = folder(t, 'hd')
  const before = await areaOn([dir])
  const data = content(150_000)
  const file = (name: string): string => path.join(dir, RUN, name)
  const writers = await Promise.all(['cut', 'early', 'foreign'].map((disk) => before.create({ ...header, disk })))
  for (const [index, writer] of writers.entries()) {
    await writer.write(data.subarray(0, 50_000))
    if (index !== 1) assert.equal(await writer.sync(), 50_000)
    await writer.write(data.subarray(50_000))
  }
  // What a power cut makes of bytes that were never synced.
  writeFileSync(file('client.cut.0.tmp'), readFileSync(file('client.cut.0.tmp')).fill(0, 32 * KIB + 50_000))
  writeFileSync(file('client.foreign.0.tmp'), readFileSync(file('client.foreign.0.tmp')).fill(0, 32 * KIB - 512, 32 * KIB))
  const area = await areaOn([dir])
  assert.deepEqual((await area.recover(true)).map(({ kind, path: found }) => [kind, path.basename(found)]), [['kept-partial', 'client.cut.0'], ['removed', 'client.early.0'], ['kept-partial', 'client.foreign.0']])
  const { dumps } = await area.list()
  assert.deepEqual(dumps.map((dump) => [path.basename(dump.path), dump.bytes, dump.header.isPartial, dump.header.serverCrc]), [['client.cut.0', 50_000, true, totals(data.subarray(0, 50_000)).serverCrc], ['client.foreign.0', statSync(file('client.foreign.0')).size + statSync(file('client.foreign.0.1')).size - 64 * KIB, true, undefined]])
  assert.deepEqual(await readBack(area, file('client.cut.0')), data.subarray(0, 50_000))
  for (const writer of writers) await writer.abandon()
})

test('a checksum of other bytes than were written is refused', async (t) => {
  const [dir = ''] = folder(t, 'hd')
  const area = await areaOn([dir])
  const writer = await area.create(header)
  await writer.write(content(10))
  await assert.rejects(writer.finish(totals(content(11))), { code: 'dump-crc-mismatch' })
  await writer.abandon()
  assert.equal(await (await areaOn([])).freeBytes(), 0)
})

test('a run that begins asks again how much room there is', async (t) => {
  const [dir = ''] = folder(t, 'hd')
  const area = await areaOn([dir], 96 * KIB, 1_000_000)
  assert.equal(await area.freeBytes(), 1_000_000)
  await nodeDisk.makeDir(path.join(dir, RUN))
  writeFileSync(path.join(dir, RUN, 'somebody.elses.0'), content(200_000))
  await area.claim('20261125020000', 1)
  assert.equal(await area.freeBytes(), 1_000_000 - 200_000 - 1)
})

test('a part that cannot be kept leaves nothing that would be taken for one', async (t) => {
  const [dir = ''] = folder(t, 'hd')
  await nodeDisk.makeDir(dir)
  let isFull = false
  const full = (): Promise<never> => Promise.reject(Object.assign(new Error('no space'), { code: 'ENOSPC' }))
  // The disk is full from the moment on at which the part has its name.
  const rename = async (from: string, to: string): Promise<void> => {
    await nodeDisk.rename(from, to)
    isFull = true
  }
  const area = createHoldingArea({ ...nodeDisk, rename, syncDir: (at) => (isFull ? full() : nodeDisk.syncDir(at)) }, [{ directory: dir, useBytes: 100_000_000, chunkBytes: 96 * KIB }], silentLog)
  const writer = await area.create(header)
  await writer.write(content(50_000))
  await writer.sync()
  await assert.rejects(writer.keepPartial())
  isFull = false
  assert.deepEqual((await area.list()).dumps, [])
})
