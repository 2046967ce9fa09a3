// The holding disk: dumps wait here until they are on a volume. One dump is a chain of Amanda's chunk files (docs/formats/holding-disk.md)
// that may span several holding directories. A dump is listed only when all of it is durable; until then every chunk's name ends in
// `.tmp`. Nobody but the holding area creates, renames or removes files below a holding directory.

import type { ByteSource } from '../../kernel/byte-stream.ts'
import type { Fault } from '../../kernel/fault.ts'
import type { RunningCrc32c } from '../../stream/crc32c.ts'
import type { DumpFileHeader } from '../../wire/amanda/dump-header.ts'

/** One holding disk. A `HoldingDiskConfig` is one. */
export interface HoldingDiskLimits {
  readonly directory: string
  /** What may be used; negative: leave this much free. */
  readonly useBytes: number
  /** Size of a chunk file with its header. */
  readonly chunkBytes: number
}

/** How much room one holding disk has, for whoever shares it out among dumps. */
export interface HoldingDiskRoom {
  /** What dumps that are being written may have taken and may take still, all together. */
  readonly availableBytes: number
  /** Size of a chunk file with its header. */
  readonly chunkBytes: number
}

/** A piece of a holding disk that one dump may fill, headers of chunks included. */
export interface HoldingPiece {
  /** Its place in the list of holding disks, from 0. */
  readonly disk: number
  readonly bytes: number
}

/** What a dump may take, shared out by somebody who knows of all of them. */
export interface HoldingAllotment {
  /** Filled in this order. */
  readonly pieces: readonly HoldingPiece[]
  /** Asks for at least one more piece, and waits for it as long as others may free room. Rejects when there will be none. */
  more(): Promise<readonly HoldingPiece[]>
}

/** What is known only when the last byte of a dump has been stored. CRCs as `%08x:%d`. */
export interface HoldingTotals {
  /** Size before compression, KiB; 0 when unknown. */
  readonly originalKib: number
  readonly nativeCrc?: string
  readonly clientCrc?: string
  /** Of exactly the bytes that were written here. */
  readonly serverCrc: string
}

/** One finished dump on the holding disk. */
export interface HeldDump {
  /** Path of chunk 0. It names the dump: `DumpRecord.holdingPath`. */
  readonly path: string
  /** Header of chunk 0; `isPartial` when only a part was kept. */
  readonly header: DumpFileHeader
  /** Data in all chunks, without headers. */
  readonly bytes: number
  /** Bytes of all chunk files with their headers. */
  readonly diskBytes: number
}

/** The writer of one dump. Ends with exactly one of `finish`, `keepPartial` and `abandon`. Calls must not overlap. */
export interface HoldingWriter {
  /** The path chunk 0 will have. */
  readonly path: string
  /** Bytes taken by `write` so far. */
  readonly bytes: number
  /** Bytes that were durable at the last `sync`. */
  readonly durableBytes: number
  /**
   * Takes `piece` (64 KiB to 1 MiB is best; it is lent until the promise settles). Moves to the next chunk or holding disk as needed. A failed write of an
   * earlier piece is reported by the next call. Rejects with `holding-full` when no holding disk has room, or with what the disk said;
   * then only `keepPartial` and `abandon` are left.
   */
  write(piece: Uint8Array): Promise<void>
  /** Everything written before the call is durable when it resolves; returns how many bytes that is. Call it every 64 MiB or 5 s. */
  sync(): Promise<number>
  /** All bytes are there. Durable, named and listed when it resolves. */
  finish(totals: HoldingTotals): Promise<HeldDump>
  /** Keeps what is there as a partial dump (`PARTIAL=YES`, CRC of what was kept). Undefined, and nothing kept, when there are no bytes. */
  keepPartial(): Promise<HeldDump | undefined>
  /** Removes everything of this dump. Never rejects: what could not be removed is cleaned up by the next `recover`. */
  abandon(): Promise<void>
}

export interface HeldDumpReader extends AsyncDisposable {
  readonly dump: HeldDump
  /**
   * The data from `offset` (default 0) on, at most `length` bytes of it (default: all). A missing, short or altered chunk ends it with `holding-damaged`. A read from 0 to the end is
   * also compared with the header's server CRC: it ends well only when that matches (partial dumps carry the CRC of what was kept).
   */
  read(offset?: number, length?: number): ByteSource
}

/** What `recover` did to one dump that was left unfinished. */
export interface HoldingRecovery {
  readonly kind: 'completed' | 'kept-partial' | 'removed'
  readonly path: string
  /** Undefined when not even the header could be read. */
  readonly dump: HeldDump | undefined
}

/** A chunk or dump on the holding disk that cannot be used. It is left alone for the operator. */
export interface HoldingProblem {
  readonly path: string
  readonly fault: Fault
}

export interface HoldingArea {
  /**
   * Starts a dump. `header` is kind `file`; its names and datestamp make the path. `expectedBytes` chooses the disk with enough room;
   * undefined: the one with most room. With an `allotment` it fills its pieces and nothing else. Rejects with `holding-full`, or
   * `holding-exists` when this dump is held already.
   */
  create(header: DumpFileHeader, expectedBytes?: number, sum?: RunningCrc32c, allotment?: HoldingAllotment): Promise<HoldingWriter>
  /** All finished dumps, oldest run first, and what looks like one but cannot be used. */
  list(): Promise<{ readonly dumps: readonly HeldDump[]; readonly problems: readonly HoldingProblem[] }>
  /** Rejects with `file-missing` or `holding-damaged`. */
  open(path: string): Promise<HeldDumpReader>
  /** Removes a finished dump, chunk 0 first, so that no half of it is ever listed. Durable when it resolves. */
  remove(path: string): Promise<void>
  /**
   * After a crash, before any `create`: dumps whose bytes and final header are all there are completed, others are kept as partial (if
   * `keepPartials`) or removed, empty run directories go. Tells what it did.
   */
  recover(keepPartials: boolean): Promise<readonly HoldingRecovery[]>
  /** What may still be written, over all holding disks, after what running writers have taken. Missing disks count as 0. */
  freeBytes(): Promise<number>
  /** The room of each holding disk, in the order of the configuration. */
  rooms(): Promise<readonly HoldingDiskRoom[]>
  /** Marks the run's directories as in use (Amanda's `pid` file); `release` removes the mark and directories that became empty. */
  claim(run: string, pid: number): Promise<void>
  release(run: string): Promise<void>
}
