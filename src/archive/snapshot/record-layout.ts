// Where things lie in the record of a directory (docs/formats/snapshot.md): 32-bit words in the machine's order, a header, then a column for each fact of the
// entries, then bytes. Columns, because equal words beside each other compress well, and words, because comparing them makes no object.

/** Words of the header. */
export const AT_BYTES = 0
export const AT_COUNT = 1
export const AT_PATH_BYTES = 2
export const AT_NAMES_BYTES = 3
/** Low word first, as all numbers of two words. */
export const AT_DEV = 4
export const AT_INODE = 6
/** Seconds in two words, nanoseconds in one. */
export const AT_CTIME = 8
export const AT_MTIME = 11
export const HEADER_WORDS = 14

/** Columns, of which inodes are the first two; the last is where in the names an entry's name begins. */
export const COLUMN_SIZE = 2
export const COLUMN_CTIME = 4
export const COLUMN_MTIME = 7
export const COLUMN_NAME = 10
export const COLUMNS = 11

/** In the place of a time's nanoseconds: equals no time. */
export const NEVER = -1

/** Words of statx. */
export const STATX_MODE = 7
export const STATX_INODE = 8
export const STATX_SIZE = 10
export const STATX_CTIME = 24
export const STATX_MTIME = 28
export const STATX_DEV_MAJOR = 34
export const STATX_DEV_MINOR = 35

/** Records are gathered to blocks of about so many bytes, which are compressed one by one. */
export const BLOCK_BYTES = 128 * 1024

/** A record that is longer cannot be compressed as one. Some thirty million entries. */
export const RECORD_BYTES_MAX = 2 ** 31 - 4096

/** Bytes of a record: columns, a byte for each kind, names with a NUL behind each, the path; in whole words. */
export function recordBytes(count: number, namesBytes: number, pathBytes: number): number {
  return Math.ceil((4 * (HEADER_WORDS + COLUMNS * count) + count + namesBytes + pathBytes) / 4) * 4
}
