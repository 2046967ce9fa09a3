// The header of nearly every member: a short name, ordinary numbers, at most a time with nanoseconds beside it. One block, or three with the record of the
// time; they stay in one buffer, and of one member to the next only what differs is written, with the checksum following by the difference. Members beyond that
// are pax-writer.ts's. The bytes are the same either way.

import type { MemberFacts } from './pax-writer.ts'

const BLOCK = 512
const NAME_BYTES = 100
const ID_MAX = 0o7777777
const SIZE_MAX = 0o77777777777
/** Seconds of ten digits: 2001 to 2286. */
const SECONDS_MIN = 1_000_000_000
const SECONDS_MAX = 9_999_999_999
const RECORD = Buffer.from('30 mtime=0000000000.000000000\n')
const SECONDS_AT = BLOCK + 9
const NANOSECONDS_AT = BLOCK + 20
/** Where the block of the member itself begins. */
const OWN = 2 * BLOCK
const DIGIT = 0x30
const TYPES: Readonly<Partial<Record<MemberFacts['type'], number>>> = { file: 0x30, 'character-device': 0x33, 'block-device': 0x34, directory: 0x35, fifo: 0x36 }
/** A directory with its contents list has a header that differs in more than its type. */
const LIST_TYPES: typeof TYPES = { 'dump-directory': 0x44 }

export class PlainHeader {
  readonly #bytes: Buffer
  /** All three blocks, and the last one. */
  readonly #whole: Buffer
  readonly #short: Buffer
  /** Of all bytes but those of the checksum, which count as blanks. */
  #sum = 0
  #nameBytes = 0
  #nameSum = 0
  readonly #types: typeof TYPES
  #type: MemberFacts['type'] | undefined
  #mode = 0
  #uid = 0
  #gid = 0
  #size = 0
  #mtime = 0
  #recordSeconds = 0
  #deviceMajor = 0
  #deviceMinor = 0
  #userName: Uint8Array = new Uint8Array(0)
  #groupName: Uint8Array = new Uint8Array(0)

  /** `extension`: the header of a record of thirty bytes; `own`: that of an empty file or dump directory without a name, whose numbers are all 0. */
  constructor(extension: Uint8Array, own: Uint8Array, type: 'file' | 'dump-directory') {
    this.#types = type === 'file' ? TYPES : LIST_TYPES
    this.#bytes = Buffer.alloc(3 * BLOCK)
    this.#bytes.set(extension, 0)
    this.#bytes.set(RECORD, BLOCK)
    this.#bytes.set(own, OWN)
    this.#bytes.fill(0x20, OWN + 148, OWN + 156)
    for (let at = OWN; at < 3 * BLOCK; at++) this.#sum += this.#bytes[at] ?? 0
    this.#bytes[OWN + 154] = 0
    this.#whole = this.#bytes
    this.#short = this.#bytes.subarray(OWN)
  }

  static readonly recordBytes = RECORD.length

