// Some members of a dump as a tar stream of their own, read from where they lie instead of reading all of the dump. Members that lie near each other are
// read in one go. The checksum of the whole dump cannot be compared; in its place every header's checksum is, and that each member is where the index says
// and as long; zstd compares the checksums of its frames.

import type { DumpRecord } from '../catalog/contract.ts'
import type { ByteSource } from '../kernel/byte-stream.ts'
import { Fault, faultOf } from '../kernel/fault.ts'
import type { ProcessRunner } from '../kernel/processes.ts'
import { TarMemberReader, type TarMember } from '../wire/tar/member-reader.ts'
import { openDumpAt, type DumpAt } from './dump-at.ts'
import { describe, type DumpStores } from './fetch.ts'

/** Where a member lies in the dump, filters undone (IndexAttributes). */
export interface MemberPlace {
  readonly offset: number
  readonly spanBytes: number
}

export interface MembersSource extends ByteSource {
  /** Bytes read from the holding disk or volumes so far. */
  readonly bytesRead: number
}

/** Members that are looked at ahead to find those that are read in one go. */
const AHEAD_MAX = 1000
/** Two zero blocks. */
const ARCHIVE_END = Buffer.alloc(1024)

/**
 * The members at `wanted`, whose offsets must rise, and the end of an archive. Rejects as openDump does. A read rejects with `index-damaged` when a place
 * is not where a member of that span lies, or with what reading the dump said.
 */
export async function openMembers(stores: DumpStores, dump: DumpRecord, wanted: AsyncIterable<MemberPlace>, processes: ProcessRunner): Promise<MembersSource> {
  return new Members(await openDumpAt(stores, dump, processes), wanted[Symbol.asyncIterator](), describe(dump))
}

class Members implements MembersSource {
  readonly #dump: DumpAt
  readonly #what: string
  readonly #wanted: AsyncIterator<MemberPlace>
  /** Places that come next, the first one first. */
  #ahead: MemberPlace[] = []
  #isWantedAtEnd = false
  #source: ByteSource | undefined
  /** Of the dump: the next byte of `#source`, and where that ends. */
  #position = 0
  #end = 0
  #rest: Uint8Array = ARCHIVE_END.subarray(0, 0)
  #current: MemberPlace | undefined
  #left = 0
  /** Members whose headers came since the current one began. */
  #seen: TarMember[] = []
  readonly #reader = new TarMemberReader((member) => this.#seen.push(member))
  #readerBase = 0
  #reading: Promise<unknown> = Promise.resolve()
  #isDone = false
  #ended: Fault | undefined

  constructor(dump: DumpAt, wanted: AsyncIterator<MemberPlace>, what: string) {
    this.#dump = dump
    this.#wanted = wanted
    this.#what = what
  }

  get bytesRead(): number {
    return this.#dump.bytesRead
  }

  read(): Promise<Uint8Array | null> {
    const answer = this.#read()
    this.#reading = answer.catch(() => undefined)
    return answer
  }

  async #read(): Promise<Uint8Array | null> {
    if (this.#ended !== undefined) throw this.#ended
    if (this.#isDone) return null
    try {
      if (this.#left === 0 && !(await this.#begin())) {
        this.#isDone = true
        await this.#dump[Symbol.asyncDispose]()
        return ARCHIVE_END
      }
      return await this.#next()
    } catch (error) {
      this.cancel(faultOf(error))
      throw this.#ended ?? error
    }
  }

  cancel(reason: Fault): void {
    if (this.#ended !== undefined || this.#isDone) return
    this.#ended = reason
    this.#source?.cancel(reason)
    // What is being read is still in use.
    const close = async (): Promise<void> => {
      await this.#dump[Symbol.asyncDispose]()
      await this.#wanted.return?.()
    }
    void this.#reading.then(close).catch(() => undefined)
  }

  /** Turns to the next member; false when there is none. */
  async #begin(): Promise<boolean> {
    await this.#lookAhead()
    const place = this.#ahead.shift()
    if (place === undefined) return false
    const { offset, spanBytes } = place
    const isSound = Number.isSafeInteger(offset) && Number.isSafeInteger(spanBytes) && offset >= 0 && spanBytes >= 512 && spanBytes % 512 === 0 && Number.isSafeInteger(offset + spanBytes)
    if (!isSound) throw this.#wrong(place, 'no member can lie there')
    if (this.#current !== undefined && offset < this.#current.offset + this.#current.spanBytes) throw this.#wrong(place, 'it lies in the member before it')
    this.#current = place
    this.#left = spanBytes
    this.#seen = []
    this.#readerBase = this.#reader.offset
    if (this.#source !== undefined && offset + spanBytes <= this.#end && offset - this.#position <= this.#dump.gapBytesMax) {
      await this.#skipTo(offset)
      return true
    }
    this.#source?.cancel(new Fault('cancelled', 'the dump is read from another place'))
    this.#end = this.#endOfRun(place)
    this.#rest = ARCHIVE_END.subarray(0, 0)
    this.#position = offset
    this.#source = await this.#dump.read(offset, this.#end - offset)
    return true
  }

  async #lookAhead(): Promise<void> {
    if (this.#ahead.length > 0 && this.#source !== undefined && (this.#ahead[0]?.offset ?? 0) < this.#end) return
    while (this.#ahead.length < AHEAD_MAX && !this.#isWantedAtEnd) {
      const next = await this.#wanted.next()
      if (next.done === true) this.#isWantedAtEnd = true
      else this.#ahead.push(next.value)
    }
  }

  /** Where the members end that are read in one go with `place`. */
  #endOfRun(place: MemberPlace): number {
    const gap = this.#dump.gapBytesMax
    if (gap === Number.POSITIVE_INFINITY) return gap
    let end = place.offset + place.spanBytes
    for (const { offset, spanBytes } of this.#ahead) {
      if (offset < end || offset - end > gap || spanBytes < 0) break
      end = offset + spanBytes
    }
    return end
  }

  async #skipTo(offset: number): Promise<void> {
    while (this.#position < offset) {
      const piece = await this.#piece(offset - this.#position)
      if (piece === null) return
    }
  }

  async #next(): Promise<Uint8Array> {
    const place = this.#current ?? { offset: 0, spanBytes: 0 }
    const piece = await this.#piece(this.#left)
    if (piece === null) throw this.#wrong(place, 'the dump ends before it')
    this.#left -= piece.length
    try {
      this.#reader.push(piece)
    } catch (error) {
      throw this.#wrong(place, faultOf(error).message)
    }
    if (this.#left === 0) {
      const [seen, second] = this.#seen
      if (this.#reader.isEnded || second !== undefined || seen?.offset !== this.#readerBase || seen.spanBytes !== place.spanBytes) throw this.#wrong(place, 'there is no member of that size')
    }
    return piece
  }

  /** At most `limit` bytes of the source. */
  async #piece(limit: number): Promise<Uint8Array | null> {
    if (this.#rest.length === 0) {
      const piece = (await this.#source?.read()) ?? null
      if (piece === null) return null
      this.#rest = piece
    }
    const piece = this.#rest.subarray(0, limit)
    this.#rest = this.#rest.subarray(piece.length)
    this.#position += piece.length
    return piece
  }

  #wrong({ offset, spanBytes }: MemberPlace, why: string): Fault {
    return new Fault('index-damaged', `${this.#what}: the index names a member of ${spanBytes} bytes at byte ${offset}: ${why}`)
  }
}
