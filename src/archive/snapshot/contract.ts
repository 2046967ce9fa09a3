// A snapshot: what a dump saw of a tree, kept so that the next level knows what changed. One record a directory, in tree order (compare-tree-paths.ts), with
// all of its entries. Nothing here makes an object for an entry: names are pieces of buffers and facts are the words of statx. Paths are bytes as latin1
// strings, relative to the top, which is `.`. Format: docs/formats/snapshot.md.

import type { RenameRecord } from '../../wire/tar/dumpdir.ts'

/** What statx tells of a file: its struct as 32-bit words (uapi linux/stat.h). */
export interface FactWords {
  readonly words: Int32Array
}

/** `S_IFMT` of the mode, shifted right by 12: 8 a file, 4 a directory, 10 a link, 1 a fifo, 2 and 6 devices. */
export type EntryKind = number

export const KIND_DIRECTORY: EntryKind = 4

/**
 * Makes one record after the other; one for each thread. Entries are added in the order of their names' bytes. What was changed within the two seconds before
 * `lookedAtSeconds`, or after, is written so that it never equals: a second change could have the same time.
 */
export interface DirectoryEncoding {
  /**
   * `lookedAtSeconds`: since 1970, the start of the dump; the same for all directories, so that all names of a file are in doubt together. `facts` are the
   * directory's own, taken before its names were read.
   */
  begin(path: string, facts: FactWords, lookedAtSeconds: number): void
  /** The name is `bytes` from `start` to `end`. Returns the entry's index. */
  add(bytes: Uint8Array, start: number, end: number, facts: FactWords): number
  /** The entry at `index` is not in the dump as it should be (not readable, changed while it was read): it never equals. */
  doubt(index: number): void
  /** The directory could not be read whole: its own facts never equal. */
  doubtDirectory(): void
  /** The record, in memory of its own. */
  finish(): Uint8Array
}

/** A record as it was read. Stays valid when other records are read. */
export interface DirectoryRecord {
  readonly path: string
  readonly count: number
  readonly dev: bigint
  readonly inode: bigint
  /** Same file system is not asked for: its number changes with a restart of the machine. */
  hasInodeOf(facts: FactWords): boolean
  /** Whether the directory has the same inode and times: then the same names are in it. */
  isUnchangedDirectory(facts: FactWords): boolean
  /** The entry's index, or -1. Fast when names are asked for in order. */
  find(bytes: Uint8Array, start: number, end: number): number
  /** Below 0 when the entry's name comes before this one, 0 when it is this one. */
  compareNameAt(index: number, bytes: Uint8Array, start: number, end: number): number
  /** Whether the entry at `index` has the same kind, inode, size and times. */
  isUnchanged(index: number, facts: FactWords): boolean
  kindAt(index: number): EntryKind
  /** The name as a view, good as long as the record. */
  nameAt(index: number): Uint8Array
  textAt(index: number): string
  /** Copies the name and the NUL behind it to `at` of `target`; returns the length of the name, -1 when it is longer than any. */
  copyNameAt(index: number, target: Uint8Array, at: number): number
  /** All of the record, as it is stored. Lent. */
  readonly bytes: Uint8Array
  /** Words behind what all records have: of a dump into a vault (vault/kept-record.ts). Lent. */
  readonly tail: Int32Array
}

export interface SnapshotHeader {
  readonly level: number
  /** 14 digits. */
  readonly run: string
  readonly directoryCount: number
  readonly entryCount: number
}

/** Reads throw `base-missing` when the file is damaged. One for each thread. */
export interface SnapshotSource {
  readonly header: SnapshotHeader
  /** Cheap when directories are asked for in tree order. The record is lent until the next call: its memory is used for others then. */
  directory(path: string): DirectoryRecord | undefined
  /** The path of the directory that had this inode. */
  pathOfInode(dev: bigint, inode: bigint): string | undefined
  close(): void
}

/** Appends records; all but a block is on the disk. */
export interface SnapshotSink {
  /** In tree order. A record that is out of order is left out: its directory counts as new in the next level. */
  addDirectory(record: Uint8Array): void
  /** Writes the tables; durable when it returns (the name of the file is the caller's to make durable). The file is closed. */
  finish(): SnapshotHeader
  /** Closes and drops what was made for the writing. Never throws. */
  abandon(): void
}

/** The disk as the plan of renames looks at it, before the dump. Never throws: what cannot be looked at is not there. */
export interface DirectoryProbe {
  /** The directory at `path` if the dump goes into it. The facts are good until the next call. */
  directory(path: string): FactWords | undefined
  /** Names of what is in the directory and may be a directory. */
  subdirectories(path: string): readonly string[]
  /** Tells the inode of each file in the directory that has more than one name. */
  linkedFiles(path: string, take: (inode: bigint) => void): void
}

/** What the plan found, as plain data that goes from thread to thread; `RenamePlanView` makes a plan of it. */
export interface RenameFindings {
  readonly records: readonly RenameRecord[]
  /** Path in the base and new path of each directory that the records move, in their order. */
  readonly moves: readonly (readonly [from: string, to: string])[]
  /** Inodes of files with several names of which one lies in a directory that is new; undefined when they are too many to know. */
  readonly linksApart: readonly bigint[] | undefined
}

/**
 * Which directories of the base lie elsewhere now. What it says stays right when the tree goes on changing: it tells where the base's directories are when the
 * records have been carried out, and what a dump says is relative to that.
 */
export interface RenamePlan {
  /** For the dumpdir of the top. */
  readonly records: readonly RenameRecord[]
  /** The base's path of what lies at `path` after the records; undefined when nothing of the base can. What is dumped at `path` is compared with it. */
  basePathOf(path: string): string | undefined
  /** Where the directory was in the base, if one of the records moved it (not one above it) to `path`. */
  movedFrom(path: string): string | undefined
  /**
   * Whether a file with several names must be dumped also where it is unchanged: another name of it is dumped because its directory is new, and both must
   * come back as one file.
   */
  isLinkApart(facts: FactWords): boolean
}
