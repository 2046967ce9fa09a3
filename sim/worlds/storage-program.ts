// The program of the storage world: one run of a server reduced to what touches disks. It recovers, dumps every disk to the holding area, at
// once and with COMMITs, and tapes what is held. All storage code in it is production code; it tells the oracle what it was promised.

import { dumpId, runId } from '../../src/catalog/ids.ts'
import type { Catalog, DumpId, DumpRecord } from '../../src/catalog/contract.ts'
import type { Clock } from '../../src/kernel/clock.ts'
import type { Disk } from '../../src/kernel/disk.ts'
import { Fault, faultOf } from '../../src/kernel/fault.ts'
import { silentLog } from '../../src/kernel/log.ts'
import type { Random } from '../../src/kernel/random.ts'
import { recordOfHeld } from '../../src/server/run/record-of-held.ts'
import { openRunLog } from '../../src/server/taper/run-log-file.ts'
import { openTapelistFile } from '../../src/server/taper/tapelist-file.ts'
import { createTaper } from '../../src/server/taper/taper.ts'
import type { TapeOutcome, Taper } from '../../src/server/taper/contract.ts'
import type { HoldingArea, HoldingWriter } from '../../src/storage/holding/contract.ts'
import { createHoldingArea } from '../../src/storage/holding/holding-area.ts'
import { createVtapeChanger } from '../../src/storage/vtape/vtape-changer.ts'
import { RunningCrc32c } from '../../src/stream/crc32c.ts'
import type { DumpFileHeader } from '../../src/wire/amanda/dump-header.ts'
import { taperRow } from './step-coverage.ts'
import type { Places, StorageOracle } from './storage-oracle.ts'

const KIB = 1024
const NEVER = new AbortController().signal
export const STORAGE_DISKS = ['/', '/home', '/srv/data']

export interface StorageParts {
  readonly run: string
  readonly clock: Clock
  readonly disk: Disk
  readonly catalog: Catalog
  readonly random: Random
  readonly places: Places
  readonly oracle: StorageOracle
  readonly dumpBytesMax: number
  readonly level: (disk: string) => number
  readonly state: (name: string) => void
  /** Runs as soon as a promise has been made: looks at the durable image. */
  readonly promised: (id: DumpId, what: string) => Promise<void>
}

/** Makes the directories that `holdfast init` makes. */
export async function layOut(disk: Disk, places: Places): Promise<void> {
  for (const dir of ['/state/log', '/state/cache', ...places.holding.map(({ directory }) => directory)]) await disk.makeDir(dir)
  for (let slot = 1; slot <= places.storage.slotCount; slot++) await disk.makeDir(`${places.storage.directory}/slot${slot}`)
  for (const dir of ['/', '/state', '/holding', places.storage.directory, ...places.holding.map(({ directory }) => directory)]) await disk.syncDir(dir)
}

/** Says what became of each disk. Rejects with the Fault of what failed outside a dump. */
export async function runStorage(parts: StorageParts): Promise<readonly string[]> {
  const { disk, catalog, places, run, state } = parts
  const holding = createHoldingArea(disk, places.holding, silentLog)
  const outcomes: string[] = []
  const recovered = await holding.recover(true)
  for (const { kind } of recovered) state(`recovered ${kind}`)
  const changer = createVtapeChanger(disk, places.storage)
  await using runLog = await openRunLog(disk, '/state/log', run)
  await runLog.append({ type: 'INFO', program: 'driver', text: 'driver pid 1' })
  await using taper = createTaper({
    run: runId(run), organisation: 'sim', configName: 'sim', storage: places.storage, changer, catalog, holding, disk, clock: parts.clock, log: silentLog, cacheDir: '/state/cache',
    tapelist: openTapelistFile(disk, '/state/tapelist', 1), runLog, tapePartials: false, onEvent: ({ kind }) => state(`taper ${kind}`), onStep: (...step) => state(taperRow(...step)),
  })
  await settleLeftovers(catalog, holding, taper, parts)
  await holding.claim(run, 1)
  const dumps = await Promise.all(STORAGE_DISKS.map((name) => dumpOne(name, holding, parts)))
  for (const record of dumps) {
    if (record === undefined) continue
    const outcome = await taper.tape({ source: { kind: 'holding', path: record.holdingPath ?? '' }, record }, NEVER)
    outcomes.push(await noteTaped(record, outcome, parts))
  }
  await holding.release(run)
  return outcomes
}

