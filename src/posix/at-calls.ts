// System calls below an open directory, so that a path cannot be changed into another one between two looks: every name is one component, never followed.
// Names are bytes with a NUL at the end (`cName`), because the same buffer then serves without a copy. A call answers what C answers, a negative number being
// a failure that `failureCode` names: an exception for every name that exists already would cost more than the call. Without a C library
// `/proc/self/fd` and Node stand in, with times to the microsecond and without device nodes.

import fs from 'node:fs'
import { errnoName, nativeCall, type NativeCall } from './libc.ts'
import { errnoText } from './errno-text.ts'

/** What `fstatAt` finds. */
export interface AtStat {
  mode: number
  uid: number
  gid: number
  size: number
  mtimeNs: bigint
  inode: bigint
  device: bigint
}

export interface AtCalls {
  openAt(dir: number, name: Uint8Array, flags: number, mode: number): number
  mkdirAt(dir: number, name: Uint8Array, mode: number): number
  /** `isDirectory`: an empty directory goes, nothing else. */
  unlinkAt(dir: number, name: Uint8Array, isDirectory: boolean): number
  /** `isReplacing`: what has the new name goes, as rename(2) says; else that is EEXIST. */
  renameAt(fromDir: number, from: Uint8Array, toDir: number, to: Uint8Array, isReplacing: boolean): number
  linkAt(fromDir: number, from: Uint8Array, toDir: number, to: Uint8Array): number
  symlinkAt(target: Uint8Array, dir: number, name: Uint8Array): number
  mknodAt(dir: number, name: Uint8Array, mode: number, major: number, minor: number): number
  /** Of the name itself, also of a link. */
  chownAt(dir: number, name: Uint8Array, uid: number, gid: number): number
  /** Of the name itself; a link is a failure. */
  chmodAt(dir: number, name: Uint8Array, mode: number): number
  /** Time of modification of the name itself; that of access stays. */
  setTimeAt(dir: number, name: Uint8Array, seconds: number, nanoseconds: number): number
  statAt(dir: number, name: Uint8Array, into: AtStat): number
  statOf(fd: number, into: AtStat): number
  chownOf(fd: number, uid: number, gid: number): number
  chmodOf(fd: number, mode: number): number
  setTimeOf(fd: number, seconds: number, nanoseconds: number): number
  /** All of it, or a failure. */
  writeAll(fd: number, data: Uint8Array, position: number): number
  truncateOf(fd: number, size: number): number
  close(fd: number): void
  /** The name of the last failure, such as `EEXIST`. */
  failureCode(): string
}

/** Flags that Node does not name; the same on every Linux that Node runs on. */
export const OPEN = { closeOnExec: 0o2000000, ...fs.constants } as const
const AT_FDCWD = -100
const AT_SYMLINK_NOFOLLOW = 0x100
const AT_REMOVEDIR = 0x200
const AT_EMPTY_PATH = 0x1000
const RENAME_NOREPLACE = 1
const UTIME_OMIT = (1n << 30n) - 2n
const STATX_BASIC = 0x7ff
const STATX_BYTES = 256
const EMPTY_NAME = Buffer.of(0)

/** `text` is bytes as latin1. */
export function cName(text: string): Buffer {
  const bytes = Buffer.allocUnsafe(text.length + 1)
  bytes.write(text, 0, 'latin1')
  bytes[text.length] = 0
  return bytes
}

/** As the kernel packs both into a dev_t of 64 bits (glibc's makedev). */
function deviceNumber(major: number, minor: number): bigint {
  const [high, low] = [BigInt(major), BigInt(minor)]
  return ((high & 0xfffff000n) << 32n) | ((high & 0xfffn) << 8n) | ((low & 0xffffff00n) << 12n) | (low & 0xffn)
}

interface Natives {
  readonly openat: NativeCall
  readonly mkdirat: NativeCall
  readonly unlinkat: NativeCall
  readonly renameat: NativeCall
  readonly renameat2: NativeCall | undefined
  readonly linkat: NativeCall
  readonly symlinkat: NativeCall
  readonly mknodat: NativeCall | undefined
  readonly fchownat: NativeCall
  readonly fchmodat: NativeCall
  readonly utimensat: NativeCall
  readonly futimens: NativeCall
  readonly statx: NativeCall
  readonly fchown: NativeCall
  readonly fchmod: NativeCall
  readonly pwrite: NativeCall
  readonly ftruncate: NativeCall
  readonly close: NativeCall
}

