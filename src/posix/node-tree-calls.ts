// TreeCalls by Node alone, for machines without our way to the C library. Handles of directories are numbers of our own, each with its whole path, so a
// path above may change under a walk: it is as safe as a program that uses paths can be.

import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, readdirSync, readlinkSync, statSync, type BigIntStats, type Dirent } from 'node:fs'
import type { FileFacts } from './file-facts.ts'
import type { DirentSink, TreeCalls } from './tree-calls.ts'

const DIRENT_HEAD_BYTES = 19
const NANOSECONDS = 1_000_000_000n
/** Handles of directories begin here; files have their descriptor. */
const DIRECTORY_HANDLES = 0x4000_0000

function typeOf(entry: Dirent<Buffer>): number {
  if (entry.isFile()) return 8
  if (entry.isDirectory()) return 4
  if (entry.isSymbolicLink()) return 10
  return 0
}

/** Seconds rounded down and the rest. */
function putTime(words: Int32Array, at: number, ns: bigint): void {
  const seconds = ns >= 0n || ns % NANOSECONDS === 0n ? ns / NANOSECONDS : ns / NANOSECONDS - 1n
  putWide(words, at, seconds)
  words[at + 2] = Number(ns - seconds * NANOSECONDS)
}

function putWide(words: Int32Array, at: number, value: bigint): void {
  words[at] = Number(BigInt.asIntN(32, value))
  words[at + 1] = Number(BigInt.asIntN(32, value >> 32n))
}

function putStat(stat: BigIntStats, into: FileFacts): void {
  const { words } = into
  words.fill(0)
  words[4] = Number(stat.nlink)
  words[5] = Number(BigInt.asIntN(32, stat.uid))
  words[6] = Number(BigInt.asIntN(32, stat.gid))
  words[7] = Number(stat.mode)
  putWide(words, 8, stat.ino)
  putWide(words, 10, stat.size)
  putWide(words, 12, stat.blocks)
  putTime(words, 24, stat.ctimeNs)
  putTime(words, 28, stat.mtimeNs)
  // The C library's packing of device numbers.
  words[32] = Number(((stat.rdev >> 8n) & 0xfffn) | ((stat.rdev >> 32n) & ~0xfffn))
  words[33] = Number((stat.rdev & 0xffn) | ((stat.rdev >> 12n) & 0xffff_ff00n))
  putWide(words, 34, BigInt.asIntN(64, ((stat.dev & 0xffff_ffffn) << 32n) | (stat.dev >> 32n)))
}

export class NodeTreeCalls implements TreeCalls {
  readonly #paths = new Map<number, Buffer>()
  #next = DIRECTORY_HANDLES

  openTop(path: Uint8Array): number {
    return this.#add(Buffer.from(path.subarray(0, path.indexOf(0))), false)
  }

  openDirectory(parent: number, name: Uint8Array): number {
    return this.#add(this.#path(parent, name), true)
  }

  openFile(directory: number, name: Uint8Array): number {
    return openSync(this.#path(directory, name), constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  }

  close(handle: number): void {
    if (handle >= DIRECTORY_HANDLES) this.#paths.delete(handle)
    else closeSync(handle)
  }

  stat(directory: number, name: Uint8Array, into: FileFacts): void {
    putStat(lstatSync(this.#path(directory, name), { bigint: true }), into)
  }

  statHandle(handle: number, into: FileFacts): void {
    const path = this.#paths.get(handle)
    putStat(path === undefined ? fstatSync(handle, { bigint: true }) : statSync(path, { bigint: true }), into)
  }

  readNames(directory: number, sink: DirentSink): void {
    for (const entry of readdirSync(this.#paths.get(directory) ?? '', { encoding: 'buffer', withFileTypes: true })) {
      const bytes = DIRENT_HEAD_BYTES + entry.name.length + 1
      const room = sink.room(bytes)
      room.fill(0, 0, bytes)
      room[16] = bytes & 0xff
      room[17] = bytes >> 8
      room[18] = typeOf(entry)
      room.set(entry.name, DIRENT_HEAD_BYTES)
      sink.filled(bytes)
    }
  }

  read(handle: number, target: Uint8Array, at: number, bytes: number, position: number): number {
    return readSync(handle, target, at, bytes, position)
  }

  readLink(directory: number, name: Uint8Array): Uint8Array {
    return readlinkSync(this.#path(directory, name), { encoding: 'buffer' })
  }

  pathOf(directory: number, name: Uint8Array): Uint8Array {
    return this.#path(directory, name)
  }

  #add(path: Buffer, isLinkRefused: boolean): number {
    const stat = isLinkRefused ? lstatSync(path) : statSync(path)
    if (!stat.isDirectory()) throw Object.assign(new Error(`ENOTDIR: not a directory, open '${path.toString()}'`), { code: 'ENOTDIR', syscall: 'open' })
    const handle = this.#next++
    this.#paths.set(handle, path)
    return handle
  }

  #path(directory: number, name: Uint8Array): Buffer {
    const end = name.indexOf(0)
    return Buffer.concat([this.#paths.get(directory) ?? Buffer.alloc(0), Buffer.from('/'), end < 0 ? name : name.subarray(0, end)])
  }
}
