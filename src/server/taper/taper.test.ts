import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test, type TestContext } from 'node:test'
import { dumpId, runId } from '../../catalog/ids.ts'
import { SqliteCatalog, inPlaceCatalog } from '../../catalog/sqlite.ts'
import type { Catalog, DumpRecord, PartRecord } from '../../catalog/contract.ts'
import type { VtapeStorageConfig } from '../../config/resolved.ts'
import { readAll, sourceOf } from '../../kernel/byte-stream.ts'
import { systemClock } from '../../kernel/clock.ts'
import { Fault } from '../../kernel/fault.ts'
import { silentLog } from '../../kernel/log.ts'
import { nodeDisk } from '../../kernel/node-disk.ts'
import type { Changer } from '../../storage/device.ts'
import { faultyDevice } from '../../storage/faulty-device.ts'
import type { HoldingArea, HoldingTotals } from '../../storage/holding/contract.ts'
import { createHoldingArea } from '../../storage/holding/holding-area.ts'
import { createVtapeChanger, makeVtapeSlots } from '../../storage/vtape/vtape-changer.ts'
import { RunningCrc32c } from '../../stream/crc32c.ts'
import type { DumpFileHeader } from '../../wire/amanda/dump-header.ts'
import type { RunLog, TapeOutcome, Taper, TaperEvent } from './contract.ts'
import { openRunLog } from './run-log-file.ts'
import { openTapelistFile } from './tapelist-file.ts'
import { createTaper } from './taper.ts'

const KIB = 1024
const NEVER = new AbortController().signal

interface World {
  readonly dir: string
  readonly storage: VtapeStorageConfig
  readonly catalog: Catalog
  readonly holding: HoldingArea
  readonly changer: Changer
  readonly events: TaperEvent[]
  run(run: string, changer?: Changer): Promise<Taper>
  hold(run: string, disk: string, data: Buffer, level?: number): Promise<{ path: string; record: DumpRecord; header: DumpFileHeader }>
}

function crcOf(data: Uint8Array): string {
  const crc = new RunningCrc32c()
  crc.update(data)
  return crc.text()
}

const data = (bytes: number, seed = 1): Buffer => Buffer.alloc(bytes, `${seed} squirrels bury nuts in ${seed} places. `)
const headerOf = (run: string, disk: string, level: number): DumpFileHeader => ({
  kind: 'file', datestamp: run, host: 'client', disk, level, compress: 'N', isEncrypted: false, program: '/bin/tar', isPartial: false, originalKib: 0,
  decryptCommand: '', uncompressCommand: '', recoverCommand: '/bin/tar -xpGf - ...',
})
const recordOf = (run: string, disk: string, level: number): DumpRecord => ({
  id: dumpId(runId(run), 'client', disk, level), run: runId(run), host: 'client', disk, level, status: 'complete', startedMs: 0, nativeBytes: 0, storedBytes: 0, attempts: 1,
})
const totalsOf = (bytes: Buffer): HoldingTotals => ({ originalKib: Math.ceil(bytes.length / KIB), nativeCrc: crcOf(bytes), clientCrc: crcOf(bytes), serverCrc: crcOf(bytes) })

async function world(t: TestContext, changes: Partial<VtapeStorageConfig> = {}): Promise<World> {
  const dir = mkdtempSync(path.join(tmpdir(), 'c-taper-'))
  const logs: RunLog[] = []
  t.after(async () => {
    for (const log of logs) await log[Symbol.asyncDispose]()
    rmSync(dir, { recursive: true })
  })
  const storage: VtapeStorageConfig = {
    name: 'vault', kind: 'vtape', directory: `${dir}/vtapes`, slotCount: 3, volumeBytes: 1_000_000, partBytes: 100 * KIB, labelTemplate: 'T-%%',
    autolabel: { empty: true, foreign: false }, volumesPerRun: 2, retainVolumes: 0, retainDays: 0, retainFulls: 1, ...changes,
  }
  for (const name of ['hd', 'log']) await nodeDisk.makeDir(`${dir}/${name}`)
  await makeVtapeSlots(nodeDisk, storage, true)
  const catalog = inPlaceCatalog(new SqliteCatalog(':memory:'))
  const holding = createHoldingArea(nodeDisk, [{ directory: `${dir}/hd`, useBytes: 100_000_000, chunkBytes: 128 * KIB }], silentLog)
  const changer = createVtapeChanger(nodeDisk, storage)
  const events: TaperEvent[] = []
  return {
    dir, storage, catalog, holding, changer, events,
    async run(run, given = changer) {
      const runLog = await openRunLog(nodeDisk, `${dir}/log`, run)
      logs.push(runLog)
      return createTaper({
        run: runId(run), organisation: 'org', configName: 'daily', storage, changer: given, catalog, holding, disk: nodeDisk, clock: systemClock, log: silentLog, cacheDir: dir,
        tapelist: openTapelistFile(nodeDisk, `${dir}/tapelist`, 1), runLog, tapePartials: true, onEvent: (event) => events.push(event),
      })
    },
    async hold(run, disk, bytes, level = 0) {
      const writer = await holding.create(headerOf(run, disk, level))
      await writer.write(bytes)
      const held = await writer.finish(totalsOf(bytes))
      return { path: held.path, record: { ...recordOf(run, disk, level), holdingPath: held.path }, header: held.header }
    },
  }
}

