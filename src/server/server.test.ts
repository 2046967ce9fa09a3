import assert from 'node:assert/strict'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { test, type TestContext } from 'node:test'
import { dumpId, runId } from '../catalog/ids.ts'
import type { Catalog, RunId } from '../catalog/contract.ts'
import { openWorkerCatalog } from '../catalog/worker-catalog.ts'
import type { DiskListEntry, ResolvedConfig } from '../config/resolved.ts'
import { sleep, systemClock } from '../kernel/clock.ts'
import { Fault } from '../kernel/fault.ts'
import { silentLog } from '../kernel/log.ts'
import { nodeDisk } from '../kernel/node-disk.ts'
import { nodeProcesses } from '../kernel/node-processes.ts'
import { Turns } from '../kernel/turns.ts'
import { RunningCrc32c } from '../stream/crc32c.ts'
import { createHoldingArea } from '../storage/holding/holding-area.ts'
import { createVtapeChanger, makeVtapeSlots } from '../storage/vtape/vtape-changer.ts'
import type { IncomingRequest } from '../transport/contract.ts'
import { createMemoryTransport } from '../transport/memory-transport.ts'
import type { DumpFileHeader } from '../wire/amanda/dump-header.ts'
import { formatConnectReply } from '../wire/amanda/connect-reply.ts'
import { parseRequest } from '../wire/amanda/request.ts'
import { formatSendsizeReply } from '../wire/amanda/sendsize-reply.ts'
import { makeArchive } from '../../testkit/tar-writer.ts'
import { createServer, type Server, type ServerDoors } from './daemon.ts'
import type { MailOutcome } from './control/contract.ts'
import { catalogPlanner } from './planner/catalog-planner.ts'
import { openRunLog } from './taper/run-log-file.ts'
import { createTaper } from './taper/taper.ts'
import { openTapelistFile } from './taper/tapelist-file.ts'

const MIB = 2 ** 20
const BYTES = Buffer.alloc(300_000, 'archive ')

function crcOf(bytes: Uint8Array): string {
  const crc = new RunningCrc32c()
  crc.update(bytes)
  return crc.text()
}

/** What the disk `/packed` is before it is compressed, KiB. */
const PACKED_KIB = 100_000

const ARCHIVE = makeArchive([{ name: './', type: '5' }, { name: './file', type: '0', data: 'what is in it' }])
/** Disks whose name begins with this lose their messages when all of their data has come; the next dump fails on those that end in `bad`. */
const MUTE = '/mute-'
const muted = new Set<string>()

/** Answers sendsize and sendbackup; the disk `/bad` fails. */
async function agent(request: IncomingRequest): Promise<void> {
  const { dles } = parseRequest(request.body)
  if (request.service === 'sendsize') return request.rep(formatSendsizeReply(dles.flatMap(({ disk, levels }) => levels.map(({ level }) => ({ kind: 'size' as const, disk, level, sizeKib: disk === '/packed' ? PACKED_KIB : 300 })))))
  const [data, mesg, index] = [request.openStream(), request.openStream(), request.openStream()]
  request.rep(formatConnectReply([['DATA', data.handle], ['MESG', mesg.handle], ['INDEX', index.handle]]))
  await mesg.write(Buffer.from('sendbackup: start [x]\nsendbackup: info BACKUP=/bin/tar\nsendbackup: info RECOVER_CMD=/bin/tar -xpGf - ...\nsendbackup: info end\n'))
  const disk = dles[0]?.disk ?? ''
  if (disk.startsWith(MUTE) && !muted.has(disk)) {
    muted.add(disk)
    await data.write(ARCHIVE)
    await data.end()
    await index.end()
    // What is unread of a stream of memory goes with it.
    await sleep(systemClock, 50)
    return mesg.fail(new Fault('connection-lost', 'mesg read: Connection reset by peer'))
  }
  await data.write(Buffer.from(BYTES))
  await data.end()
  await index.write(Buffer.from('/\n/file\n'))
  await index.end()
  const isBad = disk.endsWith('bad')
  await mesg.write(Buffer.from(isBad ? 'sendbackup: error [no]\n' : `sendbackup: size 293\nsendbackup: native-CRC ${crcOf(BYTES)}\nsendbackup: client-CRC ${crcOf(BYTES)}\nsendbackup: end\n`))
  await mesg.end()
}

