// Reads a snapshot: directories in tree order one after the other, or any of them by bisection, or by inode. In memory are the table of blocks and a few blocks.
// Every block's checksum is checked. Format: docs/formats/snapshot.md.

import { Fault, faultOf } from '../../kernel/fault.ts'
import type { SyncFile } from '../../kernel/sync-file.ts'
import { releaseBytes } from '../../kernel/release-bytes.ts'
import { ZstdUnpacker } from '../../stream/vault/zstd-blocks.ts'
import { compareTreeBytes } from './compare-tree-paths.ts'
import type { DirectoryRecord, SnapshotHeader, SnapshotSource } from './contract.ts'
import { DirectoryView, recordPlace } from './directory-view.ts'
import { InodePages } from './inode-pages.ts'
import { BLOCK_BYTES, RECORD_BYTES_MAX } from './record-layout.ts'
import { crcOf, damaged, decodeFooter, decodeTable, decompress, FOOTER_BYTES, HEAD_BYTES, ORDER_MARK, SNAPSHOT_MAGIC, type BlockTable } from './snapshot-format.ts'

interface LoadedBlock {
  readonly block: number
  /** All of the memory, which is used again when the block is dropped. */
  readonly memory: Uint8Array
  readonly words: Int32Array
  readonly bytes: Uint8Array
  /** Where the record after the one that was read last begins. */
  next: number
}

/** A level works in few places of the tree at once. The block of a record that was asked for is not the first to go. */
const BLOCKS_KEPT = 4
/** Of a block that is not one huge directory, and the byte behind it. */
const MEMORY_BYTES_FIRST = BLOCK_BYTES + 4
const MEMORY_BYTES_KEPT = 2 * BLOCK_BYTES

function readExactly(file: SyncFile, position: number, bytes: number): Buffer {
  const target = Buffer.allocUnsafeSlow(bytes)
  if (file.read(target, position) !== bytes) throw damaged('it is cut short')
  return target
}

/** The path as bytes in a buffer that is used again. */
class PathBytes {
  bytes = Buffer.allocUnsafeSlow(4096)
  length = 0

  set(path: string): void {
    if (path.length > this.bytes.length) this.bytes = Buffer.allocUnsafeSlow(2 * path.length)
    this.length = path === '.' ? 0 : this.bytes.write(path, 0, 'latin1')
  }
}

export class SnapshotReader implements SnapshotSource {
  readonly header: SnapshotHeader
  readonly #file: SyncFile
  readonly #fileBytes: number
  readonly #extra: { readonly extraOffset: number; readonly extraBytes: number }
  readonly #table: BlockTable
  readonly #inodes: InodePages
  readonly #wanted = new PathBytes()
  /** A block as it is stored; used again for the next one. */
  #stored = new Uint8Array(0)
  readonly #unpacker = new ZstdUnpacker()
  /** The block of the last directory first. */
  #blocks: LoadedBlock[] = []

  private constructor(file: SyncFile, fileBytes: number, header: SnapshotHeader, extra: { readonly extraOffset: number; readonly extraBytes: number }, table: BlockTable, inodes: InodePages) {
    this.#file = file
    this.#extra = extra
    this.#fileBytes = fileBytes
    this.header = header
    this.#table = table
    this.#inodes = inodes
  }

  /** Owns `file` from here on; also when it throws `base-missing`. */
  static open(file: SyncFile): SnapshotReader {
    try {
      const fileBytes = file.size()
      if (fileBytes < HEAD_BYTES + FOOTER_BYTES) throw damaged('it is too short')
      const head = readExactly(file, 0, HEAD_BYTES)
      if (!head.subarray(0, SNAPSHOT_MAGIC.length).equals(SNAPSHOT_MAGIC)) throw damaged('it does not begin as one')
      if (!head.subarray(SNAPSHOT_MAGIC.length).equals(new Uint8Array(Uint32Array.of(ORDER_MARK).buffer))) throw damaged('it was written on another kind of machine')
      const footer = decodeFooter(readExactly(file, fileBytes - FOOTER_BYTES, FOOTER_BYTES), fileBytes)
      const stored = readExactly(file, footer.tableOffset, footer.tableBytes)
      if (crcOf(stored) !== footer.tableCrc) throw damaged('the checksum of its table')
      const table = decodeTable(decompress(stored, footer.tableRawBytes, 'its table'), footer)
      const { level, run, directoryCount, entryCount } = footer
      return new SnapshotReader(file, fileBytes, { level, run, directoryCount, entryCount }, footer, table, new InodePages(file, footer.pagesOffset, table))
    } catch (error) {
      file.close()
      const fault = faultOf(error)
      throw fault.code === 'base-missing' ? fault : new Fault('base-missing', `the snapshot of the base cannot be read: ${fault.message}`, { cause: error })
    }
  }