async function tapeHeld(w: World, taper: Taper, run: string, disk: string, bytes: Buffer, level = 0): Promise<TapeOutcome> {
  const { path: file, record } = await w.hold(run, disk, bytes, level)
  return taper.tape({ source: { kind: 'holding', path: file }, record }, NEVER)
}

async function readParts(w: World, parts: readonly PartRecord[]): Promise<Buffer> {
  const pieces: Uint8Array[] = []
  for (const part of parts) {
    for (const slot of await w.changer.slots()) {
      const device = await w.changer.device(slot)
      const state = await device.state()
      if (state.kind !== 'labelled' || state.label !== part.label) continue
      await using reader = await device.openPart(part.fileNumber)
      assert.ok(reader !== undefined && reader.header.kind === 'split-file')
      assert.deepEqual(reader.header.part, { number: part.partNumber, total: -1 })
      pieces.push(await readAll(reader.read(), 10_000_000))
    }
  }
  return Buffer.concat(pieces)
}

function taped(outcome: TapeOutcome): Extract<TapeOutcome, { kind: 'taped' }> {
  assert.equal(outcome.kind, 'taped', outcome.kind === 'failed' ? outcome.fault.message : '')
  return outcome as Extract<TapeOutcome, { kind: 'taped' }>
}

const RUN = '20261124020000'

test('a held dump goes to a new volume in parts, into the log, the tapelist and the catalog, and leaves the holding disk', async (t) => {
  const w = await world(t)
  const bytes = data(250 * KIB)
  const taper = await w.run(RUN)
  const outcome = taped(await tapeHeld(w, taper, RUN, '/srv/a', bytes))
  await taper.endRun()
  assert.deepEqual(outcome.parts.map(({ partNumber, label, fileNumber, bytes: size }) => [partNumber, label, fileNumber, size]), [[1, 'T-01', 1, 100 * KIB], [2, 'T-01', 2, 100 * KIB], [3, 'T-01', 3, 50 * KIB]])
  assert.deepEqual(outcome.volumes, [{ label: 'T-01', slot: 'slot1', tapeNumber: 1, kind: 'new', erasedDumps: 0 }])
  assert.deepEqual(await readParts(w, outcome.parts), bytes)
  assert.equal(readFileSync(`${w.dir}/tapelist`, 'utf8'), `${RUN} T-01 reuse BLOCKSIZE:32 POOL:vault STORAGE:vault CONFIG:daily\n`)
  const log = readFileSync(`${w.dir}/log/log.${RUN}.0`, 'utf8').replace(/sec [\d.]+/g, 'sec S').replace(/kps [\d.]+/g, 'kps K')
  const crc = crcOf(bytes)
  assert.equal(log, [
    `START taper datestamp ${RUN} "ST:vault" "POOL:vault" label T-01 tape 1`,
    ...[102_400, 102_400, 51_200].map((size, index) => `PART taper "ST:vault" "POOL:vault" T-01 ${index + 1} client /srv/a ${RUN} ${index + 1}/-1 0 [sec S bytes ${size} kps K orig-kb 250]`),
    `DONE taper "ST:vault" "POOL:vault" client /srv/a ${RUN} 3 0 ${crc} ${crc} ${crc} [sec S bytes 256000 kps K orig-kb 250]`,
    'INFO taper tape T-01 kb 250 fm 3 [OK]', '',
  ].join('\n'))
  const row = await w.catalog.dump(dumpId(runId(RUN), 'client', '/srv/a', 0))
  assert.deepEqual([row?.status, row?.storedBytes, row?.serverCrc, row?.holdingPath], ['complete', 256_000, crc, undefined])
  assert.deepEqual(await w.catalog.parts(dumpId(runId(RUN), 'client', '/srv/a', 0)), outcome.parts)
  assert.deepEqual(readdirSync(`${w.dir}/hd`), [])
})

