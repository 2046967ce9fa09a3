import assert from 'node:assert/strict'
import { mkdir, mkdtemp, rm, truncate, utimes, writeFile } from 'node:fs/promises'
import { globSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, beforeEach, test } from 'node:test'
import { inPlaceCatalog, SqliteCatalog } from '../../../catalog/sqlite.ts'
import { dumpId, runId } from '../../../catalog/ids.ts'
import type { Catalog } from '../../../catalog/contract.ts'
import { parseServerConfig } from '../../../config/server-config.ts'
import { DAY_MS } from '../../../config/units.ts'
import type { Disk } from '../../../kernel/disk.ts'
import { volumesOf } from '../../../config/volumes-of.ts'
import { silentLog } from '../../../kernel/log.ts'
import { nodeDisk } from '../../../kernel/node-disk.ts'
import { createHoldingArea } from '../../../storage/holding/holding-area.ts'
import { createVtapeChanger, makeVtapeSlots } from '../../../storage/vtape/vtape-changer.ts'
import type { DumpFileHeader } from '../../../wire/amanda/dump-header.ts'
import type { TapelistEntry } from '../../../wire/amanda/tapelist.ts'
import type { CheckFinding } from '../../control/contract.ts'
import { idleFindings, labelFindings } from './labels.ts'
import { holdingBytesMax, storagePromises } from './room.ts'
import { checkStorage } from './storage-checks.ts'

const RUN = runId('20261120013000')
const NOW_MS = Date.UTC(2026, 10, 21, 12)
const DATA = Buffer.alloc(100_000, 'x')
const FREE: Disk = { ...nodeDisk, space: () => Promise.resolve({ totalBytes: 2 ** 42, freeBytes: 2 ** 42 }) }
const codes = (findings: readonly CheckFinding[]): string[] => findings.filter(({ severity }) => severity !== 'ok').map(({ code }) => code)

let dir = ''
let catalog: Catalog
const tapelist: TapelistEntry[] = []

const headerOf = (disk: string): DumpFileHeader => ({
  kind: 'file', datestamp: RUN, host: 'a', disk, level: 0, compress: 'N', isEncrypted: false, program: '/bin/tar', isPartial: false, originalKib: 0, decryptCommand: '', uncompressCommand: '', recoverCommand: '',
})

function configOf(): Extract<ReturnType<typeof parseServerConfig>, { kind: 'config' }>['config'] {
  const outcome = parseServerConfig(`name: T\nstorage: {directory: ${dir}/volumes, slots: 4, volume-size: 1 GiB}\nholding: {directory: ${dir}/holding, use: 1 GiB}\nhosts: {a: [/d]}\n`, 'holdfast.yaml', { state: `${dir}/state`, cache: `${dir}/cache`, run: `${dir}/run`, log: `${dir}/log` })
  assert.ok(outcome.kind === 'config')
  return outcome.config
}

/** Two volumes in four slots: /d and /e on the first, /f on the second. */
async function writeVolumes(): Promise<void> {
  const changer = createVtapeChanger(nodeDisk, volumesOf(configOf()))
  await makeVtapeSlots(nodeDisk, volumesOf(configOf()), true)
  for (const [slot, label, disks] of [['slot1', 'T-0001', ['/d', '/e']], ['slot2', 'T-0002', ['/f']]] as const) {
    const device = await changer.device(slot)
    await device.writeLabel(label, RUN)
    for (const disk of disks) {
      const part = await device.createPart(headerOf(disk))
      await part.write(DATA)
      await part.finish()
      const id = dumpId(RUN, 'a', disk, 0)
      await catalog.putTapedDump({ id, run: RUN, host: 'a', disk, level: 0, status: 'complete', startedMs: 0, nativeBytes: 1, storedBytes: DATA.length, attempts: 1 }, [{ dump: id, partNumber: 1, label, fileNumber: part.fileNumber, bytes: DATA.length }])
    }
    await catalog.putVolume({ label, storage: 'main', slot, run: RUN, bytes: DATA.length, isReusable: true })
    tapelist.push({ datestamp: RUN, label, isReusable: true })
  }
}