/** undefined when one that has no substitute is missing. */
function loadNatives(): Natives | undefined {
  const needed = {
    openat: nativeCall('int openat(int dir, const void *name, int flags, unsigned int mode)'),
    mkdirat: nativeCall('int mkdirat(int dir, const void *name, unsigned int mode)'),
    unlinkat: nativeCall('int unlinkat(int dir, const void *name, int flags)'),
    renameat: nativeCall('int renameat(int fromDir, const void *from, int toDir, const void *to)'),
    linkat: nativeCall('int linkat(int fromDir, const void *from, int toDir, const void *to, int flags)'),
    symlinkat: nativeCall('int symlinkat(const void *target, int dir, const void *name)'),
    fchownat: nativeCall('int fchownat(int dir, const void *name, unsigned int uid, unsigned int gid, int flags)'),
    fchmodat: nativeCall('int fchmodat(int dir, const void *name, unsigned int mode, int flags)'),
    utimensat: nativeCall('int utimensat(int dir, const void *name, const void *times, int flags)'),
    futimens: nativeCall('int futimens(int fd, const void *times)'),
    statx: nativeCall('int statx(int dir, const void *name, int flags, unsigned int mask, void *into)'),
    fchown: nativeCall('int fchown(int fd, unsigned int uid, unsigned int gid)'),
    fchmod: nativeCall('int fchmod(int fd, unsigned int mode)'),
    pwrite: nativeCall('long pwrite64(int fd, const void *data, size_t count, int64_t position)') ?? nativeCall('long pwrite(int fd, const void *data, size_t count, int64_t position)'),
    ftruncate: nativeCall('int ftruncate64(int fd, int64_t size)') ?? nativeCall('int ftruncate(int fd, int64_t size)'),
    close: nativeCall('int close(int fd)'),
  }
  for (const call of Object.values(needed)) if (call === undefined) return undefined
  return { ...(needed as { [K in keyof typeof needed]: NativeCall }), renameat2: nativeCall('int renameat2(int fromDir, const void *from, int toDir, const void *to, unsigned int flags)'), mknodat: nativeCall('int mknodat(int dir, const void *name, unsigned int mode, uint64_t device)') }
}