test('a part that does not fit is written again on the next volume', async (t) => {
  const w = await world(t, { volumeBytes: 32 * KIB + 2 * (132 * KIB) + 50_000 })
  const bytes = data(390 * KIB)
  const taper = await w.run(RUN)
  const outcome = taped(await tapeHeld(w, taper, RUN, '/srv/a', bytes))
  assert.deepEqual(outcome.parts.map(({ partNumber, label, fileNumber }) => [partNumber, label, fileNumber]), [[1, 'T-01', 1], [2, 'T-01', 2], [3, 'T-02', 1], [4, 'T-02', 2]])
  assert.deepEqual(await readParts(w, outcome.parts), bytes)
  assert.ok(w.events.some((event) => event.kind === 'part-rewritten' && event.partNumber === 3))
  assert.deepEqual(readdirSync(`${w.storage.directory}/slot1`).length, 3)
  // The run has no third volume: the next dump stays where it is.
  const second = await tapeHeld(w, taper, RUN, '/srv/b', data(200 * KIB))
  assert.ok(second.kind === 'failed' && second.fault.code === 'volumes-per-run')
  assert.equal((await w.holding.list()).dumps.length, 1)
  assert.match(readFileSync(`${w.dir}/log/log`, 'utf8'), /FAIL taper "ST:vault" "POOL:vault" client \/srv\/b/)
})

test('volumes are reused oldest first, and never while a needed dump has a part there', async (t) => {
  const w = await world(t, { volumesPerRun: 1, slotCount: 4 })
  const levels = [0, 1, 1, 0, 1, 1]
  const labels: string[] = []
  for (const [index, level] of levels.entries()) {
    const run = `2026110${index + 1}000000`
    await using taper = await w.run(run)
    const outcome = taped(await tapeHeld(w, taper, run, '/srv/a', data(1000, index), level))
    labels.push(outcome.volumes.map(({ label, kind, erasedDumps }) => `${label} ${kind} ${erasedDumps}`).join())
  }
  assert.deepEqual(labels, ['T-01 new 0', 'T-02 new 0', 'T-03 new 0', 'T-04 new 0', 'T-01 reused 1', 'T-02 reused 1'])
  assert.deepEqual((await w.catalog.dumps()).map((dump) => [dump.run, dump.level]), [['20261106000000', 1], ['20261105000000', 1], ['20261104000000', 0], ['20261103000000', 1]])
  assert.match(readFileSync(`${w.dir}/tapelist`, 'utf8'), /^20261106000000 T-02 .*\n20261105000000 T-01 .*\n20261104000000 T-04 .*\n20261103000000 T-03 /)
})

test('when all volumes are needed the dump stays and every slot is explained', async (t) => {
  const w = await world(t, { slotCount: 2, volumesPerRun: 1, retainFulls: 2 })
  for (const run of ['20261101000000', '20261102000000']) {
    await using taper = await w.run(run)
    taped(await tapeHeld(w, taper, run, '/srv/a', data(1000)))
  }
  const third = await w.run('20261103000000')
  const outcome = await tapeHeld(w, third, '20261103000000', '/srv/a', data(1000))
  assert.ok(outcome.kind === 'failed' && outcome.fault.code === 'no-volume')
  assert.match(outcome.fault.message, /slot1 \(T-01\): .*; slot2 \(T-02\): /)
  assert.deepEqual(await third.forecast(5), [])
  assert.equal((await w.holding.list()).dumps.length, 1)
})

test('a stream that was not held passes through the part cache and is split over volumes', async (t) => {
  const w = await world(t, { volumeBytes: 300 * KIB })
  const bytes = data(250 * KIB)
  const taper = await w.run(RUN)
  const pieces = [bytes.subarray(0, 70_001), bytes.subarray(70_001, 71_000), bytes.subarray(71_000)]
  const outcome = taped(await taper.tape({ source: { kind: 'direct', header: headerOf(RUN, '/srv/a', 0), data: sourceOf(...pieces), totals: Promise.resolve(totalsOf(bytes)), row: Promise.resolve({ ...recordOf(RUN, '/srv/a', 0), nativeBytes: 77 }) }, record: recordOf(RUN, '/srv/a', 0) }, NEVER))
  assert.deepEqual(outcome.parts.map(({ label }) => label), ['T-01', 'T-01', 'T-02'])
  assert.deepEqual(await readParts(w, outcome.parts), bytes)
  assert.equal((await w.catalog.dump(recordOf(RUN, '/srv/a', 0).id))?.nativeBytes, 77)
  assert.deepEqual(readdirSync(w.dir).filter((name) => name.includes('part')), [])
  const wrong = await taper.tape({ source: { kind: 'direct', header: headerOf(RUN, '/srv/b', 0), data: sourceOf('abc'), totals: Promise.resolve(totalsOf(Buffer.from('abd'))), row: Promise.resolve(recordOf(RUN, '/srv/b', 0)) }, record: recordOf(RUN, '/srv/b', 0) }, NEVER)
  assert.ok(wrong.kind === 'failed' && wrong.fault.code === 'dump-crc-mismatch' && wrong.wastedParts === 1)
})