beforeEach(async () => {
  dir = await mkdtemp(path.join(tmpdir(), 'holdfast-storage-'))
  await mkdir(`${dir}/holding`)
  catalog = inPlaceCatalog(new SqliteCatalog(':memory:'))
  tapelist.length = 0
  await writeVolumes()
})
afterEach(async () => {
  await catalog[Symbol.asyncDispose]()
  await rm(dir, { recursive: true })
})

const seen: number[] = []

async function look(signal = new AbortController().signal): Promise<CheckFinding[]> {
  const config = configOf()
  seen.length = 0
  const parts = { config, disk: FREE, changer: createVtapeChanger(nodeDisk, volumesOf(config)), catalog, holding: createHoldingArea(FREE, config.holdingDisks, silentLog), tapelist, nowMs: NOW_MS, onSlot: (done: number) => seen.push(done) }
  return await checkStorage(parts, signal)
}

const fileOf = (slot: number, number: string): string => `${dir}/volumes/slot${slot}/${globSync(`${number}.*`, { cwd: `${dir}/volumes/slot${slot}` })[0]}`

test('volumes and holding disks that are well give no finding, and each slot is told as progress', async () => {
  assert.deepEqual(codes(await look()), [])
  assert.deepEqual(seen, [1, 2, 3, 4])
})

test('parts that are missing, short, of another dump, or of none are told of their volume', async () => {
  await rm(fileOf(1, '00001'))
  await truncate(fileOf(2, '00001'), 50_000)
  const [missing, wrong] = (await look()).filter(({ severity }) => severity !== 'ok')
  assert.deepEqual([missing?.code, missing?.severity, missing?.details], ['part-missing', 'error', [`file 1: part 1 of ${dumpId(RUN, 'a', '/d', 0)}`]])
  assert.deepEqual([wrong?.code, wrong?.severity], ['part-wrong', 'error'])
  assert.match(wrong?.message ?? '', /volume T-0002 in slot slot2/)
})

test('a header of another dump, and one that cannot be read', async () => {
  const other = dumpId(RUN, 'a', '/other', 0)
  await catalog.putTapedDump({ id: other, run: RUN, host: 'a', disk: '/other', level: 0, status: 'complete', startedMs: 0, nativeBytes: 1, storedBytes: 1, attempts: 1 }, [{ dump: other, partNumber: 1, label: 'T-0002', fileNumber: 1, bytes: DATA.length }])
  await catalog.removeDump(dumpId(RUN, 'a', '/f', 0))
  await writeFile(fileOf(1, '00002'), Buffer.alloc(DATA.length + 32_768, 'y'))
  const findings = await look()
  assert.deepEqual(codes(findings), ['volume-damaged', 'part-wrong'])
  assert.match(findings.find(({ code }) => code === 'part-wrong')?.details?.[0] ?? '', /file 1 should hold part 1 of .*other.* and is of .*f/)
})

test('a file of no dump is worth knowing and no more', async () => {
  await catalog.removeDump(dumpId(RUN, 'a', '/e', 0))
  const findings = await look()
  assert.deepEqual(findings.filter(({ severity }) => severity !== 'ok').map(({ severity, code }) => [severity, code]), [['note', 'part-unlisted']])
})

test('slots with a damaged label, with something else, and that are gone', async () => {
  await truncate(fileOf(2, '00000'), 10)
  await writeFile(`${dir}/volumes/slot3/letter.txt`, 'dear all')
  await rm(`${dir}/volumes/slot4`, { recursive: true })
  assert.deepEqual(codes(await look()), ['volume-damaged', 'volume-foreign', 'volume-missing', 'tapelist-differs'])
})

test('a storage that is not mounted is one fault and not one a slot', async () => {
  await rm(`${dir}/volumes`, { recursive: true })
  assert.deepEqual(codes(await look()), ['directory-missing'])
})

