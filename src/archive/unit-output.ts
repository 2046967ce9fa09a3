// Where a unit's output goes: blocks of shared memory, filled one after the other and sent with what belongs to them: lines of the index, lines for the
// operator, records of the snapshot. Everything that is bounded is bounded here: what is sent waits for a block, and blocks are lent.

import { releaseBytes } from '../kernel/release-bytes.ts'
import type { IndexWriter } from './index-writer.ts'
import type { MemberOutput } from './member-output.ts'
import { BLOCK_BYTES, type BlockMessage, type LinkedMember } from './unit-messages.ts'

export interface LentBlock {
  readonly number: number
  readonly bytes: Uint8Array
}

/** The worker's end of the loan. */
export interface BlockSupply {
  /** A block to fill; waits until there is one. Throws when the dump was stopped. */
  take(): LentBlock
  send(message: Omit<BlockMessage, 'kind' | 'unit'>): void
}

/** What goes with a block stays about as large as a block at most. */
const INDEX_BYTES_MAX = 256 * 1024
const RECORD_BYTES_FIRST = 32 * 1024
const RECORD_BYTES_MAX = 256 * 1024
/** So few bytes are set faster one by one. */
const SHORT = 96
/** The buffer doubles, so it is larger than what is sent; that of a huge directory is not kept. */
const RECORD_BYTES_KEPT = 2 * RECORD_BYTES_MAX
const SAID_LENGTH_MAX = 64 * 1024

export class UnitOutput implements MemberOutput {
  readonly #supply: BlockSupply
  readonly #index: IndexWriter
  #block: LentBlock | undefined
  #at = 0
  #linked: LinkedMember[] = []
  #said: string[] = []
  #saidLength = 0
  #records = new Uint8Array(0)
  #recordBytes = 0
  #recordEnds: number[] = []
  /** Bytes of the archive so far. */
  bytes = 0

  constructor(supply: BlockSupply, index: IndexWriter) {
    this.#supply = supply
    this.#index = index
  }

  /** A place in the block for the next byte of the archive, and how many fit there: at least one. */
  get target(): Uint8Array {
    if (this.#at === BLOCK_BYTES) this.flush()
    this.#block ??= this.#supply.take()
    return this.#block.bytes
  }

  get at(): number {
    return this.#at
  }

  get position(): number {
    return this.#at
  }

  get room(): number {
    return BLOCK_BYTES - this.#at
  }

  /** Bytes were put at `at` of `target`. */
  advance(bytes: number): void {
    this.#at += bytes
    this.bytes += bytes
  }

  append(source: Uint8Array): void {
    if (this.#block !== undefined && source.length <= this.room) {
      this.#block.bytes.set(source, this.#at)
      this.advance(source.length)
      return
    }
    for (let from = 0; from < source.length; ) {
      const target = this.target
      const count = Math.min(source.length - from, this.room)
      target.set(from === 0 && count === source.length ? source : source.subarray(from, from + count), this.#at)
      this.advance(count)
      from += count
    }
  }

  directory(): void {
    // Every header has its whole path.
  }

  header(source: Uint8Array): void {
    this.append(source)
  }

  zeros(bytes: number): void {
    if (this.#block !== undefined && bytes <= SHORT && bytes <= this.room) {
      const { bytes: target } = this.#block
      for (let at = this.#at, end = at + bytes; at < end; at++) target[at] = 0
      this.advance(bytes)
      return
    }
    for (let left = bytes; left > 0; ) {
      const target = this.target
      const count = Math.min(left, this.room)
      target.fill(0, this.#at, this.#at + count)
      this.advance(count)
      left -= count
    }
  }

  /** The start of a member, as its block counts; so many bytes of it lie in one block. */
  startMember(bytesTogether = 0): number {
    if (this.room < bytesTogether) this.flush()
    void this.target
    return this.#at
  }

  addLinked(member: LinkedMember): void {
    this.#linked.push(member)
  }

  say(text: string): void {
    this.#said.push(text)
    this.#saidLength += text.length
  }

  addRecord(record: Uint8Array): void {
    const end = this.#recordBytes + record.length
    if (end > this.#records.length) {
      const grown = new Uint8Array(Math.max(end, 2 * this.#records.length, RECORD_BYTES_FIRST))
      grown.set(this.#records.subarray(0, this.#recordBytes))
      releaseBytes(this.#records)
      this.#records = grown
    }
    this.#records.set(record, this.#recordBytes)
    this.#recordBytes = end
    this.#recordEnds.push(end)
  }

  /** Between two members: sends what has become much. */
  settle(): void {
    if (this.#index.bytes > INDEX_BYTES_MAX || this.#recordBytes > RECORD_BYTES_MAX || this.#saidLength > SAID_LENGTH_MAX) this.flush()
  }

  /** Sends the block with all that belongs to it. */
  flush(): void {
    const hasIndex = this.#index.bytes > 0
    if (this.#at === 0 && !hasIndex && this.#said.length === 0 && this.#recordBytes === 0) return
    this.#block ??= this.#supply.take()
    const lines = hasIndex ? this.#index.take() : undefined
    this.#supply.send({ block: this.#block.number, bytes: this.#at, index: lines?.index, blanks: lines?.blanks, linked: this.#linked, said: this.#said, records: this.#recordBytes === 0 ? undefined : this.#records.slice(0, this.#recordBytes), recordEnds: this.#recordEnds })
    this.#block = undefined
    this.#at = 0
    this.#linked = []
    this.#said = []
    this.#saidLength = 0
    if (this.#records.length > RECORD_BYTES_KEPT) {
      releaseBytes(this.#records)
      this.#records = new Uint8Array(0)
    }
    this.#recordBytes = 0
    this.#recordEnds = []
  }

  /** The block that was taken and not filled. */
  giveBack(): number | undefined {
    const block = this.#at === 0 ? this.#block : undefined
    if (block !== undefined) this.#block = undefined
    return block?.number
  }
}
