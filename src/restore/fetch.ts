// Reads a dump back, from the holding disk while it is there, otherwise from its parts on volumes in order. Every header is compared
// with the catalog, every byte with the CRCs that were recorded: the stream ends well only when all of them agree.

import type { CatalogReader, DumpRecord, PartRecord } from '../catalog/contract.ts'
import { Fault, faultOf } from '../kernel/fault.ts'
import type { ByteSource } from '../kernel/byte-stream.ts'
import type { ProcessRunner } from '../kernel/processes.ts'
import type { Changer, Device, PartReader } from '../storage/device.ts'
import type { HoldingArea } from '../storage/holding/contract.ts'
import { checkedSource } from '../stream/checked-source.ts'
import { undoFilters } from '../stream/dump-filters.ts'
import { startFilters } from '../stream/filter.ts'
import type { ProgramPermit } from '../stream/permitted-programs.ts'
import type { DumpFileHeader } from '../wire/amanda/dump-header.ts'
import { headerMismatch } from './header-mismatch.ts'
import { openVaulted, type VaultStore } from './vaulted.ts'

/** Where dumps are. */
export interface DumpStores {
  readonly catalog: CatalogReader
  readonly holding: HoldingArea
  readonly changers: readonly Changer[]
  /** Where dumps are whose rows name a manifest. */
  readonly vault?: VaultStore | undefined
  /** Programs that headers may name; undefined: the well-known ones. */
  readonly permits?: ProgramPermit | undefined
}

export interface FetchedDump {
  readonly record: DumpRecord
  /** Header of the first chunk or part. */
  readonly header: DumpFileHeader
  /** The bytes as they are stored. */
  readonly stored: ByteSource
  /** Recorded of the stored bytes, which are compared with it as they are read. */
  readonly storedCrc: string | undefined
  readonly permits: ProgramPermit | undefined
}

/** Opens a dump. Rejects with `dump-missing`, `volume-missing`, `header-mismatch`, `holding-damaged`, `volume-damaged`, or with what opening a vault rejects with. */
export async function openDump(stores: DumpStores, record: DumpRecord): Promise<FetchedDump> {
  if (record.manifest !== undefined) return await openFromVault(stores, record, record.manifest)
  if (record.holdingPath !== undefined) {
    try {
      return await openHeld(stores, record, record.holdingPath)
    } catch (error) {
      // Flushed meanwhile: it is on volumes now.
      if (!(error instanceof Fault) || error.code !== 'file-missing') throw error
    }
  }
  return await openTaped(stores, record, await wholeParts(stores, record))
}

/** The parts of a dump in order. Rejects with `dump-missing` when one is not there. */
export async function wholeParts(stores: DumpStores, record: DumpRecord): Promise<readonly PartRecord[]> {
  const parts = await stores.catalog.parts(record.id)
  if (parts.length === 0) throw new Fault('dump-missing', `${describe(record)} is neither on the holding disk nor on a volume`)
  for (const [index, part] of parts.entries()) {
    if (part.partNumber !== index + 1) throw new Fault('dump-missing', `${describe(record)} has no part ${index + 1}`)
  }
  return parts
}

/** The bytes that the application made: filters undone, and the native CRC compared at the end. */
export async function nativeSource(dump: FetchedDump, processes: ProcessRunner): Promise<ByteSource> {
  const undo = undoFilters(dump.header, dump.permits)
  const expected = dump.record.status === 'partial' ? undefined : (dump.record.nativeCrc ?? dump.header.nativeCrc)
  // What no filter changed is compared as it is stored.
  if (undo.length === 0 && dump.storedCrc !== undefined && expected === dump.storedCrc) return dump.stored
  const filtered = await startFilters(dump.stored, undo, processes)
  return checkedSource(filtered.output, expected, `${describe(dump.record)}, filters undone`)
}

export function describe(record: Pick<DumpRecord, 'host' | 'disk' | 'level' | 'run'>): string {
  return `${record.host} ${record.disk} level ${record.level} of ${record.run}`
}

async function openFromVault({ vault, permits }: DumpStores, record: DumpRecord, manifest: string): Promise<FetchedDump> {
  const { reader, header } = await openVaulted(vault, record, manifest)
  const stored = checkedSource(reader.read(0, reader.bytes), reader.dump.nativeCrc, describe(record))
  return { record, header, permits, storedCrc: reader.dump.nativeCrc, stored: disposing(stored, async () => await reader[Symbol.asyncDispose]()) }
}

