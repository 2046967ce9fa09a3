// What is known of one file, held in the form in which Linux tells it (statx), so that a walk over millions of files makes no object for each: one
// buffer is filled again and again. Field offsets: the kernel's uapi header linux/stat.h, the same on every processor. All numbers are little-endian, as
// all machines are that Node runs on.

const WORDS = 64
const TWO_32 = 2 ** 32
const NANOSECONDS = 1_000_000_000n

/** The path is where something is mounted. */
const MOUNT_ROOT = 0x2000
/** The file asks dumps to leave it out. */
const NODUMP = 0x40

const TYPE_MASK = 0o170000

export type FileKind = 'file' | 'directory' | 'symlink' | 'fifo' | 'character-device' | 'block-device' | 'socket' | 'other'

const KINDS: Readonly<Record<number, FileKind>> = {
  0o100000: 'file',
  0o040000: 'directory',
  0o120000: 'symlink',
  0o010000: 'fifo',
  0o020000: 'character-device',
  0o060000: 'block-device',
  0o140000: 'socket',
}

export class FileFacts {
  /** Shared memory stays where it is. */
  readonly words = new Int32Array(new SharedArrayBuffer(4 * WORDS))
  /** The same memory, for the call that fills it. */
  readonly bytes = new Uint8Array(this.words.buffer)
  /** Where it lies, once that call knows; 0 before. */
  address = 0
  readonly #unsigned = new Uint32Array(this.words.buffer)
  readonly #wide = new BigUint64Array(this.words.buffer)

  #u(word: number): number {
    return this.#unsigned[word] ?? 0
  }

  #u64(word: number): number {
    return this.#u(word + 1) * TWO_32 + this.#u(word)
  }

  get kind(): FileKind {
    return KINDS[this.#u(7) & TYPE_MASK] ?? 'other'
  }

  get isDirectory(): boolean {
    return (this.#u(7) & TYPE_MASK) === 0o040000
  }

  get isFile(): boolean {
    return (this.#u(7) & TYPE_MASK) === 0o100000
  }

  /** Permissions, without the type. */
  get mode(): number {
    return this.#u(7) & 0o7777
  }

  get linkCount(): number {
    return this.#u(4)
  }

  get uid(): number {
    return this.#u(5)
  }

  get gid(): number {
    return this.#u(6)
  }

  get inode(): bigint {
    return this.#wide[4] ?? 0n
  }

  get size(): number {
    return this.#u64(10)
  }

  /** Bytes that the file takes on the disk. */
  get allocatedBytes(): number {
    return this.#u64(12) * 512
  }

  get isMountRoot(): boolean {
    return (this.#u(2) & MOUNT_ROOT) !== 0
  }

  get isNodump(): boolean {
    return (this.#u(2) & NODUMP) !== 0
  }

  /** Whole seconds since 1970, rounded down. */
  get mtimeSeconds(): number {
    return (this.words[29] ?? 0) * TWO_32 + this.#u(28)
  }

  /** What is beyond the whole seconds, 0 to 999,999,999. */
  get mtimeRest(): number {
    return this.#u(30)
  }

  get mtimeNs(): bigint {
    return BigInt(this.mtimeSeconds) * NANOSECONDS + BigInt(this.mtimeRest)
  }

  get ctimeSeconds(): number {
    return (this.words[25] ?? 0) * TWO_32 + this.#u(24)
  }

  get ctimeRest(): number {
    return this.#u(26)
  }

  get ctimeNs(): bigint {
    return BigInt(this.ctimeSeconds) * NANOSECONDS + BigInt(this.ctimeRest)
  }

  get deviceMajor(): number {
    return this.#u(32)
  }

  get deviceMinor(): number {
    return this.#u(33)
  }

  /** The file system the file is on. */
  get dev(): bigint {
    return (BigInt(this.#u(34)) << 32n) | BigInt(this.#u(35))
  }

  /** The mount it was reached through; 0 where that is not told. */
  get mountId(): number {
    return this.#u64(36)
  }

  copyFrom(other: FileFacts): void {
    this.words.set(other.words)
  }
}
