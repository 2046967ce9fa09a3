import assert from 'node:assert/strict'
import { mkdtemp, rm } from 'node:fs/promises'
import { test, type TestContext } from 'node:test'
import type { DumpId, RunId } from '../../catalog/contract.ts'
import type { DiskListEntry } from '../../config/resolved.ts'
import { sleep, systemClock } from '../../kernel/clock.ts'
import { Fault } from '../../kernel/fault.ts'
import { silentLog } from '../../kernel/log.ts'
import { nodeDisk } from '../../kernel/node-disk.ts'
import { nodeProcesses } from '../../kernel/node-processes.ts'
import { Turns } from '../../kernel/turns.ts'
import { RunningCrc32c } from '../../stream/crc32c.ts'
import { createHoldingArea } from '../../storage/holding/holding-area.ts'
import { createMemoryTransport } from '../../transport/memory-transport.ts'
import type { ByteStream, IncomingRequest } from '../../transport/contract.ts'
import { formatConnectReply, formatRetryReply } from '../../wire/amanda/connect-reply.ts'
import { makeArchive } from '../../../testkit/tar-writer.ts'
import type { DumpReport } from './contract.ts'
import { runDump } from './dumper.ts'

const ENTRY: DiskListEntry = {
  host: 'client', disk: '/data', device: '/data', dumptype: 'd', application: { name: 'gnutar', properties: {} }, compress: { kind: 'none' }, encrypt: { kind: 'none' },
  excludeFiles: [], excludeLists: [], includeFiles: [], includeLists: [], listsOptional: true, priority: 'medium', strategy: 'standard', dumpCycleDays: 7, spindle: -1,
  maxDumps: 1, holding: 'auto', index: true, record: true, estimate: 'client', partBytes: undefined, scripts: [],
}
const BYTES = Buffer.from('the bytes of an archive '.repeat(1000))
const INFO = 'sendbackup: start [client:/data level 0]\nsendbackup: info BACKUP=/bin/tar\nsendbackup: info RECOVER_CMD=/bin/tar -xpGf - ...\nsendbackup: info end\n'

function crcOf(bytes: Uint8Array): string {
  const crc = new RunningCrc32c()
  crc.update(bytes)
  return crc.text()
}
const GOOD = `sendbackup: size 24\nsendbackup: native-CRC ${crcOf(BYTES)}\nsendbackup: client-CRC ${crcOf(BYTES)}\nsendbackup: end\n`

interface Streams {
  readonly data: ByteStream
  readonly mesg: ByteStream
  readonly index: ByteStream
}

/** An agent that does what `script` says once the streams are open. */
function agent(script: (streams: Streams) => Promise<void>): (request: IncomingRequest) => Promise<void> {
  return async (request) => {
    const [data, mesg, index] = [request.openStream(), request.openStream(), request.openStream()]
    request.rep(formatConnectReply([['DATA', data.handle], ['MESG', mesg.handle], ['INDEX', index.handle]]))
    await script({ data, mesg, index })
  }
}

async function say(stream: ByteStream, text: string | Uint8Array): Promise<void> {
  await stream.write(typeof text === 'string' ? Buffer.from(text) : text)
}

async function whole({ data, mesg, index }: Streams, messages: string, bytes: Uint8Array = BYTES, names = '/\n/file\n'): Promise<void> {
  await say(mesg, INFO)
  await say(data, bytes)
  await data.end()
  await say(index, names)
  await index.end()
  await say(mesg, messages)
  await mesg.end()
}

interface Outcome {
  readonly report: DumpReport
  readonly held: number
}