function entry(disk: string, holding: DiskListEntry['holding'] = 'auto'): DiskListEntry {
  return {
    host: 'client', disk, device: disk, dumptype: 'd', application: { name: 'gnutar', properties: {} }, compress: { kind: 'none' }, encrypt: { kind: 'none' }, excludeFiles: [], excludeLists: [],
    includeFiles: [], includeLists: [], listsOptional: true, priority: 'medium', strategy: 'standard', dumpCycleDays: 7, spindle: -1, maxDumps: 2, holding, index: true, record: true,
    estimate: 'client', partBytes: undefined, scripts: [],
  }
}

interface Bench {
  readonly server: Server
  readonly catalog: Catalog
  readonly dir: string
  readonly holding: ReturnType<typeof createHoldingArea>
}

async function bench(context: TestContext, disks: readonly DiskListEntry[], sizes: { readonly volumeBytes?: number; readonly partBytes?: number; readonly useBytes?: number } = {}, doors: Partial<Pick<ServerDoors, 'codesOf' | 'reportMailer'>> = {}): Promise<Bench> {
  const { volumeBytes = 100 * MIB, partBytes = MIB, useBytes = 100 * MIB } = sizes
  const dir = await mkdtemp('/tmp/F-server-')
  for (const name of ['holding', 'state', 'index', 'log', 'cache', 'vtapes']) await nodeDisk.makeDir(`${dir}/${name}`)
  const storage = { name: 'main', kind: 'vtape' as const, directory: `${dir}/vtapes`, slotCount: 3, volumeBytes, partBytes, labelTemplate: 'TEST-%%%', autolabel: { empty: true, foreign: false }, volumesPerRun: 1, retainVolumes: 1, retainDays: 0, retainFulls: 1 }
  const config: ResolvedConfig = {
    name: 'test', organisation: 'org', directories: { state: `${dir}/state`, cache: `${dir}/cache`, run: `${dir}/state`, log: `${dir}/log` },
    tether: { address: '', port: 0, publicAddress: undefined, heartbeatMs: 10_000, deadAfterMs: 30_000, sessionHoldMs: 1 }, schedule: { cron: undefined, timezone: undefined, catchUpMs: 0 }, dumpCycleDays: 7, runsPerCycle: 7,
    bump: { bytes: MIB, percent: 0, multiplier: 1.5, days: 2 }, limits: { parallelDumps: 2, retries: 0, estimateTimeoutMs: 5000, dataTimeoutMs: 5000, connectTimeoutMs: 1000 },
    holdingDisks: [{ name: 'h', directory: `${dir}/holding`, useBytes, chunkBytes: 10 * MIB }], storage, verifyWithinMs: 1, disklist: disks, unusedDumptypes: [], mail: undefined,
  }
  const changer = createVtapeChanger(nodeDisk, storage)
  await makeVtapeSlots(nodeDisk, storage, true)
  const catalog = await openWorkerCatalog(`${dir}/state/catalog.db`)
  const holding = createHoldingArea(nodeDisk, config.holdingDisks, silentLog)
  const tapelist = openTapelistFile(nodeDisk, `${dir}/state/tapelist`, 1)
  const shared = { organisation: 'org', configName: 'test', storage, changer, tapelist, catalog, log: silentLog, disk: nodeDisk, clock: systemClock, holding, cacheDir: `${dir}/cache`, tapePartials: true }
  const server = createServer({
    config, clock: systemClock, disk: nodeDisk, processes: nodeProcesses, transport: createMemoryTransport(new Map([['client', agent]])), holding, indexDir: `${dir}/index`, indexTurns: new Turns(), isLinkUp: () => true, log: silentLog,
    catalog, planner: catalogPlanner, openRunLog: (run) => openRunLog(nodeDisk, `${dir}/log`, run), openTaper: (run, runLog, onEvent) => createTaper({ ...shared, run, runLog, onEvent }),
    linkOf: () => ({ state: 'up', cuts: 0, resumes: 0, bytesResent: 0 }), pid: 1, changer, tapelist, forecast: () => Promise.resolve([]), version: '0', programOf: () => undefined,
    agents: { list: () => [], createToken: () => Promise.reject(new Error('no')), revoke: () => Promise.resolve(), rename: () => Promise.resolve(), renew: () => Promise.resolve() },
    measurePath: () => Promise.reject(new Error('no')),
    compareLive: () => Promise.reject(new Error('no')),
    restoreToAgent: () => Promise.reject(new Error('no')), ...doors,
  })
  context.after(async () => {
    await server.stop()
    await catalog[Symbol.asyncDispose]()
    await rm(dir, { recursive: true, force: true })
  })
  return { server, catalog, dir, holding }
}

