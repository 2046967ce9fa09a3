import assert from 'node:assert/strict'
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, readlinkSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test, type TestContext } from 'node:test'
import { readAll } from '../../kernel/byte-stream.ts'
import { systemClock } from '../../kernel/clock.ts'
import { Fault } from '../../kernel/fault.ts'
import { nodeDisk } from '../../kernel/node-disk.ts'
import { RunningCrc32c } from '../../stream/crc32c.ts'
import type { DumpFileHeader } from '../../wire/amanda/dump-header.ts'
import type { Device } from '../device.ts'
import { checkDevice } from '../device-suite.ts'
import { faultyDevice } from '../faulty-device.ts'
import { readOnlyDevice } from '../read-only-device.ts'
import { retryingDevice } from '../retrying-device.ts'
import { throttledDevice } from '../throttled-device.ts'
import { createVtapeChanger, makeVtapeSlots } from './vtape-changer.ts'
import { openVtapeDevice } from './vtape-device.ts'

function folder(t: TestContext): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'c-vtape-'))
  t.after(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

const header: DumpFileHeader = {
  kind: 'split-file', datestamp: '20261124020000', host: 'h', disk: '/a:b', level: 0, part: { number: 1, total: -1 }, compress: 'N', isEncrypted: false, program: '/bin/tar',
  isPartial: false, originalKib: 0, decryptCommand: '', uncompressCommand: '', recoverCommand: '/bin/tar -xpGf - ...',
}

for (const [name, wrap] of [
  ['plain', (device: Device) => device],
  ['behind faulty that lets all pass', (device: Device) => faultyDevice(device, () => undefined)],
  ['throttled', (device: Device) => throttledDevice(device, systemClock, 1e9)],
  ['retrying a device that fails every other look', (device: Device) => {
    let count = 0
    const looks = ['state', 'open-part', 'list-parts', 'statistics']
    return retryingDevice(faultyDevice(device, (operation) => (looks.includes(operation) && count++ % 2 === 0 ? new Fault('disk-error', 'planted') : undefined)), systemClock, { tries: 10, pauseMs: 1 })
  }],
] as const) {
  test(`a vtape does what every device must do: ${name}`, async (t) => {
    const dir = folder(t)
    const results = await checkDevice(() => Promise.resolve(wrap(openVtapeDevice(nodeDisk, dir, 3_000_000))))
    assert.deepEqual(results.filter(({ failure }) => failure !== undefined), [])
    assert.ok(results.length >= 8)
  })
}

test('the suite sees a device that loses bytes, lies about its room or forgets its label', async (t) => {
  const dir = folder(t)
  const device = openVtapeDevice(nodeDisk, dir, 3_000_000)
  const lying: Device = {
    ...readOnlyDevice(device),
    writeLabel: (label, datestamp) => device.writeLabel(label, datestamp),
    async createPart(given) {
      const writer = await device.createPart(given)
      return { fileNumber: writer.fileNumber, finish: () => writer.finish(), abandon: () => writer.abandon(), write: (piece) => writer.write(piece.subarray(1)).then(() => 'written' as const) }
    },
  }
  const failed = (await checkDevice(() => Promise.resolve(lying))).flatMap(({ name, failure }) => (failure === undefined ? [] : [name]))
  assert.ok(failed.includes('parts of all sizes come back with their headers, in order') && failed.includes('a full volume says so, and what was written before stays'), failed.join())
})

test('what stock Amanda wrote is read', async (t) => {
  const dir = folder(t)
  cpSync(new URL('../../../testdata/amanda/vtapes-bsdtcp', import.meta.url), dir, { recursive: true })
  const device = await createVtapeChanger(nodeDisk, { directory: dir, slotCount: 1, volumeBytes: 1e9 }).device('slot1')
  assert.deepEqual(await device.state(), { kind: 'labelled', label: 'LAB01', datestamp: '20261123220906' })
  assert.deepEqual(await device.listParts(), [{ fileNumber: 1, bytes: 225_280 }])
  await using part = await device.openPart(1)
  assert.ok(part?.header.kind === 'split-file')
  const crc = new RunningCrc32c()
  crc.update(await readAll(part.read(), 1e6))
  assert.equal(crc.text(), part.header.serverCrc)
})

test('files have the names and sizes Amanda gives them, and only when they are finished', async (t) => {
  const dir = folder(t)
  const device = openVtapeDevice(nodeDisk, dir, undefined)
  await device.writeLabel('DAILY-1', '20261124020000')
  const writer = await device.createPart(header)
  await writer.write(Buffer.from('abc'))
  assert.ok(!readdirSync(dir).some((name) => name.startsWith('00001')))
  await writer.finish()
  assert.deepEqual(readdirSync(dir), ['00000.DAILY-1', '00001.h._a_b.0'])
  assert.deepEqual(['00000.DAILY-1', '00001.h._a_b.0'].map((name) => statSync(path.join(dir, name)).size), [32_768, 32_771])
})

test('a vanished, foreign, damaged or read-only volume is named and never written to', async (t) => {
  const dir = folder(t)
  const gone = openVtapeDevice(nodeDisk, `${dir}/gone`, undefined)
  for (const work of [() => gone.state(), () => gone.writeLabel('X', '0'), () => gone.listParts()]) await assert.rejects(work, { code: 'volume-missing' })
  assert.ok(!existsSync(`${dir}/gone`))
  mkdirSync(`${dir}/foreign`)
  writeFileSync(`${dir}/foreign/letter.txt`, 'dear')
  const foreign = openVtapeDevice(nodeDisk, `${dir}/foreign`, undefined)
  assert.deepEqual(await foreign.state(), { kind: 'foreign', reason: 'it holds letter.txt but no label' })
  await assert.rejects(foreign.createPart(header), { code: 'volume-foreign' })
  mkdirSync(`${dir}/bad`)
  const bad = openVtapeDevice(nodeDisk, `${dir}/bad`, undefined)
  await bad.writeLabel('L', '0')
  await (await bad.createPart(header)).finish()
  truncateSync(`${dir}/bad/00001.h._a_b.0`, 100)
  await assert.rejects(bad.openPart(1), { code: 'volume-damaged' })
  writeFileSync(`${dir}/bad/00000.L`, Buffer.alloc(32_768))
  assert.equal((await bad.state()).kind, 'foreign')
  await assert.rejects(readOnlyDevice(bad).writeLabel('M', '0'), { code: 'volume-read-only' })
  assert.deepEqual(readFileSync(`${dir}/foreign/letter.txt`, 'utf8'), 'dear')
})

test('slots are made once; a missing one or an unmounted directory is not made up', async (t) => {
  const directory = `${folder(t)}/vtapes`
  const layout = { directory, slotCount: 2, volumeBytes: 1e6 }
  await assert.rejects(makeVtapeSlots(nodeDisk, layout, false), { code: 'volume-missing' })
  assert.deepEqual(await makeVtapeSlots(nodeDisk, layout, true), ['slot1', 'slot2'])
  rmSync(`${directory}/slot1`, { recursive: true })
  assert.deepEqual(await makeVtapeSlots(nodeDisk, { ...layout, slotCount: 3 }, false), ['slot3'])
  const changer = createVtapeChanger(nodeDisk, layout)
  assert.deepEqual(await changer.slots(), ['slot1', 'slot2'])
  await assert.rejects((await changer.device('slot1')).state(), { code: 'volume-missing' })
  await assert.rejects(changer.device('slot9'), { code: 'volume-missing' })
  await changer.setCurrent('slot2')
  await changer.setCurrent('slot2')
  assert.equal(readlinkSync(`${directory}/data`), 'slot2')
})
