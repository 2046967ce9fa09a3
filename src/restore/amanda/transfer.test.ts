import assert from 'node:assert/strict'
import { test } from 'node:test'
import { gzipSync } from 'node:zlib'
import { readAll, sourceOf } from '../../kernel/byte-stream.ts'
import { Fault } from '../../kernel/fault.ts'
import { nodeProcesses } from '../../kernel/node-processes.ts'
import { RunningCrc32c } from '../../stream/crc32c.ts'
import { transfer } from './transfer.ts'
import type { UndoPlan } from './undo-plan.ts'

const NOTHING: UndoPlan = { decrypt: undefined, decompress: undefined, compress: undefined, isNative: true, isHeldBack: false }
const UNZIP: UndoPlan = { ...NOTHING, decompress: ['/bin/gzip', '-dc'] }
const PLAIN = Buffer.alloc(300_000, 'some text of a dump ')

function crcOf(bytes: Uint8Array): string {
  const crc = new RunningCrc32c()
  crc.update(bytes)
  return crc.text()
}

async function run(bytes: Uint8Array, plan: UndoPlan): Promise<{ end: Awaited<ReturnType<typeof transfer>>; out: Uint8Array; lines: string[] }> {
  const lines: string[] = []
  let out: Uint8Array = new Uint8Array()
  const end = await transfer(sourceOf(bytes), plan, async (source) => (out = await readAll(source, 1e7)), { processes: nodeProcesses, onLine: (line) => lines.push(line) })
  return { end, out, lines }
}

test('both sides of the filters are summed', async () => {
  const stored = gzipSync(PLAIN)
  const { end, out } = await run(stored, UNZIP)
  assert.ok(PLAIN.equals(out))
  assert.deepEqual(end, { bytesRead: stored.length, sourceCrc: crcOf(stored), nativeCrc: crcOf(PLAIN), failure: undefined })
  assert.equal((await run(PLAIN, NOTHING)).end.nativeCrc, undefined)
})

test('a filter that fails says so, and what it made stays', async () => {
  const stored = gzipSync(PLAIN)
  stored[stored.length - 6] = (stored[stored.length - 6] ?? 0) ^ 0xff
  const { end, out, lines } = await run(stored, UNZIP)
  assert.equal(end.failure, '/bin/gzip exited with status 1')
  assert.equal(end.bytesRead, stored.length)
  assert.deepEqual(lines, ['', 'gzip: stdin: invalid compressed data--crc error'])
  assert.equal(out.length, PLAIN.length)
})

test('what nobody reads is summed all the same', async () => {
  const end = await transfer(sourceOf(PLAIN), NOTHING, (source) => source.read(), { processes: nodeProcesses, onLine: () => undefined })
  assert.equal(end.sourceCrc, crcOf(PLAIN))
})

test('a source that breaks off ends everything', async () => {
  const broken = { read: () => Promise.reject(new Fault('volume-damaged', 'gone')), cancel: () => undefined }
  await assert.rejects(transfer(broken, UNZIP, (source) => readAll(source, 1e6), { processes: nodeProcesses, onLine: () => undefined }), /gone/)
})