test('a run dumps, tapes, logs and lists; a bad disk costs the others nothing', async (context) => {
  const { server, catalog, dir, holding } = await bench(context, [entry('/good'), entry('/bad'), entry('/direct', 'never')])
  assert.deepEqual(await server.start(), [])
  const summary = await server.queueRun({ kind: 'dump', reason: 'manual', selection: [] }).done
  assert.deepEqual([summary.good, summary.failed, summary.partial], [2, 0, 1], JSON.stringify(summary.dumps))
  const good = await catalog.dumps({ disk: '/good' })
  assert.deepEqual([good[0]?.status, good[0]?.serverCrc, good[0]?.holdingPath], ['complete', crcOf(BYTES), undefined])
  assert.equal((await catalog.parts(good[0]?.id ?? dumpId(runId(''), '', '', 0))).length, 1)
  assert.equal((await catalog.dumps({ disk: '/direct' }))[0]?.nativeBytes, BYTES.length)
  assert.equal((await holding.list()).dumps.length, 0)
  assert.match(await readFile(`${dir}/log/log`, 'utf8'), /SUCCESS dumper client \/good \d{14} 0 /)
  const next = await server.queueRun({ kind: 'dump', reason: 'manual', selection: [{ host: 'client', disks: ['/good'] }] }).done
  assert.deepEqual([next.dumps[0]?.level, next.good], [1, 1])
})

test('after a crash the next start relists, keeps and fails what is due, says so, and a flush empties the holding disk', async (context) => {
  const { server, catalog, holding } = await bench(context, [entry('/good')])
  const run = '20260102030405' as RunId
  await catalog.putRun({ id: run, startedMs: 1, status: 'running', reason: 'schedule' })
  for (const disk of ['/lost', '/kept']) await catalog.putDump({ id: dumpId(run, 'client', disk, 0), run, host: 'client', disk, level: 0, status: 'running', startedMs: 1, nativeBytes: 0, storedBytes: 0, attempts: 1 })
  const header = (disk: string): DumpFileHeader => ({ kind: 'file', datestamp: run, host: 'client', disk, level: 0, compress: 'N', isEncrypted: false, program: '/bin/tar', isPartial: false, originalKib: 0, decryptCommand: '', uncompressCommand: '', recoverCommand: 'tar' })
  const unlisted = await holding.create(header('/unlisted'))
  await unlisted.write(Buffer.from(BYTES))
  await unlisted.finish({ originalKib: 293, serverCrc: crcOf(BYTES) })
  const kept = await holding.create(header('/kept'))
  await kept.write(Buffer.from(BYTES))
  await kept.sync()
  const actions = await server.start()
  assert.deepEqual(new Set(actions.map(({ kind }) => kind)), new Set(['dump-kept-partial', 'dump-relisted', 'dump-failed', 'flush-needed', 'run-marked-crashed']))
  assert.equal((await catalog.dump(dumpId(run, 'client', '/lost', 0)))?.status, 'failed')
  assert.equal((await catalog.dump(dumpId(run, 'client', '/kept', 0)))?.status, 'partial')
  assert.equal((await catalog.dump(dumpId(run, 'client', '/unlisted', 0)))?.status, 'complete')
  const flushed = await server.queueRun({ kind: 'flush', reason: 'manual', selection: [] }).done
  assert.equal(flushed.taped, 2, JSON.stringify(flushed.dumps))
  assert.equal((await holding.list()).dumps.length, 0)
  // The crash was only played: its file is still open.
  await kept.abandon()
})