async function dumpWith(context: TestContext, handler: (request: IncomingRequest) => Promise<void>, changes: { dataTimeoutMs?: number; entry?: Partial<DiskListEntry>; signal?: AbortSignal; isLinkUp?: boolean } = {}): Promise<Outcome> {
  const dir = await mkdtemp('/tmp/F-dumper-')
  context.after(() => rm(dir, { recursive: true, force: true }))
  const holding = createHoldingArea(nodeDisk, [{ directory: `${dir}/holding`, useBytes: 2 ** 30, chunkBytes: 2 ** 30 }], silentLog)
  await nodeDisk.makeDir(`${dir}/holding`)
  await nodeDisk.makeDir(`${dir}/index`)
  const transport = createMemoryTransport(new Map([['client', handler]]))
  const run = '20261124010203' as RunId
  const record = { id: 'x' as DumpId, run, host: 'client', disk: '/data', level: 0, status: 'running' as const, startedMs: 0, nativeBytes: 0, storedBytes: 0, attempts: 1 }
  const taper = { tape: () => Promise.reject(new Error('not used')), forecast: () => Promise.resolve([]), endRun: () => Promise.resolve(), [Symbol.asyncDispose]: () => Promise.resolve() }
  const doors = { clock: systemClock, disk: nodeDisk, processes: nodeProcesses, transport, holding, taper, indexDir: `${dir}/index`, indexTurns: new Turns(), isLinkUp: () => changes.isLinkUp ?? true, log: silentLog }
  const order = { configName: 'test', run, entry: { ...ENTRY, ...changes.entry }, level: 0, baseRun: undefined, expectedBytes: undefined, to: 'holding' as const, record, connectTimeoutMs: 1000, dataTimeoutMs: changes.dataTimeoutMs ?? 5000 }
  const report = await runDump(order, doors, { onPhase: () => undefined, onProgress: () => undefined }, changes.signal ?? new AbortController().signal)
  return { report, held: (await holding.list()).dumps.length }
}

function failedWith(report: DumpReport, code: string): Extract<DumpReport, { kind: 'failed' }> {
  assert.equal(report.kind, 'failed', JSON.stringify(report))
  assert.equal(report.fault.code, code)
  return report
}

test('a good dump is on the holding disk with its sums', async (context) => {
  const { report, held } = await dumpWith(context, agent((streams) => whole(streams, GOOD)))
  assert.equal(report.kind, 'good', JSON.stringify(report))
  assert.equal(report.totals.serverCrc, crcOf(BYTES))
  assert.equal(report.held?.header.serverCrc, crcOf(BYTES))
  assert.equal(report.held?.header.program, '/bin/tar')
  assert.equal(held, 1)
})

test('a strange line makes a strange dump', async (context) => {
  const { report } = await dumpWith(context, agent((streams) => whole(streams, `? tar: x: file changed\n${GOOD}`)))
  assert.equal(report.kind, 'strange')
})

test('a dump that the server compresses has two sums', async (context) => {
  const { report } = await dumpWith(context, agent((streams) => whole(streams, GOOD)), { entry: { compress: { kind: 'gzip', where: 'server', level: 1 } } })
  assert.ok(report.kind === 'good' && report.totals.clientCrc === crcOf(BYTES) && report.totals.storedBytes < BYTES.length)
})

test('an error line fails the dump and keeps what arrived as partial', async (context) => {
  const { report, held } = await dumpWith(context, agent((streams) => whole(streams, 'sendbackup: error [tar died]\n')))
  assert.equal(failedWith(report, 'agent-error').partial?.header.isPartial, true)
  assert.equal(held, 1)
})

test('a missing end line is not a good dump', async (context) => {
  const { report } = await dumpWith(context, agent((streams) => whole(streams, 'sendbackup: size 24\n')))
  failedWith(report, 'dump-incomplete')
})

/** What a client with `archive` does whose messages break off: before its data ends, or after. */
function losesMesg(archive: Uint8Array, when: 'before' | 'after'): (streams: Streams) => Promise<void> {
  return async ({ data, mesg, index }) => {
    await say(mesg, INFO)
    await say(data, archive.subarray(0, 512))
    await sleep(systemClock, 5)
    if (when === 'before') mesg.fail(new Fault('connection-lost', 'mesg read: Connection reset by peer'))
    await sleep(systemClock, 5)
    await say(data, archive.subarray(512))
    await data.end()
    await index.end()
    if (when === 'after') mesg.fail(new Fault('connection-lost', 'mesg read: Connection reset by peer'))
  }
}

const ARCHIVE = makeArchive([{ name: './', type: '5' }, { name: './file', type: '0', data: 'what is in it' }])

