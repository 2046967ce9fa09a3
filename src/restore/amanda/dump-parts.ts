// The stored bytes of a planned dump: its parts one after the other, each from the volume that has it, every header compared with what the records say. A volume
// is asked for when its first part is read.

import type { ByteSource } from '../../kernel/byte-stream.ts'
import { Fault, faultOf } from '../../kernel/fault.ts'
import type { Device, PartReader } from '../../storage/device.ts'
import type { DumpFileHeader, DumpHeader } from '../../wire/amanda/dump-header.ts'
import type { PartPlace, PlannedDump } from './fetch-plan.ts'

/** Gives the device with a volume; rejects with `cancelled` when nobody brings it. */
export type LoadVolume = (label: string) => Promise<Device>

export interface OpenPart {
  readonly place: PartPlace
  readonly header: DumpFileHeader
  readonly reader: PartReader
}

export function isDumpFile(header: DumpHeader): header is DumpFileHeader {
  return header.kind === 'file' || header.kind === 'split-file' || header.kind === 'cont-file'
}

/** The first file with that number or a higher one: what a device comes to that seeks there. Undefined behind the last one. */
export async function seekPart(device: Device, fileNumber: number): Promise<{ readonly fileNumber: number; readonly reader: PartReader } | undefined> {
  const found = (await device.listParts()).find((file) => file.fileNumber >= fileNumber)
  const reader = found === undefined ? undefined : await device.openPart(found.fileNumber)
  return found === undefined || reader === undefined ? undefined : { fileNumber: found.fileNumber, reader }
}

function mismatch({ label, fileNumber }: PartPlace, what: string, got: string | number, expected: string | number): Fault {
  return new Fault('header-mismatch', `header on '${label}' file ${fileNumber} does not match expectations: got ${what} '${got}'; expected '${expected}'`)
}

function check(header: DumpHeader, dump: PlannedDump, place: PartPlace): DumpFileHeader {
  if (!isDumpFile(header)) throw mismatch(place, 'type', header.kind, 'split-file')
  if (header.datestamp !== dump.datestamp) throw mismatch(place, 'datestamp', header.datestamp, dump.datestamp)
  if (header.host !== dump.host) throw mismatch(place, 'hostname', header.host, dump.host)
  if (header.disk !== dump.disk) throw mismatch(place, 'disk', header.disk, dump.disk)
  if (header.level !== dump.level) throw mismatch(place, 'dumplevel', header.level, dump.level)
  // Volumes of old have whole dumps without a number.
  const partNumber = header.part?.number ?? 1
  if (partNumber !== place.partNumber) throw mismatch(place, 'partnum', partNumber, place.partNumber)
  return header
}

/** Opens a part and compares its header with `dump`. Rejects with `header-mismatch`, `volume-damaged`, and what `load` rejects with. */
export async function openPart(load: LoadVolume, dump: PlannedDump, place: PartPlace): Promise<OpenPart> {
  const device = await load(place.label)
  const found = await seekPart(device, place.fileNumber)
  if (found === undefined) throw new Fault('volume-damaged', `'${place.label}' has no file ${place.fileNumber}`)
  try {
    return { place, header: check(found.reader.header, dump, place), reader: found.reader }
  } catch (error) {
    await found.reader[Symbol.asyncDispose]()
    throw error
  }
}

/** The bytes from `first`, which is open, to the end of the last part. `onPart` is told of every part after the first before it is read. Closes what it opened. */
export function joinParts(load: LoadVolume, dump: PlannedDump, first: OpenPart, onPart: (part: OpenPart) => void): ByteSource {
  let open: OpenPart | undefined = first
  let source: ByteSource = first.reader.read()
  let index = dump.parts.indexOf(first.place)
  let failure: Fault | undefined

  const close = async (): Promise<void> => {
    const closing = open
    open = undefined
    await closing?.reader[Symbol.asyncDispose]()
  }
  const next = async (): Promise<Uint8Array | null> => {
    for (;;) {
      if (failure !== undefined) throw failure
      const piece = await source.read()
      if (piece !== null) return piece
      await close()
      const place = dump.parts[++index]
      if (place === undefined) return null
      open = await openPart(load, dump, place)
      onPart(open)
      source = open.reader.read()
    }
  }
  return {
    async read() {
      try {
        return await next()
      } catch (error) {
        failure ??= faultOf(error)
        await close()
        throw failure
      }
    },
    cancel(reason) {
      failure ??= reason
      source.cancel(reason)
      close().catch(() => undefined)
    },
  }
}
