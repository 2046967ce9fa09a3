// What a dump into a vault leaves for the next one: a snapshot (snapshot/) with the operations of its members beside the records, and behind them what the dump was made
// with and its recipe's segments. Operations lie in blocks of `OPERATIONS_BLOCK` bytes, which are compressed one by one. Format: docs/formats/snapshot.md.

import { ByteReader, ByteWriter } from '../../kernel/bytes.ts'
import { Fault, faultOf } from '../../kernel/fault.ts'
import { releaseBytes } from '../../kernel/release-bytes.ts'
import type { SyncFile } from '../../kernel/sync-file.ts'
import { ZstdPacker } from '../../stream/vault/zstd-blocks.ts'
import { ID_BYTES } from '../../wire/vault/limits.ts'
import type { RecipeEntry } from '../../wire/vault/uplink.ts'
import { compress, crcOf, damaged, decompress } from '../snapshot/snapshot-format.ts'
import { recordPlace } from '../snapshot/directory-view.ts'
import { AT_COUNT } from '../snapshot/record-layout.ts'
import { SnapshotReader } from '../snapshot/snapshot-reader.ts'
import { SnapshotWriter } from '../snapshot/snapshot-writer.ts'
import { KeptPlaces, OPERATIONS_AT, OPERATIONS_MARK, TAIL_PLACE } from './kept-record.ts'

const MAGIC = Buffer.from('HFKEEP01')
export const OPERATIONS_BLOCK = 128 * 1024
const FINGERPRINT_BYTES = 32
/** Entries of a recipe that are kept: some ten gigabytes of recipe. What is beyond them is asked for again. */
const ENTRIES_MAX = 200_000
const OWNERS_BYTES_MAX = 1024 * 1024
const RAW_BYTES_MAX = 256 * 1024 * 1024
const TWO_32 = 2 ** 32

/** What the operations follow from beside the files. */
export interface KeptFacts {
  /** Of the vault, its domain, and the settings (vault-base.ts): 32 bytes. */
  readonly fingerprint: Uint8Array
  /** Lines `u:NUMBER:NAME` and `g:NUMBER:NAME` of the names that stand in headers. */
  readonly owners: readonly string[]
  readonly entries: readonly RecipeEntry[]
}

interface Blocks {
  readonly offsets: Float64Array
  readonly bytes: Uint32Array
  readonly crcs: Uint32Array
}

export class KeptWriter {
  readonly #writer: SnapshotWriter
  readonly #blocks = new ByteWriter(16 * 1024)
  readonly #block = new Uint8Array(OPERATIONS_BLOCK)
  #blockBytes = 0
  #blockCount = 0
  readonly #packer = new ZstdPacker(1)
  /** Bytes of operations so far. */
  #position = 0

  constructor(file: SyncFile, openScratch: () => SyncFile, run: string) {
    this.#writer = new SnapshotWriter(file, openScratch, { level: 0, run })
  }

  /** What a thread made: operations of a directory, then its record. In the order of the tree. */
  add(record: Uint8Array): void {
    const words = new Int32Array(record.buffer, record.byteOffset, Math.floor(record.length / 4))
    if (words[0] === OPERATIONS_MARK) {
      this.#operations(record.subarray(OPERATIONS_AT, OPERATIONS_AT + (words[1] ?? 0)))
      return
    }
    const tail = words.subarray(Math.ceil(recordPlace(words, 0).pathEnd / 4))
    // Its operations are the last there are: others, of a directory that has no record after all, may lie before them.
    const start = this.#position - (KeptPlaces.of(tail, words[AT_COUNT] ?? 0)?.bytes ?? 0)
    tail[TAIL_PLACE] = start % TWO_32
    tail[TAIL_PLACE + 1] = Math.floor(start / TWO_32)
    this.#writer.addDirectory(record)
  }

