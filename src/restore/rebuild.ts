// Makes the catalog, the tapelist and the index files again from the volumes, the holding disk and the vault alone. A dump is complete when its
// parts are numbered without a gap and their bytes have the checksum of the header; every byte is read, which also gives the names for
// the index. What a volume cannot tell (when a dump began, the agent's messages) stays unknown.

import { recordOfVaultDump } from '../catalog/vault-record.ts'
import type { Catalog, DumpId, DumpRecord, PartRecord, RunId } from '../catalog/contract.ts'
import { dumpId, runId } from '../catalog/ids.ts'
import { indexPath } from '../catalog/index-file/index-format.ts'
import type { ByteSource } from '../kernel/byte-stream.ts'
import { Fault, faultOf } from '../kernel/fault.ts'
import type { EventSink } from '../kernel/log.ts'
import type { ProcessRunner } from '../kernel/processes.ts'
import type { Changer } from '../storage/device.ts'
import type { Vault } from '../storage/vault/contract.ts'
import type { HoldingArea } from '../storage/holding/contract.ts'
import { parseDles } from '../wire/amanda/dle-reader.ts'
import { DUMP_HEADER_BYTES, type DumpFileHeader } from '../wire/amanda/dump-header.ts'
import type { TapelistEntry } from '../wire/amanda/tapelist.ts'
import type { ProgramPermit } from '../stream/permitted-programs.ts'
import type { IndexPlace } from './browse.ts'
import { describe, openDump, type DumpStores } from './fetch.ts'
import { unproven, writeIndexFromBytes } from './index-from-dump.ts'
import { isTarArchive } from '../wire/amanda/tar-dump.ts'
import { scanVolumes, type ScannedPart, type VolumeProblem } from './scan-volumes.ts'

export interface RebuildTools {
  readonly changers: readonly { readonly storage: string; readonly changer: Changer }[]
  readonly holding: HoldingArea
  /** Its dumps are listed by their manifests; nothing of them is read. */
  readonly vault?: Pick<Vault, 'dumps'>
  /** Where the rebuilt rows go; empty at the start. */
  readonly catalog: Catalog
  readonly index: IndexPlace
  readonly processes: ProcessRunner
  readonly events: EventSink<RebuildEvent>
  /** Programs that headers may name; undefined: the well-known ones. */
  readonly permits?: ProgramPermit
}

export type RebuildEvent =
  | { readonly kind: 'vaulted'; readonly dump: DumpRecord }
  | { readonly kind: 'volume'; readonly label: string; readonly slot: string }
  | { readonly kind: 'progress'; readonly dump: DumpRecord; readonly bytes: number }
  | { readonly kind: 'dump'; readonly dump: DumpRecord; readonly indexedNames: number | undefined }
  | { readonly kind: 'problem'; readonly what: string; readonly fault: Fault }

export interface RebuildResult {
  readonly volumes: number
  readonly completeDumps: number
  readonly partialDumps: number
  /** Of the complete dumps: those that are in the vault. Their indexes are made when somebody looks into them. */
  readonly vaultedDumps: number
  readonly indexedDumps: number
  /** For the tapelist, newest first; the caller writes the file. Volumes are reusable unless the old tapelist says otherwise. */
  readonly tapelist: readonly TapelistEntry[]
  readonly problems: readonly { readonly what: string; readonly fault: Fault }[]
}

/** Rebuilds everything. Rejects only when the catalog or the index directory cannot be written, or with `cancelled`. */
export async function rebuildCatalog(tools: RebuildTools, signal: AbortSignal): Promise<RebuildResult> {
  const rebuild = new Rebuild(tools, signal)
  await rebuild.readVolumes()
  await rebuild.readHolding()
  await rebuild.readDumps()
  await rebuild.readVault()
  return rebuild.result()
}

interface FoundDump {
  /** One that has the checksum of the whole, if any part has: of a dump that was not held only the last one does. */
  header: DumpFileHeader
  /** By part number, each with the timestamp of its volume. */
  readonly parts: Map<number, { readonly part: PartRecord; readonly writtenBy: string }>
  holdingPath: string | undefined
}

class Rebuild {
  readonly #tools: RebuildTools
  readonly #signal: AbortSignal
  readonly #dumps = new Map<string, FoundDump>()
  readonly #runs = new Set<RunId>()
  readonly #tapelist: TapelistEntry[] = []
  readonly #problems: { what: string; fault: Fault }[] = []
  /** One that is partial on volumes is complete when the vault has it. */
  readonly #complete = new Set<DumpId>()
  readonly #partial = new Set<DumpId>()
  #vaultedDumps = 0
  #indexedDumps = 0

  constructor(tools: RebuildTools, signal: AbortSignal) {
    this.#tools = tools
    this.#signal = signal
  }

