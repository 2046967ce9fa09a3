// Sizes of the vault's format (docs/formats/vault.md). A reader refuses what is beyond them before it allocates anything.

const KIB = 1024
const MIB = 1024 * KIB

export const ID_BYTES = 32
export const VAULT_ID_BYTES = 16
export const PACK_ID_BYTES = 16
export const KEY_BYTES = 32
export const SALT_BYTES = 32
/** Of AES-256-GCM. */
export const TAG_BYTES = 16

/** A file below this is one segment: its name and place may change, its content is found again. */
export const SMALL_FILE_BYTES = 128 * KIB
export const SEGMENT_BYTES_MAX = 4 * MIB
/** A block is closed when it holds this much; a single segment is never sealed alone while more come. */
export const BLOCK_PLAIN_BYTES = MIB
/** … so this is the most that it can hold. */
export const BLOCK_PLAIN_BYTES_MAX = BLOCK_PLAIN_BYTES + SEGMENT_BYTES_MAX
export const BLOCK_SEGMENTS_MAX = 65_535
/** Sealed: zstd never makes a block larger, since it is then stored raw. */
export const BLOCK_SEALED_BYTES_MAX = BLOCK_PLAIN_BYTES_MAX + TAG_BYTES
/** A pack takes no block that begins beyond this. */
export const PACK_BYTES = 32 * MIB
export const PACK_BLOCKS_MAX = 65_535
/** A pack takes no block that would bring more segments into it: its trailer has to be held in memory. */
export const PACK_SEGMENTS_MAX = 1024 * 1024
/** Plain. */
export const TRAILER_BYTES_MAX = 40 * MIB
/** The number that the trailer of a pack is sealed with. */
export const TRAILER_NUMBER = 0xffff_ffff
/** Of a recipe; cut behind members, where the hash of the last member says so. The last one of what is cut for another reason may be shorter. */
export const RECIPE_SEGMENT_BYTES_MIN = 16 * KIB
export const RECIPE_SEGMENT_BYTES_AVERAGE = 64 * KIB
export const RECIPE_SEGMENT_BYTES_MAX = 512 * KIB
export const LITERAL_BYTES_MAX = 64 * KIB
export const MANIFEST_BYTES_MAX = 256 * MIB
export const QUERY_IDS_MAX = 8192
/** With its head of 8 bytes. */
export const FILTER_BYTES_MAX = 4 * MIB + 8
/** Of the records in a HEADER operation of a recipe; a header with more of them is written out. */
export const HEADER_RECORDS_BYTES_MAX = 32 * KIB
/** Of a RECIPE frame of entries without directories, and the payload of any. */
export const RECIPE_ENTRIES_MAX = 4096
export const RECIPE_FRAME_BYTES_MAX = MIB
/** Plain bytes of a ledger object: a checkpoint names every pack. */
export const LEDGER_BYTES_MAX = 256 * MIB
export const MARK_BYTES_MAX = 64 * KIB
/** Name of a dedup domain, of a host, a disk, a manifest. */
export const NAME_BYTES_MAX = 4096
/** Of an index segment, or of a part of one that is sealed by itself. */
export const INDEX_OBJECT_BYTES_MAX = 64 * MIB