function nativeCalls(natives: Natives): AtCalls {
  let special: string | undefined
  const times = new BigInt64Array([0n, UTIME_OMIT, 0n, 0n])
  const timesBytes = new Uint8Array(times.buffer)
  const statBytes = new Uint8Array(STATX_BYTES)
  const statView = new DataView(statBytes.buffer)
  const isLittle = new Uint8Array(new Uint16Array([1]).buffer)[0] === 1
  const outcome = (result: number): number => {
    special = undefined
    return result
  }
  const fail = (code: string): number => {
    special = code
    return -1
  }
  const setTime = (seconds: number, nanoseconds: number): Uint8Array => {
    times[2] = BigInt(seconds)
    times[3] = BigInt(nanoseconds)
    return timesBytes
  }
  const stat = (dir: number, name: Uint8Array, flags: number, into: AtStat): number => {
    const result = outcome(natives.statx(dir, name, flags, STATX_BASIC, statBytes))
    if (result !== 0) return result
    const u32 = (offset: number): number => statView.getUint32(offset, isLittle)
    into.uid = u32(20)
    into.gid = u32(24)
    into.mode = statView.getUint16(28, isLittle)
    into.inode = statView.getBigUint64(32, isLittle)
    into.size = Number(statView.getBigUint64(40, isLittle))
    into.mtimeNs = statView.getBigInt64(112, isLittle) * 1_000_000_000n + BigInt(u32(120))
    into.device = (BigInt(u32(136)) << 32n) | BigInt(u32(140))
    return 0
  }
  return {
    openAt: (dir, name, flags, mode) => outcome(natives.openat(dir, name, flags, mode)),
    mkdirAt: (dir, name, mode) => outcome(natives.mkdirat(dir, name, mode)),
    unlinkAt: (dir, name, isDirectory) => outcome(natives.unlinkat(dir, name, isDirectory ? AT_REMOVEDIR : 0)),
    renameAt(fromDir, from, toDir, to, isReplacing) {
      if (isReplacing) return outcome(natives.renameat(fromDir, from, toDir, to))
      const result = natives.renameat2?.(fromDir, from, toDir, to, RENAME_NOREPLACE) ?? -1
      if (result === 0 || (natives.renameat2 !== undefined && !['EINVAL', 'ENOSYS'].includes(errnoName()))) return outcome(result)
      // A file system without it: a second name, then without the first.
      const linked = outcome(natives.linkat(fromDir, from, toDir, to, 0))
      return linked === 0 ? outcome(natives.unlinkat(fromDir, from, 0)) : linked
    },
    linkAt: (fromDir, from, toDir, to) => outcome(natives.linkat(fromDir, from, toDir, to, 0)),
    symlinkAt: (target, dir, name) => outcome(natives.symlinkat(target, dir, name)),
    mknodAt: (dir, name, mode, major, minor) => (natives.mknodat === undefined ? fail('ENOSYS') : outcome(natives.mknodat(dir, name, mode, deviceNumber(major, minor)))),
    chownAt: (dir, name, uid, gid) => outcome(natives.fchownat(dir, name, uid, gid, AT_SYMLINK_NOFOLLOW)),
    chmodAt: (dir, name, mode) => outcome(natives.fchmodat(dir, name, mode, AT_SYMLINK_NOFOLLOW)),
    setTimeAt: (dir, name, seconds, nanoseconds) => outcome(natives.utimensat(dir, name, setTime(seconds, nanoseconds), AT_SYMLINK_NOFOLLOW)),
    statAt: (dir, name, into) => stat(dir, name, AT_SYMLINK_NOFOLLOW, into),
    statOf: (fd, into) => stat(fd, EMPTY_NAME, AT_EMPTY_PATH, into),
    chownOf: (fd, uid, gid) => outcome(natives.fchown(fd, uid, gid)),
    chmodOf: (fd, mode) => outcome(natives.fchmod(fd, mode)),
    setTimeOf: (fd, seconds, nanoseconds) => outcome(natives.futimens(fd, setTime(seconds, nanoseconds))),
    writeAll(fd, data, position) {
      for (let done = 0; done < data.length; ) {
        const count = natives.pwrite(fd, done === 0 ? data : data.subarray(done), data.length - done, position + done)
        if (count < 0 && errnoName() === 'EINTR') continue
        if (count <= 0) return count === 0 ? fail('EIO') : outcome(count)
        done += count
      }
      return 0
    },
    truncateOf: (fd, size) => outcome(natives.ftruncate(fd, size)),
    close: (fd) => void natives.close(fd),
    failureCode: () => special ?? errnoName(),
  }
}

/** A negative number means "now" to Node; a date of the past does not. */
function nodeTime(seconds: number, nanoseconds: number): number | Date {
  return seconds < 0 ? new Date(seconds * 1000 + nanoseconds / 1e6) : seconds + nanoseconds / 1e9
}

