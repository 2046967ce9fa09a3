// What the storage world knows to be true of each dump, and the judgement of a disk image against it: what was called done, committed or
// listed must be read back from the durable image, through the production readers, with the right bytes.

import { dumpId } from '../../src/catalog/ids.ts'
import type { Catalog, DumpId, DumpRecord, PartRecord, RunId } from '../../src/catalog/contract.ts'
import type { StorageConfig } from '../../src/config/resolved.ts'
import type { ByteSource } from '../../src/kernel/byte-stream.ts'
import { faultOf } from '../../src/kernel/fault.ts'
import { silentLog } from '../../src/kernel/log.ts'
import type { Random } from '../../src/kernel/random.ts'
import type { Changer, Device } from '../../src/storage/device.ts'
import type { HoldingDiskLimits } from '../../src/storage/holding/contract.ts'
import { createHoldingArea } from '../../src/storage/holding/holding-area.ts'
import { createVtapeChanger } from '../../src/storage/vtape/vtape-changer.ts'
import { instantDisk } from '../disk.ts'
import type { DiskImage } from '../disk-image.ts'
import { fail } from '../world.ts'

const POOL_BYTES = 1 << 20

/** Where the dumps of the world lie. */
export interface Places {
  readonly holding: readonly HoldingDiskLimits[]
  readonly storage: StorageConfig
}

interface Known {
  readonly record: DumpRecord
  readonly offset: number
  readonly bytes: number
  /** Bytes that a COMMIT has counted. */
  committedBytes: number
  /** The dump was reported done. */
  isDone: boolean
  /** Retention let it go, or an operator's disk damaged it: it need not be there any more. */
  isExcused: boolean
}

export class StorageOracle {
  readonly #pool: Buffer
  readonly #places: Places
  readonly #known = new Map<DumpId, Known>()
  /** Paths with a flipped bit: what lies in them need not be good, only not be taken for good. */
  readonly damagedPaths = new Set<string>()
  verifications = 0

  constructor(random: Random, places: Places) {
    this.#pool = Buffer.from(random.bytes(4096))
    while (this.#pool.length < POOL_BYTES) this.#pool = Buffer.concat([this.#pool, this.#pool])
    this.#places = places
  }

  /** Data of a new dump. */
  plan(record: DumpRecord, bytes: number, random: Random): void {
    this.#known.set(record.id, { record, offset: random.int(POOL_BYTES - bytes), bytes, committedBytes: 0, isDone: false, isExcused: false })
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

  /** What is promised must be in `image`, which is taken apart by it: of all dumps, or of one. */
  async verify(image: DiskImage, catalog: Catalog, when: string, only?: DumpId): Promise<void> {
    this.verifications += 1
    const disk = instantDisk(image)
    const holding = createHoldingArea(disk, this.#places.holding, silentLog)
    await holding.recover(true)
    const { dumps: held } = await holding.list()
    const heldById = new Map(held.map((dump) => [dumpId(dump.header.datestamp as RunId, dump.header.host, dump.header.disk, dump.header.level), dump]))
    const slots = await slotsByLabel(createVtapeChanger(disk, this.#places.storage))
    if (only === undefined) for (const { id } of await catalog.dumps()) if (!this.#known.has(id)) fail(`${when}: the catalog lists ${id}, which nobody dumped`)
    for (const [id, known] of this.#known) {
      if (known.isExcused || (only !== undefined && id !== only)) continue
      const record = await catalog.dump(id)
      const parts = await catalog.parts(id)
      if (parts.length > 0) await this.#compare(known, `${when}: ${id} on volumes`, await readVolumes(slots, parts), false)
      const dump = heldById.get(id)
      if (dump !== undefined) {
        await using reader = await holding.open(dump.path)
        await this.#compare(known, `${when}: ${id} on the holding disk`, reader.read(), dump.header.isPartial)
      }
      if (parts.length > 0 || this.#isDamaged(known.record)) continue
      if ((known.isDone || record?.status === 'complete') && (dump === undefined || dump.header.isPartial)) fail(`${when}: ${id} was reported done and is gone`)
      if (!known.isDone && known.committedBytes > 0 && (dump?.bytes ?? 0) < known.committedBytes) fail(`${when}: ${known.committedBytes} bytes of ${id} were committed, ${dump?.bytes ?? 0} are durable`)
    }
  }

  #get(id: DumpId): Known {
    return this.#known.get(id) ?? fail(`nobody planned ${id}`)
  }

  #isDamaged(record: DumpRecord): boolean {
    return [...this.damagedPaths].some((path) => path.includes(`/${record.run}/`) && path.includes(record.disk.replaceAll('/', '_')))
  }

  /** A damaged source may end with a fault; it may not give other bytes and call them good. */
  async #compare(known: Known, what: string, source: ByteSource | string, isPartial: boolean): Promise<void> {
    const expected = this.#pool.subarray(known.offset, known.offset + known.bytes)
    const mayFail = this.damagedPaths.size > 0
    if (typeof source === 'string') return mayFail ? undefined : fail(`${what}: ${source}`)
    let at = 0
    let isWrong = false
    try {
      for (let piece = await source.read(); piece !== null; piece = await source.read()) {
        // What was not committed of a partial dump may be torn by a power cut.
        const judged = isPartial ? Math.max(0, Math.min(piece.length, known.committedBytes - at)) : piece.length
        isWrong ||= Buffer.compare(piece.subarray(0, judged), expected.subarray(at, at + judged)) !== 0
        at += piece.length
      }
    } catch (error) {
      if (!mayFail) fail(`${what} cannot be read: ${faultOf(error).message}`)
      return
    }
    if (!isPartial && at !== expected.length && !mayFail) fail(`${what} has ${at} bytes instead of ${expected.length}`)
    // On a volume the checksum is the reader's to compare; a flipped bit shows there.
    if (isWrong && !mayFail) fail(`${what} has other bytes than were dumped`)
  }
}

type Slots = ReadonlyMap<string, Device>

async function slotsByLabel(changer: Changer): Promise<Slots> {
  const found = new Map<string, Device>()
  for (const slot of await changer.slots()) {
    const device = await changer.device(slot)
    // A slot that cannot be looked at holds nothing that can be read.
    const state = await device.state().catch(() => undefined)
    if (state?.kind === 'labelled') found.set(state.label, device)
  }
  return found
}

/** The parts one after the other; a sentence when one of them is not there. */
async function readVolumes(slots: Slots, parts: readonly PartRecord[]): Promise<ByteSource | string> {
  const sources: ByteSource[] = []
  for (const { label, fileNumber } of parts) {
    try {
      const part = await slots.get(label)?.openPart(fileNumber)
      if (part === undefined) return `file ${fileNumber} of ${label} is not there`
      sources.push(part.read())
    } catch (error) {
      return `file ${fileNumber} of ${label}: ${faultOf(error).message}`
    }
  }
  return {
    async read() {
      for (;;) {
        const piece = await sources[0]?.read()
        if (piece === undefined) return null
        if (piece !== null) return piece
        sources.shift()
      }
    },
    cancel() {},
  }
}