  async readVolumes(): Promise<void> {
    const labels = new Set<string>()
    const bytesOf = new Map<string, number>()
    await scanVolumes(
      this.#tools.changers,
      {
        volume: async (volume) => {
          if (labels.has(volume.label)) throw new Fault('volume-foreign', `the label ${volume.label} is on two volumes; the one in ${volume.slot} is left out`, { next: 'Take one of the two volumes out of the storage.' })
          labels.add(volume.label)
          this.#tools.events({ kind: 'volume', label: volume.label, slot: volume.slot })
          const { usedBytes } = await volume.device.statistics()
          bytesOf.set(volume.label, usedBytes)
          const isWritten = /^\d{14}$/.test(volume.datestamp)
          const record = { label: volume.label, storage: volume.storage, slot: volume.slot, bytes: usedBytes, isReusable: true }
          await this.#tools.catalog.putVolume(isWritten ? { ...record, run: runId(volume.datestamp) } : record)
          this.#tapelist.push({ datestamp: volume.datestamp === 'X' ? '0' : volume.datestamp, label: volume.label, isReusable: true, blockKib: DUMP_HEADER_BYTES / 1024, pool: volume.storage, storage: volume.storage })
        },
        part: (part) => {
          this.#takePart(part)
          return Promise.resolve()
        },
        problem: (problem) => this.#problem(describeProblem(problem), problem.fault),
      },
      this.#signal,
    )
    this.#checkCancelled()
  }

  async readHolding(): Promise<void> {
    const { dumps, problems } = await this.#tools.holding.list()
    for (const problem of problems) this.#problem(problem.path, problem.fault)
    for (const held of dumps) this.#found(held.header).holdingPath = held.path
  }

  /** A dump that is on volumes as well is listed as in the vault: there it is restored in one step. */
  async readVault(): Promise<void> {
    for (const dump of (await this.#tools.vault?.dumps()) ?? []) {
      this.#checkCancelled()
      try {
        const record = recordOfVaultDump(dump)
        await this.#noteRun(record.run)
        await this.#tools.catalog.putDump(record)
        this.#vaultedDumps++
        this.#complete.add(record.id)
        this.#partial.delete(record.id)
        this.#tools.events({ kind: 'vaulted', dump: record })
      } catch (error) {
        const fault = faultOf(error)
        // What is written to the catalog must be written; what a manifest says may be wrong.
        if (fault.code !== 'wire-malformed' && fault.code !== 'header-mismatch') throw fault
        this.#problem(`manifest ${dump.manifest}`, fault)
      }
    }
  }

  async #noteRun(run: RunId): Promise<void> {
    if (!this.#runs.has(run)) await this.#tools.catalog.putRun({ id: run, startedMs: dateMs(run), status: 'done', reason: 'manual' })
    this.#runs.add(run)
  }

  async readDumps(): Promise<void> {
    const found = [...this.#dumps.values()].toSorted((a, b) => (a.header.datestamp < b.header.datestamp ? -1 : 1))
    for (const dump of found) {
      this.#checkCancelled()
      await this.#noteRun(runId(dump.header.datestamp))
      await this.#readDump(dump)
    }
  }

  result(): RebuildResult {
    return {
      volumes: this.#tapelist.length,
      completeDumps: this.#complete.size,
      partialDumps: this.#partial.size,
      vaultedDumps: this.#vaultedDumps,
      indexedDumps: this.#indexedDumps,
      tapelist: this.#tapelist.toSorted((a, b) => (a.datestamp < b.datestamp ? 1 : a.datestamp > b.datestamp ? -1 : 0)),
      problems: this.#problems,
    }
  }

  #checkCancelled(): void {
    if (this.#signal.aborted) throw new Fault('cancelled', 'the rebuild was cancelled')
  }

  #problem(what: string, fault: Fault): void {
    this.#problems.push({ what, fault })
    this.#tools.events({ kind: 'problem', what, fault })
  }

  #found(header: DumpFileHeader): FoundDump {
    const id = dumpId(runId(header.datestamp), header.host, header.disk, header.level)
    const found = this.#dumps.get(id) ?? { header, parts: new Map<number, { part: PartRecord; writtenBy: string }>(), holdingPath: undefined }
    this.#dumps.set(id, found)
    return found
  }

