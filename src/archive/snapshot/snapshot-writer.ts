// Writes a snapshot: records are gathered to blocks, blocks are compressed and appended. In memory are one block, the table of blocks and a run of inodes.
// Format: docs/formats/snapshot.md.

import type { SyncFile } from '../../kernel/sync-file.ts'
import { releaseBytes } from '../../kernel/release-bytes.ts'
import { ZstdPacker } from '../../stream/vault/zstd-blocks.ts'
import { compareTreeBytes } from './compare-tree-paths.ts'
import type { SnapshotHeader, SnapshotSink } from './contract.ts'
import { recordPlace } from './directory-view.ts'
import { inodePagesBytes, writeInodePages } from './inode-pages.ts'
import { InodeRuns } from './inode-runs.ts'
import * as layout from './record-layout.ts'
import { BlockTableWriter, compress, COMPRESS_LEVEL, crcOf, encodeFooter, HEAD_BYTES, ORDER_MARK, SNAPSHOT_MAGIC } from './snapshot-format.ts'

export interface SnapshotIdentity {
  readonly level: number
  /** 14 digits. */
  readonly run: string
}

export class SnapshotWriter implements SnapshotSink {
  readonly #file: SyncFile
  readonly #identity: SnapshotIdentity
  readonly #table = new BlockTableWriter()
  readonly #inodes: InodeRuns
  readonly #packer = new ZstdPacker(COMPRESS_LEVEL)
  readonly #block = new Uint8Array(layout.BLOCK_BYTES)
  #blockBytes = 0
  #position = HEAD_BYTES
  /** First path of the block, and the path of the last record. */
  #firstPath: Uint8Array = new Uint8Array(0)
  #lastPath = new Uint8Array(4096)
  #lastPathBytes = 0
  #directoryCount = 0
  #entryCount = 0

  /** `file` is empty; `openScratch` makes a file that nobody else sees and that is gone when it is closed. */
  constructor(file: SyncFile, openScratch: () => SyncFile, identity: SnapshotIdentity) {
    this.#file = file
    this.#identity = identity
    this.#inodes = new InodeRuns(openScratch)
    file.write(Buffer.concat([SNAPSHOT_MAGIC, new Uint8Array(Uint32Array.of(ORDER_MARK).buffer)]), 0)
  }

  addDirectory(record: Uint8Array): void {
    const aligned = record.byteOffset % 4 === 0 ? record : Uint8Array.from(record)
    const words = new Int32Array(aligned.buffer, aligned.byteOffset, Math.floor(aligned.length / 4))
    const { pathStart, pathEnd, end } = recordPlace(words, 0)
    if (this.#directoryCount > 0 && compareTreeBytes(this.#lastPath, 0, this.#lastPathBytes, record, pathStart, pathEnd) >= 0) return
    if (this.#blockBytes > 0 && this.#blockBytes + end > layout.BLOCK_BYTES) this.#flush()
    this.#keepPath(record, pathStart, pathEnd)
    if (this.#blockBytes === 0) this.#firstPath = this.#lastPath.slice(0, this.#lastPathBytes)
    const dev = layout.AT_DEV
    const inode = layout.AT_INODE
    this.#inodes.add(words[dev] ?? 0, words[dev + 1] ?? 0, words[inode] ?? 0, words[inode + 1] ?? 0, this.#table.blockCount, this.#blockBytes)
    this.#directoryCount++
    this.#entryCount += words[layout.AT_COUNT] ?? 0
    if (end > layout.BLOCK_BYTES) this.#write(record.subarray(0, end))
    else {
      this.#block.set(record.subarray(0, end), this.#blockBytes)
      this.#blockBytes += end
    }
  }

  /** Puts bytes that are not of the snapshot between its blocks; returns where. */
  append(bytes: Uint8Array): number {
    const position = this.#position
    this.#file.write(bytes, position)
    this.#position += bytes.length
    return position
  }

  /** `extra`: what the reader gets as such. */
  finish(extra?: Uint8Array): SnapshotHeader {
    this.#flush()
    const extraOffset = this.#position
    if (extra !== undefined) this.append(extra)
    const pagesOffset = this.#position
    const pageCount = writeInodePages(this.#inodes, this.#file, pagesOffset, this.#table)
    this.#inodes.close()
    this.#packer.close()
    const raw = this.#table.finish()
    const table = compress(raw)
    const tableOffset = pagesOffset + inodePagesBytes(pageCount)
    const header = { ...this.#identity, directoryCount: this.#directoryCount, entryCount: this.#entryCount }
    const footer = encodeFooter({ ...header, tableOffset, tableBytes: table.length, tableRawBytes: raw.length, tableCrc: crcOf(table), blockCount: this.#table.blockCount, pagesOffset, pageCount, extraOffset, extraBytes: extra?.length ?? 0 })
    this.#file.write(Buffer.concat([table, footer]), tableOffset)
    this.#file.sync()
    this.#file.close()
    return header
  }

  abandon(): void {
    for (const end of [() => this.#inodes.close(), () => this.#packer.close(), () => this.#file.close()]) {
      try {
        end()
      } catch {
        // What was written is dropped in any case.
      }
    }
  }

  #keepPath(record: Uint8Array, start: number, end: number): void {
    this.#lastPathBytes = end - start
    if (this.#lastPath.length < this.#lastPathBytes) this.#lastPath = new Uint8Array(2 * this.#lastPathBytes)
    for (let at = start; at < end; at++) this.#lastPath[at - start] = record[at] ?? 0
  }

  #flush(): void {
    if (this.#blockBytes === 0) return
    this.#write(this.#block.subarray(0, this.#blockBytes))
    this.#blockBytes = 0
  }

  #write(raw: Uint8Array): void {
    // The packer keeps the memory of its result.
    const isLarge = raw.length > layout.BLOCK_BYTES
    const bytes = isLarge ? compress(raw) : this.#packer.pack(raw)
    this.#file.write(bytes, this.#position)
    this.#table.addBlock(this.#position, bytes, raw.length, this.#firstPath)
    this.#position += bytes.length
    if (isLarge) releaseBytes(bytes)
  }
}
