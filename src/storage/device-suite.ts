// What every device must do, as checks that anybody can run: the unit tests on each device and its decorators, and the command `holdfast
// storage check` on a scratch volume. Writes to the volume it is given and leaves it labelled CHECK-2 and empty.

import { readAll } from '../kernel/byte-stream.ts'
import { faultOf } from '../kernel/fault.ts'
import type { DumpFileHeader, DumpHeader } from '../wire/amanda/dump-header.ts'
import type { Device, PartReader } from './device.ts'

export interface DeviceCheck {
  readonly name: string
  /** Undefined when it passed. */
  readonly failure?: string
}

/** A new handle on the same volume, as after a restart. The volume is empty at the first call. */
export type OpenDevice = () => Promise<Device>

const DATESTAMP = '20000101000000'
const SIZES = [0, 1, 32_767, 32_768, 1_048_579] as const
/** A volume that says it holds more is not filled to its end. */
const FILL_BYTES_MAX = 256 * 1024 * 1024
const PIECE_BYTES = 100_000

const header = (disk: string): DumpFileHeader => ({
  kind: 'split-file', datestamp: DATESTAMP, host: 'check', disk, level: 0, part: { number: 1, total: -1 }, compress: 'N', isEncrypted: false, program: '/bin/tar', isPartial: false,
  originalKib: 0, decryptCommand: '', uncompressCommand: '', recoverCommand: '/bin/tar -xpGf - ...', blockKib: 32,
})

/** Bytes that differ at every offset and for every seed. */
function pattern(bytes: number, seed: number): Buffer {
  const out = Buffer.allocUnsafe(bytes)
  for (let index = 0; index < bytes; index++) out[index] = (index * 31 + (index >>> 8) * 7 + seed * 101) & 0xff
  return out
}

function expect(condition: boolean, message: string): void {
  if (!condition) throw new Error(message)
}

async function writeWhole(device: Device, disk: string, data: Buffer): Promise<number> {
  const writer = await device.createPart(header(disk))
  for (let offset = 0; offset < data.length; offset += PIECE_BYTES) {
    expect((await writer.write(data.subarray(offset, offset + PIECE_BYTES))) === 'written', `the volume was full after ${offset} bytes`)
  }
  await writer.finish()
  return writer.fileNumber
}

async function openedPart(device: Device, fileNumber: number): Promise<PartReader> {
  const part = await device.openPart(fileNumber)
  if (part === undefined) throw new Error(`part ${fileNumber} is not there`)
  return part
}

async function expectPart(device: Device, fileNumber: number, disk: string, data: Buffer, offset = 0): Promise<void> {
  await using part = await openedPart(device, fileNumber)
  const found: DumpHeader = part.header
  expect(found.kind === 'split-file' && found.disk === disk, `part ${fileNumber} has another header`)
  expect(part.bytes === data.length, `part ${fileNumber} has ${part.bytes} bytes and not ${data.length}`)
  expect(Buffer.from(await readAll(part.read(offset), data.length)).equals(data.subarray(offset)), `part ${fileNumber} has other bytes from ${offset} on`)
  const length = Math.floor((data.length - offset) / 2)
  expect(Buffer.from(await readAll(part.read(offset, length), data.length)).equals(data.subarray(offset, offset + length)), `part ${fileNumber} has other bytes in the ${length} from ${offset} on`)
}

async function expectFault(work: Promise<unknown>, what: string): Promise<void> {
  let isRefused = false
  await work.catch(() => (isRefused = true))
  expect(isRefused, what)
}

const CHECKS: readonly (readonly [string, (open: OpenDevice) => Promise<void>])[] = [
  ['an empty volume is empty and takes no part before its label', async (open) => {
    const device = await open()
    expect((await device.state()).kind === 'empty', 'it is not empty')
    expect((await device.listParts()).length === 0, 'it lists parts')
    await expectFault(device.createPart(header('/early')), 'a part was begun on a volume without a label')
  }],
  ['a label is found again after a restart', async (open) => {
    await (await open()).writeLabel('CHECK-1', DATESTAMP)
    const state = await (await open()).state()
    expect(state.kind === 'labelled' && state.label === 'CHECK-1' && state.datestamp === DATESTAMP, `it is ${JSON.stringify(state)}`)
  }],
  ['parts of all sizes come back with their headers, in order', async (open) => {
    const device = await open()
    for (const [index, bytes] of SIZES.entries()) expect((await writeWhole(device, `/size/${bytes}`, pattern(bytes, index))) === index + 1, 'file numbers do not count up')
    const again = await open()
    for (const [index, bytes] of SIZES.entries()) await expectPart(again, index + 1, `/size/${bytes}`, pattern(bytes, index))
    const listed = (await again.listParts()).map(({ fileNumber, bytes }) => `${fileNumber}:${bytes}`).join()
    expect(listed === SIZES.map((bytes, index) => `${index + 1}:${bytes}`).join(), `it lists ${listed}`)
  }],
  ['a part is read from any offset, by two readers at once', async (open) => {
    const device = await open()
    const data = pattern(SIZES[4], 4)
    await Promise.all([1, 32_768, 700_001, data.length].map((offset) => expectPart(device, SIZES.length, `/size/${data.length}`, data, offset)))
  }],
  ['there is no part beyond the last', async (open) => {
    const device = await open()
    expect((await device.openPart(SIZES.length + 1)) === undefined && (await device.openPart(0)) === undefined, 'it opened a part that is not there')
  }],
  ['an abandoned part leaves nothing', async (open) => {
    const device = await open()
    const before = await device.statistics()
    const writer = await device.createPart(header('/abandoned'))
    await writer.write(pattern(PIECE_BYTES, 9))
    await writer.abandon()
    const after = await (await open()).statistics()
    expect((await device.listParts()).length === SIZES.length && after.usedBytes === before.usedBytes, 'something of it is still there')
    expect((await writeWhole(device, '/next', pattern(10, 1))) === SIZES.length + 1, 'its number is lost')
  }],
  ['a full volume says so, and what was written before stays', async (open) => {
    const device = await open()
    const { capacityBytes } = await device.statistics()
    if (capacityBytes === undefined || capacityBytes > FILL_BYTES_MAX) return
    const writer = await device.createPart(header('/full'))
    let isFull = false
    for (let bytes = 0; bytes <= capacityBytes && !isFull; bytes += PIECE_BYTES) isFull = (await writer.write(pattern(PIECE_BYTES, 2))) === 'full'
    await writer.abandon()
    expect(isFull, `it took more than its ${capacityBytes} bytes`)
    await expectPart(device, 4, `/size/${SIZES[3]}`, pattern(SIZES[3], 3))
    expect((await device.statistics()).usedBytes <= capacityBytes, 'it holds more than it may')
  }],
  ['a new label empties the volume', async (open) => {
    await (await open()).writeLabel('CHECK-2', DATESTAMP)
    const device = await open()
    const state = await device.state()
    expect(state.kind === 'labelled' && state.label === 'CHECK-2', `it is ${JSON.stringify(state)}`)
    expect((await device.listParts()).length === 0 && (await device.openPart(1)) === undefined, 'old parts are still there')
  }],
]

/** Runs all checks in order; one that fails does not stop the others. */
export async function checkDevice(open: OpenDevice): Promise<DeviceCheck[]> {
  const results: DeviceCheck[] = []
  for (const [name, check] of CHECKS) {
    try {
      await check(open)
      results.push({ name })
    } catch (error) {
      results.push({ name, failure: error instanceof Error ? error.message : faultOf(error).message })
    }
  }
  return results
}