test('an archive that came whole is known to be so when only the last words of the client are missing', async (context) => {
  for (const when of ['before', 'after'] as const) {
    for (const compress of [{ kind: 'none' }, { kind: 'gzip', where: 'server', level: 1 }] as const) {
      const { report, held } = await dumpWith(context, agent(losesMesg(ARCHIVE, when)), { entry: { compress } })
      const failed = failedWith(report, 'connection-lost')
      assert.equal(failed.isWhole, true, when)
      assert.match(failed.fault.message, new RegExp(`^mesg read: Connection reset by peer; all of the archive arrived all the same: its end was seen behind 2 members and ${ARCHIVE.length} bytes`))
      assert.deepEqual([failed.partial?.header.isPartial, held], [true, 1])
    }
  }
  const cut = await dumpWith(context, agent(losesMesg(ARCHIVE.subarray(0, 1024), 'after')))
  assert.deepEqual([failedWith(cut.report, 'connection-lost').isWhole, cut.held], [undefined, 1])
  const told = await dumpWith(context, agent((streams) => whole(streams, 'sendbackup: size 4711\n', ARCHIVE)))
  assert.equal(failedWith(told.report, 'dump-incomplete').isWhole, undefined)
  const wrong = await dumpWith(context, agent((streams) => whole(streams, 'sendbackup: error [tar died]\n', ARCHIVE)))
  assert.equal(failedWith(wrong.report, 'agent-error').isWhole, undefined)
})

test('bytes that are not those the client sent are found and not kept', async (context) => {
  const { report, held } = await dumpWith(context, agent((streams) => whole(streams, GOOD, Buffer.from('other bytes'))))
  failedWith(report, 'dump-crc-differs')
  assert.equal(held, 0)
})

test('data that breaks off keeps its reason and what arrived', async (context) => {
  const script = async ({ data, mesg }: Streams): Promise<void> => {
    await say(mesg, INFO)
    await say(data, BYTES)
    await sleep(systemClock, 1)
    data.fail(new Fault('disk-error', 'the disk of the client'))
  }
  const { report } = await dumpWith(context, agent(script))
  failedWith(report, 'disk-error')
})

test('a client that is connected and silent has stalled', async (context) => {
  const { report } = await dumpWith(context, agent(({ mesg }) => say(mesg, INFO)), { dataTimeoutMs: 40 })
  failedWith(report, 'dump-stalled')
})

test('silence while the link is cut is no stall', async (context) => {
  const script = async (streams: Streams): Promise<void> => {
    await sleep(systemClock, 120)
    await whole(streams, GOOD)
  }
  const { report } = await dumpWith(context, agent(script), { dataTimeoutMs: 40, isLinkUp: false })
  assert.equal(report.kind, 'good', JSON.stringify(report))
})

test('an index of garbage and too many messages do not cost the data', async (context) => {
  const script = (streams: Streams): Promise<void> => whole(streams, `${'| noise\n'.repeat(5000)}${GOOD}`, BYTES, '\u0000\u00ff'.repeat(40_000))
  const { report } = await dumpWith(context, agent(script))
  assert.notEqual(report.kind, 'failed')
  assert.ok(report.lines.length < 1100)
})

test('a refusal, a retry and an error in the reply are told apart', async (context) => {
  const refused = await dumpWith(context, (request) => Promise.resolve(request.nak('ERROR no such service\n')))
  failedWith(refused.report, 'agent-refused')
  const retried = await dumpWith(context, (request) => Promise.resolve(request.rep(formatRetryReply({ delaySeconds: 3, level: 0, message: 'no base' }))))
  assert.deepEqual(failedWith(retried.report, 'agent-retry').advice, { delayMs: 3000, level: 0 })
  const failed = await dumpWith(context, (request) => Promise.resolve(request.rep('ERROR [no such disk]\n')))
  failedWith(failed.report, 'agent-error')
})

test('a cancelled dump ends at once with the reason it was given', async (context) => {
  const controller = new AbortController()
  const script = async ({ mesg }: Streams): Promise<void> => {
    await say(mesg, INFO)
    controller.abort(new Fault('cancelled', 'by the operator'))
  }
  const { report } = await dumpWith(context, agent(script), { signal: controller.signal })
  assert.equal(failedWith(report, 'cancelled').fault.message, 'by the operator')
})