  directory(path: string): DirectoryRecord | undefined {
    this.#wanted.set(path)
    const current = this.#blocks[0]
    return (current === undefined ? undefined : this.#nextOf(current)) ?? this.#bisect()
  }

  /** The directories of part `part` of `parts`, in tree order. */
  *part(part: number, parts: number): Generator<DirectoryRecord> {
    const blockCount = this.#table.offsets.length
    const end = Math.floor((blockCount * (part + 1)) / parts)
    for (let block = Math.floor((blockCount * part) / parts); block < end; block++) {
      const { words, bytes } = this.#load(block)
      for (let at = 0; at < bytes.length; ) {
        const place = recordPlace(words, at)
        yield new DirectoryView(words, place, bytes)
        at = place.end
      }
    }
  }

  pathOfInode(dev: bigint, inode: bigint): string | undefined {
    const place = this.#inodes.find(dev, inode)
    if (place === undefined) return undefined
    const { words } = this.#load(place.block)
    if (place.offset % 4 !== 0 || place.offset >= 4 * words.length) throw damaged('the place of a directory')
    return new DirectoryView(words, recordPlace(words, place.offset)).path
  }

  /** Bytes that the writer was given with the end; none when it was not. Their checksum is their own. */
  extra(): Buffer {
    return readExactly(this.#file, this.#extra.extraOffset, this.#extra.extraBytes)
  }

  close(): void {
    this.#blocks = []
    this.#unpacker.close()
    this.#file.close()
  }

  /** The wanted directory if it is the next of this block. */
  #nextOf(loaded: LoadedBlock): DirectoryRecord | undefined {
    if (loaded.next >= loaded.bytes.length) return this.#firstOfNext(loaded)
    const place = recordPlace(loaded.words, loaded.next)
    if (compareTreeBytes(loaded.bytes, place.pathStart, place.pathEnd, this.#wanted.bytes, 0, this.#wanted.length) !== 0) return undefined
    loaded.next = place.end
    return new DirectoryView(loaded.words, place, loaded.bytes)
  }

  #firstOfNext(loaded: LoadedBlock): DirectoryRecord | undefined {
    const block = loaded.block + 1
    if (block >= this.#table.offsets.length || this.#compareFirst(block) !== 0) return undefined
    const next = this.#load(block)
    next.next = 0
    return this.#nextOf(next)
  }

  /** Order of the first path of a block and the wanted one. */
  #compareFirst(block: number): number {
    const { paths, pathPlaces } = this.#table
    return compareTreeBytes(paths, pathPlaces[block] ?? 0, pathPlaces[block + 1] ?? 0, this.#wanted.bytes, 0, this.#wanted.length)
  }

  #bisect(): DirectoryRecord | undefined {
    let low = 0
    let high = this.#table.offsets.length
    while (low < high) {
      const middle = (low + high) >>> 1
      if (this.#compareFirst(middle) <= 0) low = middle + 1
      else high = middle
    }
    if (low === 0) return undefined
    const loaded = this.#load(low - 1)
    for (let at = 0; at < loaded.bytes.length; ) {
      const place = recordPlace(loaded.words, at)
      const order = compareTreeBytes(loaded.bytes, place.pathStart, place.pathEnd, this.#wanted.bytes, 0, this.#wanted.length)
      if (order > 0) {
        loaded.next = at
        return undefined
      }
      if (order === 0) {
        loaded.next = place.end
        return new DirectoryView(loaded.words, place, loaded.bytes)
      }
      at = place.end
    }
    loaded.next = loaded.bytes.length
    return undefined
  }

  /** The block, which is then the current one. */
  #load(block: number): LoadedBlock {
    const known = this.#blocks.find((loaded) => loaded.block === block)
    if (known !== undefined) {
      if (known !== this.#blocks[0]) this.#blocks = [known, ...this.#blocks.filter((loaded) => loaded !== known)]
      return known
    }
    const { offsets, bytes, rawBytes, crcs } = this.#table
    const length = rawBytes[block] ?? 0
    const position = offsets[block] ?? 0
    const storedBytes = bytes[block] ?? 0
    if (block >= offsets.length || length > RECORD_BYTES_MAX || position + storedBytes > this.#fileBytes) throw damaged('the place of a block')
    if (this.#stored.length < storedBytes) this.#stored = new Uint8Array(2 * storedBytes)
    const stored = this.#stored.subarray(0, storedBytes)
    if (this.#file.read(stored, position) !== storedBytes) throw damaged('it is cut short')
    if (crcOf(stored) !== crcs[block]) throw damaged('the checksum of a block')
    const memory = this.#memoryFor(length + 1)
    if (!this.#unpacker.unpack(stored, memory.subarray(0, length + 1))) throw damaged('a block')
    const loaded = { block, memory, words: new Int32Array(memory.buffer, 0, Math.floor(length / 4)), bytes: memory.subarray(0, length), next: 0 }
    this.#blocks = [loaded, ...this.#blocks]
    return loaded
  }

  /** For one more block: that of the one which was not asked for longest, when there are enough and it is neither too small nor that of a huge directory. */
  #memoryFor(bytes: number): Uint8Array {
    let found: Uint8Array | undefined
    for (const { memory } of this.#blocks.splice(BLOCKS_KEPT - 1)) {
      if (memory.length >= bytes && memory.length <= MEMORY_BYTES_KEPT) found = memory
      else releaseBytes(memory)
    }
    return found ?? new Uint8Array(Math.max(bytes, MEMORY_BYTES_FIRST))
  }
}
