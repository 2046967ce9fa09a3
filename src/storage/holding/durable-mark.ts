// How much of an unfinished dump is durable, written at each sync into the last sector of chunk 0's header block, where Amanda's readers see
// only padding, with the checksum of that much. After a crash what lies behind it may be torn, and is cut off; what lies before it is kept
// only if it is what was written. Format: docs/formats/holding-disk.md.

import type { Disk } from '../../kernel/disk.ts'
import { Fault } from '../../kernel/fault.ts'
import { DUMP_HEADER_BYTES, encodeDumpHeader, type DumpFileHeader } from '../../wire/amanda/dump-header.ts'

/** Disks write a sector whole or not at all. */
const MARK_BYTES = 512
export const DURABLE_MARK_OFFSET = DUMP_HEADER_BYTES - MARK_BYTES
const MARK = /^HOLDFAST-DURABLE: ([0-9a-f]{8}:\d{1,15})\n\0*$/
/** The mark of a dump of which nothing is durable. */
export const NOTHING_DURABLE = '00000000:0'

/** The sector at DURABLE_MARK_OFFSET of chunk 0; `crc` is `%08x:%d` of the durable bytes. */
export function encodeDurableMark(crc: string): Buffer {
  const sector = Buffer.alloc(MARK_BYTES)
  sector.write(`HOLDFAST-DURABLE: ${crc}\n`, 'latin1')
  return sector
}

/** The header block of an unfinished chunk 0. Throws `wire-malformed` for a header so long that it leaves no place for the mark. */
export function encodeMarkedHeader(header: DumpFileHeader, crc: string): Buffer {
  const block = Buffer.from(encodeDumpHeader(header))
  if (block.subarray(DURABLE_MARK_OFFSET - 1).some((byte) => byte !== 0)) throw new Fault('wire-malformed', 'the header of the dump leaves no place for the durable mark')
  encodeDurableMark(crc).copy(block, DURABLE_MARK_OFFSET)
  return block
}

/** `%08x:%d`. Undefined when chunk 0 carries no mark: somebody else wrote it. */
export async function readDurableMark(disk: Disk, path: string): Promise<string | undefined> {
  await using file = await disk.open(path, 'read')
  const sector = Buffer.alloc(MARK_BYTES)
  for (let filled = 0; filled < MARK_BYTES; ) {
    const count = await file.read(sector.subarray(filled), DURABLE_MARK_OFFSET + filled)
    if (count === 0) return undefined
    filled += count
  }
  return MARK.exec(sector.toString('latin1'))?.[1]
}