  /** Durable when it returns, but for the name. */
  finish(facts: KeptFacts): void {
    this.#flush()
    this.#packer.close()
    const entries = facts.entries.slice(0, ENTRIES_MAX)
    const owners = Buffer.from(facts.owners.join('\n'))
    const writer = new ByteWriter(64 * 1024)
    writer.put(MAGIC).put(facts.fingerprint).u64(this.#position).u32(this.#blockCount).put(this.#blocks.finish())
    writer.u32(owners.length).put(owners).u32(entries.length)
    for (const { id, recipeBytes, nativeBytes, crc, directory } of entries) writer.put(id).u32(recipeBytes).u64(nativeBytes).u32(crc >>> 0).u32(directory.length).put(directory)
    const raw = writer.finish()
    const stored = compress(raw)
    this.#writer.finish(Buffer.concat([new ByteWriter(8).u32(raw.length).u32(crcOf(stored)).finish(), stored]))
  }

  abandon(): void {
    this.#packer.close()
    this.#writer.abandon()
  }

  #operations(bytes: Uint8Array): void {
    for (let from = 0; from < bytes.length; ) {
      const count = Math.min(bytes.length - from, OPERATIONS_BLOCK - this.#blockBytes)
      this.#block.set(bytes.subarray(from, from + count), this.#blockBytes)
      this.#blockBytes += count
      from += count
      if (this.#blockBytes === OPERATIONS_BLOCK) this.#flush()
    }
    this.#position += bytes.length
  }

  #flush(): void {
    if (this.#blockBytes === 0) return
    const stored = this.#packer.pack(this.#block.subarray(0, this.#blockBytes))
    this.#blocks.u64(this.#writer.append(stored)).u32(stored.length).u32(crcOf(stored))
    this.#blockCount++
    this.#blockBytes = 0
  }
}

interface LoadedBlock {
  readonly block: number
  readonly bytes: Uint8Array
}

const BLOCKS_KEPT = 3

export class KeptReader {
  readonly directories: SnapshotReader
  readonly facts: KeptFacts
  readonly #file: SyncFile
  readonly #blocks: Blocks
  readonly #bytes: number
  #loaded: LoadedBlock[] = []

  private constructor(directories: SnapshotReader, file: SyncFile, facts: KeptFacts, blocks: Blocks, bytes: number) {
    this.directories = directories
    this.facts = facts
    this.#file = file
    this.#blocks = blocks
    this.#bytes = bytes
  }

  /** Owns `file` from here on; also when it throws `base-missing`. */
  static open(file: SyncFile): KeptReader {
    const directories = SnapshotReader.open(file)
    try {
      const { facts, blocks, bytes } = decodeExtra(directories.extra(), file.size())
      return new KeptReader(directories, file, facts, blocks, bytes)
    } catch (error) {
      directories.close()
      const fault = faultOf(error)
      throw fault.code === 'base-missing' ? fault : damaged(fault.message)
    }
  }

  /** Hands over operations piece by piece; each is lent until the next call. */
  read(start: number, bytes: number, take: (piece: Uint8Array) => void): void {
    if (start + bytes > this.#bytes) throw damaged('the place of operations')
    for (let at = start, end = start + bytes; at < end; ) {
      const block = Math.floor(at / OPERATIONS_BLOCK)
      const from = at - block * OPERATIONS_BLOCK
      const count = Math.min(end - at, OPERATIONS_BLOCK - from)
      take(this.#load(block).subarray(from, from + count))
      at += count
    }
  }

  close(): void {
    this.directories.close()
  }

  #load(block: number): Uint8Array {
    const known = this.#loaded.find((loaded) => loaded.block === block)
    if (known !== undefined) return known.bytes
    const { offsets, bytes, crcs } = this.#blocks
    const stored = Buffer.allocUnsafeSlow(bytes[block] ?? 0)
    if (this.#file.read(stored, offsets[block] ?? 0) !== stored.length) throw damaged('it is cut short')
    if (crcOf(stored) !== crcs[block]) throw damaged('the checksum of operations')
    const raw = decompress(stored, Math.min(OPERATIONS_BLOCK, this.#bytes - block * OPERATIONS_BLOCK), 'operations')
    releaseBytes(stored)
    const dropped = this.#loaded.splice(BLOCKS_KEPT - 1)
    this.#loaded = [{ block, bytes: raw }, ...this.#loaded]
    for (const each of dropped) releaseBytes(each.bytes)
    return raw
  }
}

function decodeExtra(extra: Buffer, fileBytes: number): { readonly facts: KeptFacts; readonly blocks: Blocks; readonly bytes: number } {
  if (extra.length < 8) throw damaged('it keeps no operations')
  const rawBytes = extra.readUInt32BE(0)
  const stored = extra.subarray(8)
  if (rawBytes > RAW_BYTES_MAX || crcOf(stored) !== extra.readUInt32BE(4)) throw damaged('the checksum of what it keeps')
  const reader = new ByteReader(decompress(stored, rawBytes, 'what it keeps'))
  if (!MAGIC.equals(reader.take(MAGIC.length, 'magic'))) throw damaged('what it keeps')
  const fingerprint = Uint8Array.from(reader.take(FINGERPRINT_BYTES, 'fingerprint'))
  const bytes = reader.u64('bytes')
  const count = reader.u32('blocks')
  if (count !== Math.ceil(bytes / OPERATIONS_BLOCK) || 16 * count > rawBytes) throw damaged('the table of its operations')
  const blocks = { offsets: new Float64Array(count), bytes: new Uint32Array(count), crcs: new Uint32Array(count) }
  for (let block = 0; block < count; block++) {
    const [offset, length, crc] = [reader.u64('block'), reader.u32('block'), reader.u32('block')]
    if (offset + length > fileBytes) throw damaged('the place of operations')
    blocks.offsets[block] = offset
    blocks.bytes[block] = length
    blocks.crcs[block] = crc
  }
  const ownerBytes = reader.u32('owners')
  if (ownerBytes > OWNERS_BYTES_MAX) throw damaged('its owners')
  const owners = Buffer.from(reader.take(ownerBytes, 'owners')).toString().split('\n').filter((line) => line !== '')
  const entryCount = reader.u32('entries')
  if (entryCount > ENTRIES_MAX) throw new Fault('base-missing', 'the snapshot names too many segments')
  const entries = Array.from({ length: entryCount }, () => ({ id: Uint8Array.from(reader.take(ID_BYTES, 'id')), recipeBytes: reader.u32('bytes'), nativeBytes: reader.u64('bytes'), crc: reader.u32('checksum'), directory: Uint8Array.from(reader.take(reader.u32('directory'), 'directory')) }))
  reader.finish('what it keeps')
  return { facts: { fingerprint, owners, entries }, blocks, bytes }
}