/** By Node, for machines without a library that can be called. Also what tests compare the native calls with. */
export function createNodeAtCalls(): AtCalls {
  let failure = ''
  const path = (dir: number, name: Uint8Array): Buffer => Buffer.concat([Buffer.from(dir === AT_FDCWD ? '' : `/proc/self/fd/${dir}/`), name.subarray(0, Math.max(0, name.indexOf(0)))])
  const attempt = (work: () => number | void): number => {
    try {
      return work() ?? 0
    } catch (error) {
      failure = (error as NodeJS.ErrnoException).code ?? 'EIO'
      return -1
    }
  }
  const fail = (code: string): number => {
    failure = code
    return -1
  }
  const fill = (stat: fs.BigIntStats, into: AtStat): void => {
    Object.assign(into, { mode: Number(stat.mode), uid: Number(stat.uid), gid: Number(stat.gid), size: Number(stat.size), mtimeNs: stat.mtimeNs, inode: stat.ino, device: stat.dev })
  }
  const exists = (at: Buffer): boolean => fs.lstatSync(at, { throwIfNoEntry: false }) !== undefined
  return {
    openAt: (dir, name, flags, mode) => attempt(() => fs.openSync(path(dir, name), flags, mode)),
    mkdirAt: (dir, name, mode) => attempt(() => fs.mkdirSync(path(dir, name), { mode, recursive: false })),
    unlinkAt: (dir, name, isDirectory) => attempt(() => (isDirectory ? fs.rmdirSync(path(dir, name)) : fs.unlinkSync(path(dir, name)))),
    renameAt: (fromDir, from, toDir, to, isReplacing) => (!isReplacing && exists(path(toDir, to)) ? fail('EEXIST') : attempt(() => fs.renameSync(path(fromDir, from), path(toDir, to)))),
    linkAt: (fromDir, from, toDir, to) => attempt(() => fs.linkSync(path(fromDir, from), path(toDir, to))),
    symlinkAt: (target, dir, name) => attempt(() => fs.symlinkSync(Buffer.from(target.subarray(0, target.indexOf(0))), path(dir, name))),
    mknodAt: () => fail('ENOSYS'),
    chownAt: (dir, name, uid, gid) => attempt(() => fs.lchownSync(path(dir, name), uid, gid)),
    chmodAt: () => fail('ENOSYS'),
    setTimeAt: (dir, name, seconds, nanoseconds) =>
      attempt(() => {
        const at = path(dir, name)
        fs.lutimesSync(at, fs.lstatSync(at).atime, nodeTime(seconds, nanoseconds))
      }),
    statAt: (dir, name, into) => attempt(() => fill(fs.lstatSync(path(dir, name), { bigint: true }), into)),
    statOf: (fd, into) => attempt(() => fill(fs.fstatSync(fd, { bigint: true }), into)),
    chownOf: (fd, uid, gid) => attempt(() => fs.fchownSync(fd, uid, gid)),
    chmodOf: (fd, mode) => attempt(() => fs.fchmodSync(fd, mode)),
    setTimeOf: (fd, seconds, nanoseconds) => attempt(() => fs.futimesSync(fd, fs.fstatSync(fd).atime, nodeTime(seconds, nanoseconds))),
    writeAll: (fd, data, position) =>
      attempt(() => {
        for (let done = 0; done < data.length; ) done += fs.writeSync(fd, data, done, data.length - done, position + done)
      }),
    truncateOf: (fd, size) => attempt(() => fs.ftruncateSync(fd, size)),
    close: (fd) => void attempt(() => fs.closeSync(fd)),
    failureCode: () => failure,
  }
}

/** Fills `into` from `position` of an open file; a failure, or the end before it is full, is thrown. */
export function readExactly(fd: number, into: Uint8Array, position: number): void {
  for (let done = 0; done < into.length; ) {
    const count = fs.readSync(fd, into, done, into.length - done, position + done)
    if (count === 0) throw Object.assign(new Error('EIO: the file ends early'), { code: 'EIO' })
    done += count
  }
}

/**
 * A directory by its path, which is followed; a descriptor of the whole process. Throws a system error. Opened as it will be closed: a thread of Node closes at its
 * end what Node opened in it, whoever has the number then.
 */
export function openDirectory(path: string): number {
  const calls = atCalls()
  const fd = calls.openAt(AT_FDCWD, Buffer.from(`${path}\0`), OPEN.O_RDONLY | OPEN.O_DIRECTORY | OPEN.closeOnExec, 0)
  if (fd >= 0) return fd
  const code = calls.failureCode()
  throw Object.assign(new Error(`${code}: ${errnoText(code)}, open '${path}'`), { code, syscall: 'open', path })
}

export interface NameInDirectory {
  /** As bytes (latin1). */
  readonly name: string
  readonly isDirectory: boolean
}

/** What an open directory holds. Throws a system error. */
export function namesIn(fd: number): NameInDirectory[] {
  return fs.readdirSync(`/proc/self/fd/${fd}`, { encoding: 'buffer', withFileTypes: true }).map((entry) => ({ name: entry.name.toString('latin1'), isDirectory: entry.isDirectory() }))
}

let chosen: AtCalls | undefined

/** Those of this machine. */
export function atCalls(): AtCalls {
  if (chosen === undefined) {
    const natives = loadNatives()
    chosen = natives === undefined ? createNodeAtCalls() : nativeCalls(natives)
  }
  return chosen
}
