// The judgement of the backup world: what the server's disk durably holds against what was promised. Promises are heard where they are made:
// a COMMIT on a stream, a row of the catalog. Everything is read through the production readers from a copy of the durable image.

import { dumpId, runId } from '../../src/catalog/ids.ts'
import type { Catalog, CatalogReader, DumpId, DumpRecord, PartRecord } from '../../src/catalog/contract.ts'
import type { ResolvedConfig } from '../../src/config/resolved.ts'
import type { ByteSource } from '../../src/kernel/byte-stream.ts'
import { faultOf } from '../../src/kernel/fault.ts'
import { silentLog } from '../../src/kernel/log.ts'
import type { ProcessRunner } from '../../src/kernel/processes.ts'
import { planRestore } from '../../src/restore/plan.ts'
import { verifyDumps } from '../../src/restore/verify.ts'
import type { Device } from '../../src/storage/device.ts'
import type { HoldingArea } from '../../src/storage/holding/contract.ts'
import { createHoldingArea } from '../../src/storage/holding/holding-area.ts'
import { volumesOf } from '../../src/config/volumes-of.ts'
import { changerOf } from '../../src/storage/changer-of.ts'
import { instantDisk } from '../disk.ts'
import type { DiskImage } from '../disk-image.ts'
import { DurableParts, heldPart, pathsOf, readCatalog } from '../durable-parts.ts'
import { sanitiseFileName } from '../../src/wire/amanda/quote.ts'
import { fail } from '../world.ts'
import { differenceOf, expectDisk, type SimData, type Title } from './backup-data.ts'

interface Image {
  readonly holding: HoldingArea
  readonly volumes: ReadonlyMap<string, Device>
}

export class BackupOracle {
  readonly #config: ResolvedConfig
  readonly #data: SimData
  /** Dumps that were called complete and that nothing has excused. */
  readonly #promised = new Map<DumpId, DumpRecord>()
  /** Bytes of running dumps that a COMMIT has counted, by the number in their title. */
  readonly #committed = new Map<number, { readonly title: Title; bytes: number }>()
  /** Everything that the last judgement of a dump depended on. */
  readonly #judged = new Map<DumpId, string>()
  /** Something on the medium was damaged: what cannot be read may be its fault, but wrong bytes are still wrong. */
  isDamaged = false

  constructor(config: ResolvedConfig, data: SimData) {
    this.#config = config
    this.#data = data
  }

  get promisedCount(): number {
    return this.#promised.size
  }

