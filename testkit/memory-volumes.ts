// Volumes and a holding disk in memory for tests of what reads them: a changer with labelled volumes, and a catalog that knows them.

import type { DumpRecord, PartRecord } from '../src/catalog/contract.ts'
import { dumpId, runId } from '../src/catalog/ids.ts'
import { inPlaceCatalog, SqliteCatalog } from '../src/catalog/sqlite.ts'
import { readAll, sourceOf } from '../src/kernel/byte-stream.ts'
import { Fault } from '../src/kernel/fault.ts'
import { nodeProcesses } from '../src/kernel/node-processes.ts'
import type { Changer, Device } from '../src/storage/device.ts'
import type { HoldingArea } from '../src/storage/holding/contract.ts'
import { RunningCrc32c } from '../src/stream/crc32c.ts'
import { filtersAt, headerFilterFields, type CompressChoice } from '../src/stream/dump-filters.ts'
import { startFilters } from '../src/stream/filter.ts'
import type { DumpFileHeader, DumpHeader } from '../src/wire/amanda/dump-header.ts'

export interface MemoryPart {
  header: DumpHeader
  data: Buffer
}

export interface MemoryVolumes {
  readonly catalog: ReturnType<typeof inPlaceCatalog>
  readonly changer: Changer
  readonly holding: HoldingArea
  /** Files of each volume by label, file 1 first. */
  readonly files: ReadonlyMap<string, MemoryPart[]>
  /** Puts a dump in parts on alternating volumes and in the catalog. */
  addDump(dump: { run: string; host: string; disk: string; level: number; baseRun?: string; data: Buffer; compress?: CompressChoice; application?: string; isPartial?: boolean; /** Lines of the disk's XML. */ dleLines?: string }): Promise<DumpRecord>
}

const LABELS = ['VOL-1', 'VOL-2']
const PART_BYTES = 100_000

export function crcText(bytes: Uint8Array): string {
  const crc = new RunningCrc32c()
  crc.update(bytes)
  return crc.text()
}

function memoryDevice(label: string, files: MemoryPart[]): Device {
  const refuse = (): never => {
    throw new Fault('volume-read-only', 'volumes in memory are filled by the test')
  }
  return {
    name: `memory ${label}`,
    state: () => Promise.resolve({ kind: 'labelled', label, datestamp: '20260101000000' }),
    writeLabel: refuse,
    createPart: refuse,
    openPart(fileNumber) {
      const file = files[fileNumber - 1]
      if (file === undefined) return Promise.resolve(undefined)
      return Promise.resolve({ header: file.header, bytes: file.data.length, read: (offset = 0, length = file.data.length) => sourceOf(file.data.subarray(offset, offset + length)), [Symbol.asyncDispose]: () => Promise.resolve() })
    },
    listParts: () => Promise.resolve(files.map((file, index) => ({ fileNumber: index + 1, bytes: file.data.length }))),
    statistics: () => Promise.resolve({ usedBytes: 0, capacityBytes: undefined }),
  }
}

/** A holding disk with nothing on it. */
export function emptyHolding(): HoldingArea {
  const refuse = (): Promise<never> => Promise.reject(new Fault('file-missing', 'nothing is held'))
  return {
    create: refuse,
    list: () => Promise.resolve({ dumps: [], problems: [] }),
    open: refuse,
    remove: refuse,
    recover: () => Promise.resolve([]),
    rooms: () => Promise.resolve([]), freeBytes: () => Promise.resolve(0),
    claim: () => Promise.resolve(),
    release: () => Promise.resolve(),
  }
}

export function createMemoryVolumes(): MemoryVolumes {
  const catalog = inPlaceCatalog(new SqliteCatalog(':memory:'))
  const files = new Map<string, MemoryPart[]>(LABELS.map((label) => [label, []]))
  const slotOf = (label: string): string => `slot${LABELS.indexOf(label) + 1}`
  const changer: Changer = {
    name: 'memory',
    slots: () => Promise.resolve(LABELS.map(slotOf)),
    device(slot) {
      const label = LABELS.find((each) => slotOf(each) === slot) ?? ''
      return Promise.resolve(memoryDevice(label, files.get(label) ?? []))
    },
    setCurrent: () => Promise.resolve(),
  }
  return {
    catalog,
    changer,
    holding: emptyHolding(),
    files,
    async addDump({ run, host, disk, level, baseRun, data, compress = { kind: 'none' }, application, isPartial = false, dleLines = '' }) {
      const none = { kind: 'none' } as const
      const stored = Buffer.from(await readAll((await startFilters(sourceOf(data), [...filtersAt('client', compress, none), ...filtersAt('server', compress, none)], nodeProcesses)).output, 1 << 30))
      const header: DumpFileHeader = {
        kind: 'split-file', datestamp: run, host, disk, level, program: application === undefined ? '/bin/tar' : 'APPLICATION', ...(application === undefined ? {} : { application }), isPartial,
        originalKib: Math.ceil(data.length / 1024), nativeCrc: crcText(data), clientCrc: crcText(stored), serverCrc: crcText(stored), recoverCommand: '/bin/tar -xpGf - ...', ...headerFilterFields(compress, none),
        dleXml: `<dle>\n  <program>GNUTAR</program>\n  <disk>${disk}</disk>\n  <level>${level}</level>\n${baseRun === undefined ? '' : `  <dumpdate>${baseRun}</dumpdate>\n`}${dleLines}</dle>`,
      }
      const record: DumpRecord = {
        id: dumpId(runId(run), host, disk, level), run: runId(run), host, disk, level, ...(baseRun === undefined ? {} : { baseRun: runId(baseRun) }), status: isPartial ? 'partial' : 'complete', outcome: 'good',
        startedMs: 0, nativeBytes: data.length, storedBytes: stored.length, nativeCrc: crcText(data), serverCrc: crcText(stored), attempts: 1,
      }
      const parts: PartRecord[] = []
      for (let start = 0; start === 0 || start < stored.length; start += PART_BYTES) {
        const label = LABELS[parts.length % LABELS.length] ?? ''
        const volume = files.get(label) ?? []
        const piece = stored.subarray(start, start + PART_BYTES)
        volume.push({ header: { ...header, part: { number: parts.length + 1, total: -1 } }, data: piece })
        parts.push({ dump: record.id, partNumber: parts.length + 1, label, fileNumber: volume.length, bytes: piece.length })
      }
      for (const label of LABELS) await catalog.putVolume({ label, storage: 'memory', slot: slotOf(label), bytes: 0, isReusable: true })
      await catalog.putTapedDump(record, parts)
      return record
    },
  }
}