test('leftovers and strangers on the holding disk, damaged dumps and dumps that wait', async () => {
  const run = `${dir}/holding/20261101013000`
  await mkdir(run)
  await writeFile(`${run}/a._d.0.tmp`, 'x')
  await utimes(`${run}/a._d.0.tmp`, 0, NOW_MS / 1000 - 3 * 86_400)
  await writeFile(`${run}/a._e.0`, 'no header')
  await mkdir(`${dir}/holding/photos`)
  const config = configOf()
  const writer = await createHoldingArea(FREE, config.holdingDisks, silentLog).create({ ...headerOf('/waits'), datestamp: '20261110013000' })
  await writer.write(DATA)
  await writer.finish({ originalKib: 1, serverCrc: `00000000:${DATA.length}` })
  const findings = await look()
  assert.deepEqual(codes(findings), ['holding-damaged', 'holding-waits', 'holding-leftover'])
  const left = findings.find(({ code }) => code === 'holding-leftover')
  assert.equal(left?.details?.length, 2)
})

test('an abort ends it at once', async () => {
  await assert.rejects(look(AbortSignal.abort(new Error('enough'))), /enough/)
})

test('tapelist, labels and catalog must say the same', () => {
  const volume = { slot: 'slot1', label: 'T-1', datestamp: RUN }
  const entry: TapelistEntry = { label: 'T-1', datestamp: RUN, isReusable: true }
  const record = { label: 'T-1', storage: 'main', slot: 'slot1', run: RUN, bytes: 1, isReusable: true }
  const well = { found: [volume], tapelist: [entry], catalog: [record], withParts: new Set(['T-1']) }
  const told = (changes: Partial<Parameters<typeof labelFindings>[0]>): readonly (string | undefined)[] => labelFindings({ ...well, ...changes }).flatMap(({ severity, details = [] }) => [severity, ...details])
  assert.deepEqual(told({}), [])
  assert.deepEqual(told({ tapelist: [{ ...entry, datestamp: '0' }] }), [], 'labelled, and nothing written in the eyes of the tapelist')
  assert.deepEqual(told({ found: [volume, { ...volume, slot: 'slot2' }] }), ['warning', 'the label T-1 is in several slots: slot1, slot2'])
  assert.equal(told({ tapelist: [], catalog: [] })[1], 'T-1 in slot slot1 is not in the tapelist')
  assert.deepEqual(told({ found: [], withParts: new Set() }), ['warning', `T-1 is in the tapelist (written at ${RUN}) and in no slot`])
  assert.equal(told({ found: [] })[0], 'error', 'dumps went with the volume')
  assert.deepEqual(told({ tapelist: [{ ...entry, datestamp: '20200101000000' }] }).length, 3)
})

test('volumes that were not written for a year, and slots that promise more than there is', async () => {
  const entry = (datestamp: string, isReusable = true): TapelistEntry => ({ label: 'T-1', datestamp, isReusable })
  assert.deepEqual(codes(idleFindings({ tapelist: [entry('20250101000000'), entry('0'), entry('20250101000000', false), entry(RUN)] }, NOW_MS)), ['volume-idle'])
  assert.deepEqual(idleFindings({ tapelist: [entry(RUN)] }, NOW_MS + 300 * DAY_MS), [])
  const space = (freeBytes: number): Pick<Disk, 'space'> => ({ space: () => Promise.resolve({ totalBytes: freeBytes, freeBytes }) })
  const GIB = 2 ** 30
  assert.deepEqual(codes(await storagePromises(configOf(), space(3 * GIB), GIB)), [])
  assert.deepEqual(codes(await storagePromises(configOf(), space(3 * GIB), 0)), ['storage-small'])
  assert.equal(await holdingBytesMax(configOf(), space(3 * GIB)), GIB)
  assert.equal(await holdingBytesMax(configOf(), space(GIB / 2)), GIB / 2)
  assert.equal(await holdingBytesMax(configOf(), { space: () => Promise.reject(new Error('gone')) }), 0)
})
