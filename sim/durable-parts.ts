// Which parts of an image have changed durably since they were last looked at: what did not change need not be judged again. A part is all
// chunks of one dump on the holding disks, or one slot of the volumes.

import type { CatalogReader, DumpId, DumpRecord, PartRecord } from '../src/catalog/contract.ts'
import { sanitiseFileName } from '../src/wire/amanda/quote.ts'
import type { DiskImage } from './disk-image.ts'

const CHUNK = /^\/holding\/[^/]+\/(\d{14}\/[^/]+?\.\d)(?:\.\d+)?(?:\.tmp)?$/
const SLOT = /^\/vtapes\/(slot\d+)\/(?:(\d+)\.([^/]+)$)?/

export class DurableParts {
  /** Part → what is in it, as a text that differs when the durable content differs. */
  readonly #content = new Map<string, string>()
  readonly #slots = new Map<string, string>()

  constructor(image: DiskImage) {
    for (const [path, inode] of image.durableFiles()) {
      const part = partOfPath(path)
      if (part === undefined) continue
      this.#content.set(part, `${this.#content.get(part) ?? ''} ${path}=${inode.number}.${inode.durableVersion}`)
      const volumeFile = volumeFileOf(path)
      if (volumeFile?.fileNumber === 0) this.#slots.set(volumeFile.name, volumeFile.slot)
    }
  }

  contentOf(part: string): string {
    return this.#content.get(part) ?? ''
  }

  /** All parts that are there. */
  names(): readonly string[] {
    return [...this.#content.keys()]
  }

  /** The slot whose label file has this label. */
  slotOf(label: string): string | undefined {
    return this.#slots.get(label)
  }

  labelOf(slot: string): string | undefined {
    return [...this.#slots].find(([, at]) => at === slot)?.[0]
  }
}

/** The part of a dump on the holding disks. */
export function heldPart({ run, host, disk, level }: Pick<DumpRecord, 'run' | 'host' | 'disk' | 'level'>): string {
  return `${run}/${host}.${sanitiseFileName(disk)}.${level}`
}

/** The part that `path` belongs to: of a chunk as `heldPart` gives it, of a file of a volume its slot. */
export function partOfPath(path: string): string | undefined {
  return SLOT.exec(path)?.[1] ?? CHUNK.exec(path)?.[1]
}

export function volumeFileOf(path: string): { readonly slot: string; readonly fileNumber: number; readonly name: string } | undefined {
  const [, slot, number, name] = SLOT.exec(path) ?? []
  return slot === undefined || number === undefined || name === undefined ? undefined : { slot, fileNumber: Number(number), name }
}

/** Accepts the paths that belong to `parts`. */
export function pathsOf(parts: ReadonlySet<string>): (path: string) => boolean {
  return (path) => {
    const part = partOfPath(path)
    return part !== undefined && parts.has(part)
  }
}

/** The catalog, with the parts of all dumps read at once. For a judgement during which nothing changes. */
export async function readCatalog(catalog: CatalogReader): Promise<CatalogReader & { readonly rows: ReadonlyMap<DumpId, DumpRecord>; readonly partsOf: (id: DumpId) => readonly PartRecord[] }> {
  const rows = new Map((await catalog.dumps()).map((record) => [record.id, record]))
  const volumes = await catalog.volumes()
  const parts = new Map<DumpId, PartRecord[]>()
  for (const { label } of volumes) for (const part of await catalog.partsOnVolume(label)) parts.set(part.dump, [...(parts.get(part.dump) ?? []), part])
  const partsOf = (id: DumpId): readonly PartRecord[] => (parts.get(id) ?? []).toSorted((a, b) => a.partNumber - b.partNumber)
  return { ...catalog, rows, partsOf, volumes: () => Promise.resolve(volumes), parts: (id) => Promise.resolve([...partsOf(id)]) }
}
