// What the storage world knows to be true of each dump, and the judgement of a disk image against it: what was called done, committed or
// listed must be read back from the durable image, through the production readers, with the right bytes.

import { dumpId } from '../../src/catalog/ids.ts'
import type { Catalog, DumpId, DumpRecord, RunId } from '../../src/catalog/contract.ts'
import type { VtapeStorageConfig } from '../../src/config/resolved.ts'
import { faultOf } from '../../src/kernel/fault.ts'
import { silentLog } from '../../src/kernel/log.ts'
import type { Random } from '../../src/kernel/random.ts'
import { openDump, type DumpStores, type FetchedDump } from '../../src/restore/fetch.ts'
import type { HeldDump, HoldingDiskLimits } from '../../src/storage/holding/contract.ts'
import { createHoldingArea } from '../../src/storage/holding/holding-area.ts'
import { createVtapeChanger } from '../../src/storage/vtape/vtape-changer.ts'
import { instantDisk } from '../disk.ts'
import type { DiskImage } from '../disk-image.ts'
import { DurableParts, heldPart, partOfPath, pathsOf, readCatalog, volumeFileOf } from '../durable-parts.ts'
import { fail } from '../world.ts'

const POOL_BYTES = 1 << 20

/** Where the dumps of the world lie. */
export interface Places {
  readonly holding: readonly HoldingDiskLimits[]
  readonly storage: VtapeStorageConfig
}

interface Known {
  readonly record: DumpRecord
  readonly offset: number
  readonly bytes: number
  /** Bytes that a COMMIT has counted. */
  committedBytes: number
  /** The dump was reported done. */
  isDone: boolean
  /** Retention let it go: it need not be there any more. */
  isExcused: boolean
  /** A bit of it was flipped there: it may be called damaged, but not taken for good if it is not. */
  isDamagedOnHolding: boolean
  isDamagedOnVolumes: boolean
  /** Everything that the last judgement depended on. */
  judged: string
}

export class StorageOracle {
  readonly #pool: Buffer
  readonly #places: Places
  readonly #known = new Map<DumpId, Known>()

