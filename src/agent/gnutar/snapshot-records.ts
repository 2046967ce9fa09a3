// The records of a GNU tar snapshot file (format 2, as GNU tar 1.15.92 and later write it), without reading the file whole. A snapshot is
// a line with the version, then seconds and nanoseconds of the dump, then for each directory: nfs, seconds, nanoseconds, device, inode, name,
// the names in it, an empty name, an empty name; every field ends in NUL. Source: the GNU tar manual, "Format of the Incremental Snapshot
// Files", and files of GNU tar 1.34.

import { Fault } from '../../kernel/fault.ts'

/** One directory of a snapshot. */
export interface SnapshotRecord {
  readonly inode: string
  /** As tar was given it: `.` or `./…`. */
  readonly name: Buffer
  /** All its bytes, the final NULs included. */
  readonly bytes: Buffer
}

const VERSION_LINE = /^GNU tar-[\w.]+-2$/
/** A directory of some ten million names. More is damage. */
const RECORD_BYTES_MAX = 1024 ** 3
const FIELDS_BEFORE_NAMES = 6

/** Splits the pieces of a snapshot file into its head and its records. */
export class SnapshotSplitter {
  #rest: Buffer = Buffer.alloc(0)
  /** Undefined until the whole head was seen. */
  head: Buffer | undefined

  /** The records that `piece` completes. Throws `wire-malformed` for a file that is no snapshot of this format. */
  push(piece: Uint8Array): SnapshotRecord[] {
    this.#rest = this.#rest.length === 0 ? Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength) : Buffer.concat([this.#rest, piece])
    if (this.#rest.length > RECORD_BYTES_MAX) throw new Fault('wire-malformed', 'a snapshot of tar has a record without end')
    if (this.head === undefined && !this.#takeHead()) return []
    const records: SnapshotRecord[] = []
    let position = 0
    for (;;) {
      const record = recordAt(this.#rest, position)
      if (record === undefined) break
      records.push(record)
      position += record.bytes.length
    }
    this.#rest = this.#rest.subarray(position)
    return records
  }

  /** Throws when the file ended inside a record. */
  finish(): void {
    if (this.head === undefined || this.#rest.length > 0) throw new Fault('wire-malformed', 'a snapshot of tar is cut short')
  }

  #takeHead(): boolean {
    const lineEnd = this.#rest.indexOf(0x0a)
    if (lineEnd < 0) return false
    if (!VERSION_LINE.test(this.#rest.subarray(0, lineEnd).toString('latin1'))) throw new Fault('wire-malformed', 'a snapshot of tar is of an unknown format')
    const seconds = this.#rest.indexOf(0, lineEnd)
    const nanoseconds = seconds < 0 ? -1 : this.#rest.indexOf(0, seconds + 1)
    if (nanoseconds < 0) return false
    this.head = this.#rest.subarray(0, nanoseconds + 1)
    this.#rest = this.#rest.subarray(nanoseconds + 1)
    return true
  }
}

/** The record that begins at `start`; undefined when it is not complete. */
function recordAt(bytes: Buffer, start: number): SnapshotRecord | undefined {
  const ends: number[] = []
  let position = start
  for (let field = 0; field < FIELDS_BEFORE_NAMES; field++) {
    const end = bytes.indexOf(0, position)
    if (end < 0) return undefined
    ends.push(end)
    position = end + 1
  }
  // Names, none of them empty, up to the first empty one; then one more.
  for (;;) {
    const end = bytes.indexOf(0, position)
    if (end < 0) return undefined
    if (end === position) break
    position = end + 1
  }
  if (position + 1 >= bytes.length) return undefined
  if (bytes[position + 1] !== 0) throw new Fault('wire-malformed', 'a snapshot of tar has a record that does not end')
  const [, , , device = 0, inode = 0, name = 0] = ends
  return { inode: bytes.subarray(device + 1, inode).toString('latin1'), name: bytes.subarray(inode + 1, name), bytes: bytes.subarray(start, position + 2) }
}