  #takePart({ volume, fileNumber, header, reader }: ScannedPart): void {
    const found = this.#found(header)
    const dump = dumpId(runId(header.datestamp), header.host, header.disk, header.level)
    const partNumber = header.part?.number ?? 1
    // A failed attempt leaves parts behind, and the dump is written again by a later run: the newest volume counts.
    const other = found.parts.get(partNumber)
    if (other !== undefined && other.writtenBy > volume.datestamp) return
    if (header.serverCrc !== undefined) found.header = header
    found.parts.set(partNumber, { part: { dump, partNumber, label: volume.label, fileNumber, bytes: reader.bytes }, writtenBy: volume.datestamp })
  }

  async #readDump(found: FoundDump): Promise<void> {
    const { header } = found
    const parts = partsOf(found)
    const draft = recordOf(found, parts)
    const { catalog } = this.#tools
    if (parts.length > 0) await catalog.putTapedDump(draft, parts)
    else await catalog.putDump(draft)
    try {
      const indexedNames = await this.#readThrough(draft, header)
      if (indexedNames !== undefined) this.#indexedDumps++
      if (draft.status === 'complete') this.#complete.add(draft.id)
      else this.#partial.add(draft.id)
      this.#tools.events({ kind: 'dump', dump: draft, indexedNames })
    } catch (error) {
      const fault = faultOf(error)
      this.#checkCancelled()
      this.#problem(describe(draft), fault)
      const partial: DumpRecord = { ...draft, status: 'partial', faultCode: fault.code, message: fault.message }
      await catalog.putDump(partial)
      this.#partial.add(draft.id)
      this.#tools.events({ kind: 'dump', dump: partial, indexedNames: undefined })
    }
  }

  /** Reads all of a dump and writes its index, when it is an archive of tar. Returns the number of names. */
  async #readThrough(record: DumpRecord, header: DumpFileHeader): Promise<number | undefined> {
    const stores: DumpStores = { catalog: this.#tools.catalog, holding: this.#tools.holding, changers: this.#tools.changers.map(({ changer }) => changer), permits: this.#tools.permits }
    const fetched = await openDump(stores, record)
    const isProven = fetched.storedCrc !== undefined
    if (!isTarArchive(header)) {
      await this.#drain(record, fetched.stored, () => Promise.resolve())
      if (!isProven) throw unproven(record)
      return undefined
    }
    const onBytes = (bytes: number): void => {
      this.#checkCancelled()
      this.#tools.events({ kind: 'progress', dump: record, bytes })
    }
    const path = indexPath(this.#tools.index.directory, record)
    return await writeIndexFromBytes({ stores, processes: this.#tools.processes, index: this.#tools.index, onBytes }, record, fetched, path)
  }

  async #drain(record: DumpRecord, source: ByteSource, take: (piece: Uint8Array) => Promise<void>): Promise<void> {
    let bytes = 0
    for (let piece = await source.read(); piece !== null; piece = await source.read()) {
      this.#checkCancelled()
      bytes += piece.length
      await take(piece)
      this.#tools.events({ kind: 'progress', dump: record, bytes })
    }
  }
}

/** In order, and without those beyond the end of the dump, which a longer attempt that failed has left. */
function partsOf({ header, parts }: FoundDump): PartRecord[] {
  const sorted = [...parts.values()].map(({ part }) => part).toSorted((a, b) => a.partNumber - b.partNumber)
  if (header.serverCrc === undefined) return sorted
  const totalBytes = Number(header.serverCrc.slice(header.serverCrc.indexOf(':') + 1))
  let bytes = 0
  const end = sorted.findIndex((part) => (bytes += part.bytes) >= totalBytes)
  return end < 0 ? sorted : sorted.slice(0, end + 1)
}

function describeProblem(problem: VolumeProblem): string {
  return `${problem.label ?? problem.slot}${problem.fileNumber === undefined ? '' : ` file ${problem.fileNumber}`}`
}

/** Milliseconds of a run's timestamp, which is local time; an unreadable one is 0. */
function dateMs(run: RunId): number {
  const match = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(run)
  return match === null ? 0 : new Date(Number(match[1]), Number(match[2]) - 1, Number(match[3]), Number(match[4]), Number(match[5]), Number(match[6])).getTime()
}

/**
 * The run that the dump builds on, as the request in its header says. Undefined for a full, for stock Amanda's dumps, whose requests do not
 * name it, and where the header has no request (it did not fit, or is damaged): the restore then takes the newest dump of a lower level.
 */
function baseRunOf({ level, dleXml, disk }: DumpFileHeader): RunId | undefined {
  if (level === 0 || dleXml === undefined) return undefined
  try {
    const baseRun = parseDles(dleXml).find((dle) => dle.disk === disk)?.baseRun
    return baseRun === undefined ? undefined : runId(baseRun)
  } catch {
    return undefined
  }
}

function recordOf(found: FoundDump, parts: readonly PartRecord[]): DumpRecord {
  const { header, holdingPath } = found
  const isWhole = holdingPath !== undefined || parts.every((part, index) => part.partNumber === index + 1)
  const run = runId(header.datestamp)
  const baseRun = baseRunOf(header)
  return {
    id: dumpId(run, header.host, header.disk, header.level),
    run,
    ...(baseRun === undefined ? {} : { baseRun }),
    host: header.host,
    disk: header.disk,
    level: header.level,
    status: header.isPartial || !isWhole ? 'partial' : 'complete',
    outcome: 'good',
    startedMs: dateMs(run),
    nativeBytes: header.nativeCrc === undefined ? header.originalKib * 1024 : Number(header.nativeCrc.slice(9)),
    storedBytes: parts.reduce((sum, part) => sum + part.bytes, 0),
    ...(header.nativeCrc === undefined ? {} : { nativeCrc: header.nativeCrc }),
    ...(header.clientCrc === undefined ? {} : { clientCrc: header.clientCrc }),
    ...(header.serverCrc === undefined ? {} : { serverCrc: header.serverCrc }),
    ...(holdingPath === undefined ? {} : { holdingPath }),
    attempts: 1,
  }
}