  /** The blocks, good until the next call; undefined when the member is none of these. */
  write(facts: MemberFacts): Buffer | undefined {
    const { pathBytes, mtimeRest, mtimeSeconds } = facts
    const type = this.#types[facts.type]
    if (type === undefined || pathBytes > NAME_BYTES || facts.target !== undefined || facts.sparseSize !== undefined || facts.records.length > 0) return undefined
    if (facts.dataBytes > SIZE_MAX || facts.uid > ID_MAX || facts.gid > ID_MAX || mtimeSeconds > SECONDS_MAX || mtimeSeconds < (mtimeRest === 0 ? 0 : SECONDS_MIN)) return undefined
    if (!this.#name(facts.path, pathBytes)) return undefined
    const bytes = this.#bytes
    if (facts.type !== this.#type) {
      this.#sum += type - (bytes[OWN + 156] ?? 0)
      bytes[OWN + 156] = type
      this.#type = facts.type
    }
    this.#numbers(facts)
    if (facts.userName !== this.#userName) this.#owner(265, (this.#userName = facts.userName))
    if (facts.groupName !== this.#groupName) this.#owner(297, (this.#groupName = facts.groupName))
    this.#digits(148, 6, this.#sum)
    if (mtimeRest === 0) return this.#short
    this.#time(mtimeSeconds, mtimeRest)
    return this.#whole
  }

  #numbers(facts: MemberFacts): void {
    const { mode, uid, gid, dataBytes, mtimeSeconds } = facts
    if (mode !== this.#mode) this.#sum += this.#digits(100, 7, (this.#mode = mode))
    if (uid !== this.#uid) this.#sum += this.#digits(108, 7, (this.#uid = uid))
    if (gid !== this.#gid) this.#sum += this.#digits(116, 7, (this.#gid = gid))
    if (dataBytes !== this.#size) this.#sum += this.#digits(124, 11, (this.#size = dataBytes))
    if (mtimeSeconds !== this.#mtime) {
      this.#mtime = mtimeSeconds
      this.#sum += this.#digits(136, 11, mtimeSeconds)
      // Of access and of change.
      if (this.#types === LIST_TYPES) this.#sum += this.#digits(345, 11, mtimeSeconds) + this.#digits(357, 11, mtimeSeconds)
    }
    const deviceMajor = Math.min(facts.deviceMajor, ID_MAX)
    const deviceMinor = Math.min(facts.deviceMinor, ID_MAX)
    if (deviceMajor !== this.#deviceMajor) this.#sum += this.#digits(329, 7, (this.#deviceMajor = deviceMajor))
    if (deviceMinor !== this.#deviceMinor) this.#sum += this.#digits(337, 7, (this.#deviceMinor = deviceMinor))
  }

  /** False for a name that is not all ASCII. */
  #name(path: Uint8Array, length: number): boolean {
    const bytes = this.#bytes
    let sum = 0
    let odd = 0
    for (let index = 0; index < length; index++) {
      const byte = path[index] ?? 0
      sum += byte
      // The highest bit of one beyond ASCII, or of what is one less than NUL.
      odd |= byte | (byte - 1)
      bytes[OWN + index] = byte
    }
    for (let index = length; index < this.#nameBytes; index++) bytes[OWN + index] = 0
    this.#nameBytes = length
    this.#sum += sum - this.#nameSum
    this.#nameSum = sum
    return (odd & 0x80) === 0
  }

  #owner(at: number, name: Uint8Array): void {
    const bytes = this.#bytes
    for (let index = 0; index < 31; index++) {
      const byte = name[index] ?? 0
      this.#sum += byte - (bytes[OWN + at + index] ?? 0)
      bytes[OWN + at + index] = byte
    }
  }

  /** In octal; returns by how much the sum of the digits is another. */
  #digits(at: number, digits: number, value: number): number {
    const bytes = this.#bytes
    const first = OWN + at
    let difference = 0
    let index = first + digits - 1
    // Ten digits of 32 bits, then those beyond.
    let rest = value | 0
    const middle = Math.max(first, index - 9)
    for (; index >= middle; index--) {
      const digit = DIGIT + (rest & 7)
      difference += digit - (bytes[index] ?? 0)
      bytes[index] = digit
      rest >>>= 3
    }
    if (index < first) return difference
    for (rest = Math.floor(value / 2 ** 30); index >= first; index--) {
      const digit = DIGIT + (rest & 7)
      difference += digit - (bytes[index] ?? 0)
      bytes[index] = digit
      rest >>>= 3
    }
    return difference
  }

  #time(seconds: number, nanoseconds: number): void {
    if (seconds !== this.#recordSeconds) {
      this.#recordSeconds = seconds
      const high = Math.floor(seconds / 100_000)
      this.#decimals(SECONDS_AT, 5, high)
      this.#decimals(SECONDS_AT + 5, 5, seconds - high * 100_000)
    }
    this.#decimals(NANOSECONDS_AT, 9, nanoseconds)
  }

  #decimals(at: number, digits: number, value: number): void {
    const bytes = this.#bytes
    let rest = value | 0
    for (let index = at + digits - 1; index >= at; index--) {
      const next = (rest / 10) | 0
      bytes[index] = DIGIT + (rest - next * 10)
      rest = next
    }
  }
}
