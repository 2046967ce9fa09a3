// A planned dump as a stream with its header, from a holding disk or from volumes.

import type { ByteSource } from '../../kernel/byte-stream.ts'
import type { Disk } from '../../kernel/disk.ts'
import { parentOf } from '../../kernel/disk.ts'
import { Fault } from '../../kernel/fault.ts'
import { readChain } from '../../storage/holding/chunk-files.ts'
import { readChunks } from '../../storage/holding/held-dump-reader.ts'
import type { DumpFileHeader } from '../../wire/amanda/dump-header.ts'
import { joinParts, openPart, type LoadVolume, type OpenPart } from './dump-parts.ts'
import type { PartPlace, PlannedDump } from './fetch-plan.ts'

export interface StoredDump {
  readonly header: DumpFileHeader
  /** The place of the first part; undefined on a holding disk. */
  readonly place: PartPlace | undefined
  /** Everything, once. `onPart` is told of every further part before it is read. */
  open(onPart: (part: OpenPart) => void): ByteSource
}

export interface DumpPlaces {
  readonly disk: Disk
  /** Of the configuration: the chunks of a dump may be spread over them. */
  readonly holdingDirs: readonly string[]
  readonly load: LoadVolume
}

function describe({ host, disk, datestamp, level }: PlannedDump): string {
  return `${host}:${disk} ${datestamp} level ${level}`
}

async function held({ disk, holdingDirs }: DumpPlaces, dump: PlannedDump, path: string): Promise<StoredDump> {
  const chain = await readChain(disk, [...holdingDirs, parentOf(parentOf(path))], path)
  const { header } = chain
  if (header.host !== dump.host || header.disk !== dump.disk || header.datestamp !== dump.datestamp || header.level !== dump.level) {
    throw new Fault('header-mismatch', `${path} holds another dump: ${header.host}:${header.disk} ${header.datestamp} level ${header.level}`)
  }
  return { header, place: undefined, open: () => readChunks(disk, chain, { offset: 0 }) }
}

/** Rejects with `header-mismatch`, `volume-damaged`, `holding-damaged`, `dump-missing` when a part is nowhere, and what `load` rejects with. */
export async function openStoredDump(places: DumpPlaces, dump: PlannedDump): Promise<StoredDump> {
  if (dump.holdingFile !== undefined) return await held(places, dump, dump.holdingFile)
  const { load } = places
  const [place] = dump.parts
  if (place === undefined || dump.missing.length > 0) throw new Fault('dump-missing', `${describe(dump)}: no volume has part ${dump.missing.join(', ')} any more`)
  const first = await openPart(load, dump, place)
  return { header: first.header, place, open: (onPart) => joinParts(load, dump, first, onPart) }
}

/** One part alone. */
export async function openStoredPart({ load }: Pick<DumpPlaces, 'load'>, dump: PlannedDump, place: PartPlace): Promise<StoredDump> {
  const part = await openPart(load, dump, place)
  return { header: part.header, place, open: () => joinParts(load, { ...dump, parts: [place] }, part, () => undefined) }
}