/** What an earlier run left: rows that never ended, dumps that wait for a volume. */
async function settleLeftovers(catalog: Catalog, holding: HoldingArea, taper: Taper, parts: StorageParts): Promise<void> {
  const { dumps } = await holding.list()
  const held = new Map(dumps.map((dump) => [dumpId(runId(dump.header.datestamp), dump.header.host, dump.header.disk, dump.header.level), dump]))
  for (const record of await catalog.dumps({ status: 'running' })) {
    const dump = held.get(record.id)
    const found = dump === undefined ? { status: 'failed' as const } : { status: dump.header.isPartial ? ('partial' as const) : ('complete' as const), holdingPath: dump.path }
    parts.state(`leftover ${found.status}`)
    await catalog.putDump({ ...record, ...found })
  }
  for (const dump of dumps) {
    const id = dumpId(runId(dump.header.datestamp), dump.header.host, dump.header.disk, dump.header.level)
    const known = await catalog.dump(id)
    const record = known ?? recordOfHeld(dump, id, parts.clock.wallMs())
    if (known === undefined) {
      // It could not be removed when it was on volumes, and those have been written over since: listed again, as the server's recovery does it.
      parts.state('leftover forgotten')
      await catalog.putDump(record)
    }
    if ((await catalog.parts(record.id)).length > 0) {
      await holding.remove(dump.path)
      parts.state('leftover already taped')
    } else await noteTaped(record, await taper.tape({ source: { kind: 'holding', path: dump.path }, record }, NEVER), parts)
  }
}

async function noteTaped(record: DumpRecord, outcome: TapeOutcome, parts: StorageParts): Promise<string> {
  parts.state(outcome.kind === 'failed' ? `taping failed ${outcome.fault.code}` : `taping ${outcome.kind}`)
  if (outcome.kind === 'failed' && outcome.fault.code === 'internal') throw outcome.fault
  if (outcome.kind === 'taped') await parts.promised(record.id, 'was taped')
  return `${record.disk} ${outcome.kind}`
}

function headerOf(record: DumpRecord): DumpFileHeader {
  return {
    kind: 'file', datestamp: record.run, host: record.host, disk: record.disk, level: record.level, compress: 'N', isEncrypted: false, program: '/bin/tar', isPartial: false, originalKib: 0,
    decryptCommand: '', uncompressCommand: '', recoverCommand: '/bin/tar -xpGf - ...',
  }
}

async function dumpOne(name: string, holding: HoldingArea, parts: StorageParts): Promise<DumpRecord | undefined> {
  const { catalog, oracle, random, clock, state } = parts
  const run = runId(parts.run)
  const level = parts.level(name)
  const record: DumpRecord = { id: dumpId(run, 'client', name, level), run, host: 'client', disk: name, level, status: 'running', startedMs: clock.wallMs(), nativeBytes: 0, storedBytes: 0, attempts: 1 }
  oracle.plan(record, 1 + random.int(parts.dumpBytesMax), random)
  await catalog.putDump(record)
  let writer: HoldingWriter | undefined
  try {
    writer = await holding.create(headerOf(record))
    await writeData(writer, record, parts)
    const crc = new RunningCrc32c()
    crc.update(oracle.bytesOf(record.id))
    const held = await writer.finish({ originalKib: Math.ceil(crc.bytes / KIB), nativeCrc: crc.text(), clientCrc: crc.text(), serverCrc: crc.text() })
    oracle.done(record.id)
    const complete: DumpRecord = { ...record, status: 'complete', holdingPath: held.path, storedBytes: held.bytes, serverCrc: crc.text() }
    await catalog.putDump(complete)
    state('dump done')
    await parts.promised(record.id, 'was reported done')
    return complete
  } catch (error) {
    const fault = faultOf(error)
    if (fault.code === 'internal') throw error
    state(`dump failed ${fault.code}`)
    await giveUp(writer, record, fault, parts)
    return undefined
  }
}

async function writeData(writer: HoldingWriter, record: DumpRecord, parts: StorageParts): Promise<void> {
  const data = parts.oracle.bytesOf(record.id)
  for (let at = 0; at < data.length; ) {
    const end = Math.min(data.length, at + 1 + parts.random.int(40 * KIB))
    await writer.write(data.subarray(at, end))
    at = end
    if (parts.random.int(4) === 0) {
      parts.oracle.committed(record.id, await writer.sync())
      parts.state('dump committed')
      await parts.promised(record.id, 'was committed')
    }
  }
}

async function giveUp(writer: HoldingWriter | undefined, record: DumpRecord, fault: Fault, parts: StorageParts): Promise<void> {
  const failed: DumpRecord = { ...record, status: 'failed', faultCode: fault.code }
  try {
    if (writer !== undefined && parts.random.int(2) === 0) {
      const kept = await writer.keepPartial()
      parts.state(kept === undefined ? 'partial empty' : 'partial kept')
      if (kept === undefined) parts.oracle.givenUp(record.id)
      return await parts.catalog.putDump(kept === undefined ? failed : { ...failed, status: 'partial', holdingPath: kept.path })
    }
  } catch (error) {
    if (faultOf(error).code === 'internal') throw error
    parts.state(`partial failed ${faultOf(error).code}`)
  }
  parts.oracle.givenUp(record.id)
  await writer?.abandon()
  await parts.catalog.putDump(failed)
}