  constructor(random: Random, places: Places) {
    this.#pool = Buffer.from(random.bytes(4096))
    while (this.#pool.length < POOL_BYTES) this.#pool = Buffer.concat([this.#pool, this.#pool])
    this.#places = places
  }

  /** Data of a new dump. */
  plan(record: DumpRecord, bytes: number, random: Random): void {
    this.#known.set(record.id, { record, offset: random.int(POOL_BYTES - bytes), bytes, committedBytes: 0, isDone: false, isExcused: false, isDamagedOnHolding: false, isDamagedOnVolumes: false, judged: '' })
  }

  bytesOf(id: DumpId): Buffer {
    const { offset, bytes } = this.#get(id)
    return this.#pool.subarray(offset, offset + bytes)
  }

  committed(id: DumpId, bytes: number): void {
    this.#get(id).committedBytes = bytes
  }

  done(id: DumpId): void {
    this.#get(id).isDone = true
  }

  /** The dump was given up with a clear outcome: what was committed of it is owed to nobody. */
  givenUp(id: DumpId): void {
    this.#get(id).committedBytes = 0
  }

  /** A volume is about to be emptied. Fails when retention forbids it. */
  async erased(label: string, catalog: Catalog): Promise<void> {
    const ids = new Set((await catalog.partsOnVolume(label)).map((part) => part.dump))
    for (const id of ids) {
      const known = this.#known.get(id)
      if (known === undefined) continue
      const newer = (await catalog.dumps({ host: known.record.host, disk: known.record.disk, status: 'complete' })).filter((dump) => dump.level === 0 && dump.run > known.record.run)
      if (newer.length < this.#places.storage.retainFulls) fail(`${label} is overwritten, and ${id} on it is needed: only ${newer.length} newer fulls`)
      known.isExcused = true
    }
  }

  /** A bit of the file at `path` was flipped. Says what was hit. */
  async damaged(path: string, image: DiskImage, catalog: Catalog): Promise<string> {
    const file = volumeFileOf(path)
    if (file === undefined) {
      const part = partOfPath(path)
      for (const known of this.#known.values()) if (heldPart(known.record) === part) known.isDamagedOnHolding = true
      return path
    }
    const label = new DurableParts(image).labelOf(file.slot)
    const hit = label === undefined ? undefined : (await catalog.partsOnVolume(label)).find(({ fileNumber }) => fileNumber === file.fileNumber)
    const known = hit === undefined ? undefined : this.#known.get(hit.dump)
    if (known !== undefined) known.isDamagedOnVolumes = true
    return `${path} ${hit?.dump ?? 'of no dump'}`
  }

  isDamagedOnHolding(id: DumpId): boolean {
    return this.#known.get(id)?.isDamagedOnHolding ?? true
  }

  /** What is promised must durably be in `image`: of all dumps that have changed since they were last judged, or of one. */
  async verify(image: DiskImage, catalog: Catalog, when: string, only?: DumpId): Promise<void> {
    const view = await readCatalog(catalog)
    const durable = new DurableParts(image)
    for (const id of view.rows.keys()) if (!this.#known.has(id)) fail(`${when}: the catalog lists ${id}, which nobody dumped`)
    const wanted = new Set<string>()
    const judged: Known[] = []
    for (const known of this.#known.values()) {
      if (known.isExcused || (only !== undefined && known.record.id !== only)) continue
      const rows = view.partsOf(known.record.id)
      const parts = [heldPart(known.record), ...rows.flatMap(({ label }) => durable.slotOf(label) ?? [])]
      const now = [view.rows.get(known.record.id)?.status, known.isDone, known.committedBytes, JSON.stringify(rows), ...parts.map((part) => durable.contentOf(part))].join('|')
      if (now === known.judged) continue
      known.judged = now
      judged.push(known)
      for (const part of parts) wanted.add(part)
    }
    if (judged.length === 0) return
    const disk = instantDisk(image.durableCopy(pathsOf(wanted)))
    const holding = createHoldingArea(disk, this.#places.holding, silentLog)
    await holding.recover(true)
    const { dumps: held } = await holding.list()
    const stores: DumpStores = { catalog: view, holding, changers: [createVtapeChanger(disk, this.#places.storage)] }
    for (const known of judged) await this.#judge(known, stores, held, view.rows.get(known.record.id) ?? known.record, view.partsOf(known.record.id).length > 0, when)
  }

  async #judge(known: Known, stores: DumpStores, held: readonly HeldDump[], row: DumpRecord, isTaped: boolean, when: string): Promise<void> {
    const { id } = known.record
    const { holdingPath: _holdingPath, ...record } = row
    if (isTaped) await this.#compare(known, `${when}: ${id} on volumes`, () => openDump(stores, record), row.status !== 'complete', known.isDamagedOnVolumes)
    const dump = held.find(({ header }) => dumpId(header.datestamp as RunId, header.host, header.disk, header.level) === id)
    if (dump !== undefined) await this.#compare(known, `${when}: ${id} on the holding disk`, () => openDump(stores, { ...record, holdingPath: dump.path }), dump.header.isPartial, known.isDamagedOnHolding)
    if (isTaped || known.isDamagedOnHolding) return
    if ((known.isDone || row.status === 'complete') && (dump === undefined || dump.header.isPartial)) fail(`${when}: ${id} was reported done and is gone`)
    if (!known.isDone && known.committedBytes > 0 && (dump?.bytes ?? 0) < known.committedBytes) fail(`${when}: ${known.committedBytes} bytes of ${id} were committed, ${dump?.bytes ?? 0} are durable`)
  }

  #get(id: DumpId): Known {
    return this.#known.get(id) ?? fail(`nobody planned ${id}`)
  }

  /** Bytes that end well are those that were dumped: all of them, or of a partial dump the first. Only damage may end them otherwise. */
  async #compare(known: Known, what: string, open: () => Promise<FetchedDump>, isPartial: boolean, isDamaged: boolean): Promise<void> {
    const expected = this.#pool.subarray(known.offset, known.offset + known.bytes)
    let at = 0
    let isWrong = false
    let isUnproven = false
    try {
      const { stored, header, record } = await open()
      isUnproven = header.serverCrc === undefined && record.serverCrc === undefined
      for (let piece = await stored.read(); piece !== null; piece = await stored.read()) {
        isWrong ||= Buffer.compare(piece, expected.subarray(at, at + piece.length)) !== 0
        at += piece.length
      }
    } catch (error) {
      if (!isDamaged) fail(`${what} cannot be read: ${faultOf(error).message}`)
      return
    }
    // Verify calls it unproven, and so do we.
    if (isUnproven && (known.isDamagedOnHolding || known.isDamagedOnVolumes)) return
    if (isWrong) fail(`${what} is read without complaint and has other bytes than were dumped`)
    if (!isPartial && at !== expected.length) fail(`${what} has ${at} bytes instead of ${expected.length}`)
  }
}
