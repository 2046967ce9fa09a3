// TreeCalls by the C library: half the time of Node's calls for a path, since the directory is open already and no object is made of an answer.

import { constants } from 'node:fs'
import type { FileFacts } from './file-facts.ts'
import { addressOf, errnoName, nativeCall, systemError, type NativeCall } from './libc.ts'
import type { DirentSink, TreeCalls } from './tree-calls.ts'

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants
const O_NOATIME = process.arch === 'x64' || process.arch === 'arm64' ? 0o1000000 : 0
const O_CLOEXEC = 0o2000000
const DIRECTORY_FLAGS = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
const FILE_FLAGS = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC
const AT_SYMLINK_NOFOLLOW = 0x100
const AT_NO_AUTOMOUNT = 0x800
const AT_EMPTY_PATH = 0x1000
/** All of struct stat, and the mount. */
const STATX_MASK = 0x17ff
const DIRENT_ROOM_BYTES = 64 * 1024
const LINK_BYTES_FIRST = 4096
const NAME_BYTES_FIRST = 4096

/** The name without what may stand behind it in its buffer. */
function untilNul(name: Uint8Array): Uint8Array {
  return name.subarray(0, name.indexOf(0))
}

class NativeTreeCalls implements TreeCalls {
  readonly #openat: NativeCall
  readonly #close: NativeCall
  readonly #statx: NativeCall
  readonly #getdents: NativeCall
  readonly #pread: NativeCall
  readonly #preadAt: NativeCall
  readonly #readlinkat: NativeCall
  /** The shared memory that was read into last, and where it lies. */
  #shared: Uint8Array | undefined
  #address = 0
  /** The name that a call is given, and where it lies: finding out where an object's memory is costs more than the copy. */
  #name = new Uint8Array(new SharedArrayBuffer(NAME_BYTES_FIRST))
  #nameAddress = addressOf(this.#name)
  /** Allowed to the owner of a file and to root. */
  #noAccessTime = O_NOATIME

  constructor(calls: readonly NativeCall[]) {
    const [openat, close, statx, getdents, pread, readlinkat, preadAt] = calls
    if (openat === undefined || close === undefined || statx === undefined || getdents === undefined || pread === undefined || readlinkat === undefined || preadAt === undefined) throw new Error('a call is missing')
    this.#openat = openat
    this.#close = close
    this.#statx = statx
    this.#getdents = getdents
    this.#pread = pread
    this.#readlinkat = readlinkat
    this.#preadAt = preadAt
  }

  openTop(path: Uint8Array): number {
    const fd = this.#openat(-100, this.#place(path), O_RDONLY | O_DIRECTORY | O_CLOEXEC, 0)
    if (fd < 0) throw systemError('open', path)
    return fd
  }

  openDirectory(parent: number, name: Uint8Array): number {
    return this.#open(parent, name, DIRECTORY_FLAGS)
  }

  openFile(directory: number, name: Uint8Array): number {
    return this.#open(directory, name, FILE_FLAGS)
  }

  #open(directory: number, name: Uint8Array, flags: number): number {
    const fd = this.#openat(directory, this.#place(name), flags | this.#noAccessTime, 0)
    if (fd >= 0) return fd
    if (this.#noAccessTime !== 0 && errnoName() === 'EPERM') {
      this.#noAccessTime = 0
      return this.#open(directory, name, flags)
    }
    throw systemError('open', untilNul(name))
  }

  close(handle: number): void {
    this.#close(handle)
  }

  stat(directory: number, name: Uint8Array, into: FileFacts): void {
    if (this.#statx(directory, this.#place(name), AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT, STATX_MASK, this.#placeOf(into)) !== 0) throw systemError('stat', untilNul(name))
  }

  statHandle(handle: number, into: FileFacts): void {
    this.#name[0] = 0
    if (this.#statx(handle, this.#nameAddress, AT_EMPTY_PATH, STATX_MASK, this.#placeOf(into)) !== 0) throw systemError('stat', '')
  }

  /** Where the name lies for the next call, up to its NUL. */
  #place(name: Uint8Array): number {
    if (name.length >= this.#name.length) {
      this.#name = new Uint8Array(new SharedArrayBuffer(2 * name.length))
      this.#nameAddress = addressOf(this.#name)
    }
    const place = this.#name
    for (let at = 0; ; at++) {
      const byte = name[at] ?? 0
      place[at] = byte
      if (byte === 0) return this.#nameAddress
    }
  }

  #placeOf(facts: FileFacts): number {
    if (facts.address === 0) facts.address = addressOf(facts.bytes)
    return facts.address
  }

  readNames(directory: number, sink: DirentSink): void {
    for (;;) {
      const room = sink.room(DIRENT_ROOM_BYTES)
      const bytes = this.#getdents(directory, room, room.length)
      if (bytes < 0) throw systemError('readdir', '')
      if (bytes === 0) return
      sink.filled(bytes)
    }
  }

  read(handle: number, target: Uint8Array, at: number, bytes: number, position: number): number {
    if (at + bytes > target.length) throw new RangeError('a read beyond its memory')
    const count = this.#isShared(target) ? this.#preadAt(handle, this.#address + at, bytes, position) : this.#pread(handle, at === 0 ? target : target.subarray(at), bytes, position)
    if (count < 0) throw systemError('read', '')
    return count
  }

  /** Whether `target` is shared memory, whose address is known then: a view for each small file would be garbage for each. */
  #isShared(target: Uint8Array): boolean {
    if (target === this.#shared) return true
    const { buffer, byteOffset, byteLength } = target
    if (!(buffer instanceof SharedArrayBuffer)) return false
    this.#address = addressOf(new Uint8Array(buffer, byteOffset, byteLength))
    this.#shared = target
    return true
  }

  readLink(directory: number, name: Uint8Array): Uint8Array {
    for (let room = LINK_BYTES_FIRST; ; room *= 2) {
      const target = Buffer.allocUnsafe(room)
      const bytes = this.#readlinkat(directory, this.#place(name), target, room)
      if (bytes < 0) throw systemError('readlink', untilNul(name))
      if (bytes < room) return target.subarray(0, bytes)
    }
  }

  pathOf(directory: number, name: Uint8Array): Uint8Array {
    return Buffer.concat([Buffer.from(`/proc/self/fd/${directory}/`), name.subarray(0, name.indexOf(0))])
  }
}

const PROTOTYPES = [
  'int openat(int directory, uint64_t path, int flags, unsigned int mode)',
  'int close(int fd)',
  'int statx(int directory, uint64_t path, int flags, unsigned int mask, uint64_t into)',
  'long getdents64(int fd, void *into, size_t bytes)',
  'long pread(int fd, void *into, size_t bytes, long position)',
  'long readlinkat(int directory, uint64_t path, void *into, size_t bytes)',
  'long pread(int fd, uint64_t into, size_t bytes, long position)',
]

/** Of this thread; made once, since code is compiled for the very function that it calls. */
let known: readonly (NativeCall | undefined)[] | undefined

/** Undefined where the C library cannot be called or lacks one of the calls. */
export function openNativeTreeCalls(): TreeCalls | undefined {
  known ??= PROTOTYPES.map((prototype) => nativeCall(prototype))
  const found = known.filter((call) => call !== undefined)
  return found.length === known.length ? new NativeTreeCalls(found) : undefined
}