async function openHeld({ holding, permits }: DumpStores, record: DumpRecord, path: string): Promise<FetchedDump> {
  const reader = await holding.open(path)
  const { header } = reader.dump
  const mismatch = headerMismatch(record, header)
  if (mismatch !== undefined) {
    await reader[Symbol.asyncDispose]()
    throw new Fault('header-mismatch', `${path}: ${mismatch}`)
  }
  const stored = checkedSource(reader.read(), record.serverCrc ?? header.serverCrc, path)
  return { record, header, permits, storedCrc: record.serverCrc ?? header.serverCrc, stored: disposing(stored, async () => await reader[Symbol.asyncDispose]()) }
}

/** `source`, with `dispose` called once at its end, whichever end it is. */
function disposing(source: ByteSource, dispose: () => Promise<void>): ByteSource {
  let disposed: Promise<void> | undefined
  let reading: Promise<unknown> = Promise.resolve()
  const once = (): Promise<void> => (disposed ??= dispose())
  return {
    async read() {
      const answer = source.read()
      reading = answer.catch(() => undefined)
      try {
        const piece = await answer
        if (piece === null) await once()
        return piece
      } catch (error) {
        await once().catch(() => undefined)
        throw error
      }
    },
    cancel(reason) {
      source.cancel(reason)
      void reading.then(() => once()).catch(() => undefined)
    },
  }
}

async function openTaped(stores: DumpStores, record: DumpRecord, parts: readonly PartRecord[]): Promise<FetchedDump> {
  const [first, ...others] = parts
  if (first === undefined) throw new Fault('dump-missing', `${describe(record)} has no parts`)
  let current: PartReader | undefined = await openPart(stores, record, first)
  const header = partHeader(current)
  const waiting = [...others]
  let part = first
  let partBytes = 0
  let source = current.read()
  let ended: Fault | undefined

  const close = async (): Promise<void> => {
    const open = current
    current = undefined
    await open?.[Symbol.asyncDispose]()
  }
  const joined: ByteSource = {
    async read() {
      for (;;) {
        if (ended !== undefined) throw ended
        const piece = await source.read()
        if (piece !== null) {
          partBytes += piece.length
          return piece
        }
        if (partBytes !== part.bytes) throw new Fault('header-mismatch', `${part.label} file ${part.fileNumber} has ${partBytes} bytes, the catalog says ${part.bytes}`)
        await close()
        const next = waiting.shift()
        if (next === undefined) return null
        current = await openPart(stores, record, next)
        part = next
        partBytes = 0
        source = current.read()
      }
    },
    cancel(reason) {
      ended ??= reason
      source.cancel(reason)
    },
  }
  const expected = record.serverCrc ?? header.serverCrc
  return { record, header, permits: stores.permits, storedCrc: expected, stored: disposing(checkedSource(joined, expected, describe(record)), close) }
}

export function partHeader(reader: PartReader): DumpFileHeader {
  const { header } = reader
  if (header.kind === 'file' || header.kind === 'split-file' || header.kind === 'cont-file') return header
  throw new Fault('header-mismatch', `a ${header.kind} header where a part of a dump should be`)
}

/** Opens a part that must be as the catalog and `record` say. */
export async function openPart(stores: DumpStores, record: DumpRecord, part: PartRecord): Promise<PartReader> {
  const where = `${part.label} file ${part.fileNumber}`
  const device = await findVolume(stores, part.label)
  const reader = await device.openPart(part.fileNumber)
  if (reader === undefined) throw new Fault('header-mismatch', `${where} is not there`)
  try {
    const header = partHeader(reader)
    const mismatch = headerMismatch(record, header)
    if (mismatch !== undefined) throw new Fault('header-mismatch', `${where}: ${mismatch}`)
    const number = header.part?.number ?? 1
    if (number !== part.partNumber) throw new Fault('header-mismatch', `${where} is part ${number}, the catalog says ${part.partNumber}`)
    return reader
  } catch (error) {
    await reader[Symbol.asyncDispose]()
    throw faultOf(error)
  }
}

/** The device that holds `label`: where the catalog last saw it, or any slot that has it now. */
async function findVolume(stores: DumpStores, label: string): Promise<Device> {
  const known = (await stores.catalog.volumes()).find((volume) => volume.label === label)
  for (const changer of stores.changers) {
    const slots = await changer.slots()
    const ordered = known !== undefined && slots.includes(known.slot) ? [known.slot, ...slots.filter((slot) => slot !== known.slot)] : slots
    for (const slot of ordered) {
      const device = await changer.device(slot)
      const state = await device.state().catch(() => undefined)
      if (state?.kind === 'labelled' && state.label === label) return device
    }
  }
  throw new Fault('volume-missing', `the volume ${label} is in no slot`)
}