test('what came whole without its last words stays until another try is good, and is what there is if none is', async (context) => {
  const { server, catalog, holding } = await bench(context, [{ ...entry('/mute-bad'), retries: 1 }, { ...entry('/mute-good'), retries: 1 }])
  await server.start()
  const summary = await server.queueRun({ kind: 'dump', reason: 'manual', selection: [] }).done
  assert.deepEqual([summary.good, summary.partial, summary.failed, summary.taped], [1, 1, 0, 2], JSON.stringify(summary.dumps))
  const [bad] = await catalog.dumps({ disk: '/mute-bad' })
  assert.deepEqual([bad?.status, bad?.attempts, bad?.storedBytes], ['partial', 2, ARCHIVE.length])
  assert.match(bad?.message ?? '', /^mesg read: Connection reset by peer; all of the archive arrived all the same: .* 2 members .*; tried again: no$/)
  const [good] = await catalog.dumps({ disk: '/mute-good' })
  assert.deepEqual([good?.status, good?.attempts, good?.serverCrc, good?.message], ['complete', 2, crcOf(BYTES), undefined])
  assert.equal((await holding.list()).dumps.length, 0)
})

test('a dump of which only some parts fit on the volumes of the run is still counted as left on the holding disk', async (context) => {
  const { server, holding, catalog } = await bench(context, [entry('/good')], { volumeBytes: 256 * 1024, partBytes: 128 * 1024 })
  await server.start()
  const summary = await server.queueRun({ kind: 'dump', reason: 'manual', selection: [] }).done
  assert.deepEqual([summary.good, summary.taped, summary.leftOnHolding], [1, 0, 1], JSON.stringify(summary.dumps))
  assert.equal((await holding.list()).dumps.length, 1)
  const [row] = await catalog.dumps({ disk: '/good' })
  assert.deepEqual([row?.status, row?.faultCode], ['complete', 'volumes-per-run'])
})

test('a dump that is expected to be stored small goes to a holding disk that is smaller than the disk', async (context) => {
  const { server, catalog } = await bench(context, [entry('/packed')], { useBytes: 50 * MIB })
  const run = '20260102030405' as RunId
  await catalog.putDump({ id: dumpId(run, 'client', '/packed', 0), run, host: 'client', disk: '/packed', level: 0, status: 'complete', outcome: 'good', startedMs: systemClock.wallMs() - 86_400_000, nativeBytes: PACKED_KIB * 1024, storedBytes: BYTES.length, attempts: 1 })
  await server.start()
  const summary = await server.queueRun({ kind: 'dump', reason: 'manual', selection: [] }).done
  assert.deepEqual(summary.dumps.map(({ to, attempt, status }) => [to, attempt, status]), [['holding', 1, 'complete']])
})

test('what failed carries the codes that its fault, message and lines have; what went well has none', async (context) => {
  const asked: unknown[] = []
  const { server } = await bench(context, [entry('/good'), entry('/bad')], {}, {
    codesOf: ({ faultCode, message }) => {
      asked.push([faultCode, message])
      return faultCode === undefined ? [] : [`code-of-${faultCode}`]
    },
  })
  await server.start()
  const { dumps } = await server.queueRun({ kind: 'dump', reason: 'manual', selection: [] }).done
  const [bad, good] = ['/bad', '/good'].map((disk) => dumps.find((dump) => dump.disk === disk))
  assert.deepEqual(bad?.doctorCodes, [`code-of-${bad?.faultCode ?? 'nothing'}`])
  assert.deepEqual([good?.faultCode, good?.doctorCodes], [undefined, []])
  assert.ok(asked.length > 0)
})

test('the report of each run is mailed before its result is given, that of a crashed run at the start; a mail that fails fails no run', async (context) => {
  const mailed: RunId[] = []
  let last: MailOutcome | undefined
  const { server, catalog } = await bench(context, [entry('/good')], {}, {
    reportMailer: {
      send: (run) => {
        mailed.push(run)
        return Promise.resolve((last = { run, atMs: 1, status: 'failed', message: 'nobody answers' }))
      },
      last: () => Promise.resolve(last),
    },
  })
  const crashed = '20260102030405' as RunId
  await catalog.putRun({ id: crashed, startedMs: 1, status: 'running', reason: 'schedule' })
  const told: unknown[] = []
  server.watch((event) => (event.kind === 'report-mailed' ? told.push([event.mail.run, event.mail.status]) : undefined))
  await server.start()
  const summary = await server.queueRun({ kind: 'dump', reason: 'manual', selection: [] }).done
  assert.deepEqual([summary.good, summary.failed], [1, 0])
  assert.deepEqual(mailed, [crashed, summary.run])
  assert.deepEqual(told, [[crashed, 'failed'], [summary.run, 'failed']])
  assert.equal((await server.snapshot()).lastMail?.message, 'nobody answers')
})