  /** A row was written. */
  async listed(record: DumpRecord, image: DiskImage, catalog: Catalog): Promise<void> {
    if (record.status !== 'running') for (const [number, { title }] of this.#committed) if (title.host === record.host && title.disk === record.disk) this.#committed.delete(number)
    if (record.status === 'complete') {
      this.#promised.set(record.id, record)
      const durable = new DurableParts(image)
      const wanted = partsOfDump(record, await catalog.parts(record.id), durable)
      await this.#checkDump(record, await open(image.durableCopy(pathsOf(new Set(wanted))), this.#config, false), catalog, 'when it was listed')
    } else if (this.#promised.has(record.id) && !this.isDamaged) fail(`${record.id} was complete and is now called ${record.status}: ${record.message}`)
  }

  /** A row was taken out. */
  removed(id: DumpId): void {
    if (this.#promised.has(id)) fail(`${id} was complete and is taken out of the catalog`)
  }

  async committed(title: Title, bytes: number, image: DiskImage): Promise<void> {
    this.#committed.set(title.number, { title, bytes })
    await this.#checkCommits(image, `when ${bytes} bytes of ${title.host}:${title.disk} were committed`, title.number)
  }

  /** A volume is about to be emptied. Fails when a dump on it is still needed. */
  async erasing(label: string, catalog: Catalog): Promise<void> {
    for (const id of new Set((await catalog.partsOnVolume(label)).map((part) => part.dump))) {
      const record = this.#promised.get(id)
      if (record === undefined) continue
      const newer = (await catalog.dumps({ host: record.host, disk: record.disk, status: 'complete' })).filter((dump) => dump.level === 0 && dump.run > record.run)
      if (newer.length < volumesOf(this.#config).retainFulls) fail(`${label} is overwritten, and ${id} on it is needed: there are ${newer.length} newer full dumps`)
      this.#promised.delete(id)
    }
  }

  /** Everything promised that has changed since it was last judged, against what `image` durably holds. */
  async verify(image: DiskImage, catalog: Catalog, when: string): Promise<void> {
    const view = await readCatalog(catalog)
    const durable = new DurableParts(image)
    const wanted = new Set<string>()
    const rows: DumpRecord[] = []
    for (const { id } of this.#promised.values()) {
      const row = view.rows.get(id)
      if (row === undefined) fail(`${when}: ${id} was complete and is in the catalog no more`)
      if (row.status !== 'complete') continue
      const parts = partsOfDump(row, view.partsOf(id), durable)
      const now = [JSON.stringify(row), JSON.stringify(view.partsOf(id)), ...parts.map((part) => durable.contentOf(part))].join('|')
      if (this.#judged.get(id) === now) continue
      this.#judged.set(id, now)
      rows.push(row)
      for (const part of parts) wanted.add(part)
    }
    if (rows.length > 0) {
      const opened = await open(image.durableCopy(pathsOf(wanted)), this.#config, true)
      for (const row of rows) await this.#checkDump(row, opened, view, when)
    }
    await this.#checkCommits(image, when)
  }

  /** The production verification finds every listed dump good, and of every disk something can be restored. */
  async restorable(image: DiskImage, catalog: Catalog): Promise<void> {
    const disk = instantDisk(image.durableCopy())
    const stores = { catalog, holding: createHoldingArea(disk, this.#config.holdingDisks, silentLog), changers: [changerOf(disk, this.#config.storage)] }
    const processes: ProcessRunner = { start: () => fail('a verification starts a program') }
    const verdicts = await verifyDumps({ stores, processes, events: () => undefined }, { isNative: false }, new AbortController().signal)
    for (const verdict of verdicts) if (verdict.kind === 'bad') fail(`at the end: verify calls ${verdict.dump.id} (${verdict.dump.status}) bad: ${verdict.fault.message}`)
    const dumps = await catalog.dumps()
    for (const { host, disk: name } of this.#config.disklist) planRestore(dumps, { host, disk: name })
  }

  async #checkDump(record: DumpRecord, image: Image, catalog: CatalogReader, when: string): Promise<void> {
    const parts = await catalog.parts(record.id)
    try {
      const sources: ByteSource[] = []
      for (const { label, fileNumber } of parts) {
        const part = await image.volumes.get(label)?.openPart(fileNumber)
        if (part === undefined) throw new Error(`file ${fileNumber} of ${label} is not there`)
        sources.push(part.read())
      }
      if (parts.length === 0) {
        const { dumps } = await image.holding.list()
        const held = dumps.find(({ header }) => dumpId(runId(header.datestamp), header.host, header.disk, header.level) === record.id)
        if (held === undefined || held.header.isPartial) throw new Error('it is neither on volumes nor on the holding disk')
        sources.push((await image.holding.open(held.path)).read())
      }
      const { title, bytes, difference } = await differenceOf(joined(sources), this.#data, true)
      if (difference !== undefined) throw new Error(difference)
      expectDisk(title, record.host, record.disk, `${when}: ${record.id}`)
      if (bytes !== record.storedBytes) throw new Error(`it has ${bytes} bytes and the catalog says ${record.storedBytes}`)
    } catch (error) {
      if (!this.isDamaged) fail(`${when}: ${record.id} cannot be read whole (${parts.length === 0 ? 'holding disk' : 'volumes'}): ${faultOf(error).message}`)
    }
  }

  /** What was committed of dumps that still run is on the holding disk, or on volumes if the dump went there directly. */
  async #checkCommits(image: DiskImage, when: string, only?: number): Promise<void> {
    const wanted = [...this.#committed].filter(([number]) => only === undefined || only === number)
    if (wanted.length === 0 || this.isDamaged) return
    const starts = wanted.map(([, { title }]) => `${title.host}.${sanitiseFileName(title.disk)}.`)
    const held = new Set(new DurableParts(image).names().filter((part) => starts.some((start) => part.slice(part.indexOf('/') + 1).startsWith(start))))
    const found = await this.#committedOnHolding(await open(image.durableCopy(pathsOf(held)), this.#config, true))
    const missing = wanted.filter(([number, { bytes }]) => (found.get(number) ?? 0) < bytes)
    if (missing.length === 0) return
    const direct = await this.#committedOnVolumes(await open(image.durableCopy((path) => path.startsWith('/vtapes/')), this.#config, false))
    for (const [number, { title, bytes }] of missing) {
      if (!direct.has(number)) fail(`${when}: ${bytes} bytes of ${title.host}:${title.disk} were committed and ${found.get(number) ?? 0} are durable`)
    }
  }

  /** Durable bytes by the number in the title. */
  async #committedOnHolding(image: Image): Promise<Map<number, number>> {
    const found = new Map<number, number>()
    const { dumps } = await image.holding.list()
    for (const held of dumps) {
      await using reader = await image.holding.open(held.path)
      // What cannot be read is not there, whatever its names say.
      const read = await differenceOf(reader.read(), this.#data, false).catch(() => undefined)
      if (read?.title !== undefined && read.difference === undefined) found.set(read.title.number, read.bytes)
    }
    return found
  }

  /** The parts of a direct dump are judged when its row is written, right after. */
  async #committedOnVolumes(image: Image): Promise<Set<number>> {
    const found = new Set<number>()
    for (const device of image.volumes.values()) {
      for (const { fileNumber } of await device.listParts()) {
        await using part = await device.openPart(fileNumber)
        const piece = await part?.read().read()
        const title = piece === null || piece === undefined ? undefined : this.#data.titleOf(piece)
        if (title !== undefined) found.add(title.number)
      }
    }
    return found
  }
}

/** Where a dump may lie. */
function partsOfDump(record: DumpRecord, parts: readonly PartRecord[], durable: DurableParts): readonly string[] {
  return [heldPart(record), ...parts.flatMap(({ label }) => durable.slotOf(label) ?? [])]
}

/** The production readers over an image; `isCrashed`: after the clean-up of the next start. */
async function open(image: DiskImage, config: ResolvedConfig, isCrashed: boolean): Promise<Image> {
  const disk = instantDisk(image)
  const holding = createHoldingArea(disk, config.holdingDisks, silentLog)
  if (isCrashed) await holding.recover(true)
  const changer = changerOf(disk, config.storage)
  const volumes = new Map<string, Device>()
  for (const slot of await changer.slots()) {
    const device = await changer.device(slot)
    // A slot that cannot be looked at holds nothing that can be read.
    const state = await device.state().catch(() => undefined)
    if (state?.kind === 'labelled') volumes.set(state.label, device)
  }
  return { holding, volumes }
}

function joined(sources: ByteSource[]): ByteSource {
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