test('a damaged holding file is not recorded; a vanished slot is passed over; a foreign one is left alone', async (t) => {
  const w = await world(t)
  rmSync(`${w.storage.directory}/slot1`, { recursive: true })
  writeFileSync(`${w.storage.directory}/slot2/holiday.jpg`, 'x')
  const taper = await w.run(RUN)
  const held = await w.hold(RUN, '/srv/a', data(200 * KIB))
  const file = readFileSync(held.path)
  file[50_000] = 1
  writeFileSync(held.path, file)
  const broken = await taper.tape({ source: { kind: 'holding', path: held.path }, record: held.record }, NEVER)
  assert.ok(broken.kind === 'failed' && broken.fault.code === 'holding-damaged', JSON.stringify(broken))
  assert.equal(await w.catalog.dump(held.record.id), undefined)
  const good = taped(await tapeHeld(w, taper, RUN, '/srv/b', data(10)))
  // The vanished slot may hold T-01, which is therefore not given again.
  assert.equal(good.parts[0]?.label, 'T-02')
  assert.deepEqual(w.events.flatMap((event) => (event.kind === 'volume-refused' ? [event.slot] : [])), ['slot1', 'slot2'])
  assert.deepEqual(readdirSync(`${w.storage.directory}/slot2`), ['holiday.jpg'])
})

test('a catalog that fails does not leave a dump both done and failed in the log', async (t) => {
  const w = await world(t)
  const taper = await w.run(RUN)
  t.mock.method(w.catalog, 'putTapedDump', () => Promise.reject(new Fault('disk-error', 'the catalog is ill')))
  const outcome = await tapeHeld(w, taper, RUN, '/srv/a', data(10))
  assert.ok(outcome.kind === 'failed' && outcome.fault.message === 'the catalog is ill')
  const lines = readdirSync(`${w.dir}/log`).flatMap((name) => readFileSync(`${w.dir}/log/${name}`, 'utf8').split('\n'))
  assert.deepEqual(lines.filter((line) => line.startsWith('DONE')), [])
  assert.equal((await w.holding.list()).dumps.length, 1)
})

test('a cancelled dump leaves no part and stays on the holding disk', async (t) => {
  const w = await world(t)
  const taper = await w.run(RUN)
  const held = await w.hold(RUN, '/srv/a', data(10))
  const outcome = await taper.tape({ source: { kind: 'holding', path: held.path }, record: held.record }, AbortSignal.abort())
  assert.ok(outcome.kind === 'failed' && outcome.fault.code === 'cancelled')
  assert.equal((await w.holding.list()).dumps.length, 1)
})

test('a volume that fails in mid part is left, and the part goes to the next one', async (t) => {
  const w = await world(t)
  const device = await w.changer.device('slot1')
  let writes = 0
  const failing = faultyDevice(device, (operation) => (operation === 'write' && ++writes === 2 ? new Fault('disk-error', 'the disk of slot1 is ill') : undefined))
  const taper = await w.run(RUN, { ...w.changer, device: (slot) => (slot === 'slot1' ? Promise.resolve(failing) : w.changer.device(slot)) })
  const bytes = data(250 * KIB)
  const outcome = taped(await tapeHeld(w, taper, RUN, '/srv/a', bytes))
  assert.deepEqual(await readParts(w, outcome.parts), bytes)
  assert.deepEqual(outcome.volumes.map(({ label }) => label), ['T-01', 'T-02'])
  assert.ok(w.events.some((event) => event.kind === 'part-rewritten' && event.reason === 'the disk of slot1 is ill'))
})

test('an order to stop that comes when the volume is full ends the dump as failed', async (t) => {
  const w = await world(t, { volumesPerRun: 1 })
  const controller = new AbortController()
  const device = faultyDevice(await w.changer.device('slot1'), (operation) => {
    if (operation === 'write') controller.abort()
    return operation === 'write' ? 'full' : undefined
  })
  const taper = await w.run(RUN, { ...w.changer, device: () => Promise.resolve(device) })
  const held = await w.hold(RUN, '/srv/a', data(10))
  const outcome = await taper.tape({ source: { kind: 'holding', path: held.path }, record: held.record }, controller.signal)
  assert.equal(outcome.kind, 'failed')
  assert.equal((await w.holding.list()).dumps.length, 1)
})
