// Extended attributes, which Node lacks. Names are bytes as latin1 strings. Where there is no C library or no support in the file system, a file has none, and
// setting one fails as the kernel would say it (`ENOTSUP`). Asking a file that has none allocates nothing: archives do it for every file. Links are never
// followed.

import { cPath, errnoName, nativeCall, systemError, type NativeCall } from './libc.ts'

interface Calls {
  readonly list: NativeCall
  readonly listOf: NativeCall
  readonly get: NativeCall
  readonly getOf: NativeCall
  readonly set: NativeCall
  readonly setOf: NativeCall
  readonly removeOf: NativeCall
}

function loadCalls(): Calls | undefined {
  const list = nativeCall('long llistxattr(const void *path, void *list, size_t size)')
  const listOf = nativeCall('long flistxattr(int fd, void *list, size_t size)')
  const get = nativeCall('long lgetxattr(const void *path, const void *name, void *value, size_t size)')
  const getOf = nativeCall('long fgetxattr(int fd, const void *name, void *value, size_t size)')
  const set = nativeCall('int lsetxattr(const void *path, const void *name, const void *value, size_t size, int flags)')
  const setOf = nativeCall('int fsetxattr(int fd, const void *name, const void *value, size_t size, int flags)')
  const removeOf = nativeCall('int fremovexattr(int fd, const void *name)')
  if (list === undefined || listOf === undefined || get === undefined || getOf === undefined || set === undefined || setOf === undefined || removeOf === undefined) return undefined
  return { list, listOf, get, getOf, set, setOf, removeOf }
}

let calls: Calls | undefined
let isLoaded = false

function loaded(): Calls | undefined {
  if (!isLoaded) {
    isLoaded = true
    calls = loadCalls()
  }
  return calls
}

/** Linux takes no longer list and no longer value (XATTR_LIST_MAX, XATTR_SIZE_MAX). */
const BYTES_MAX = 64 * 1024
/** The kernel allocates and clears as much as the caller offers, so little is offered first; for a list, which mostly is empty, nothing. */
const BYTES_FIRST = 1024
const small = Buffer.allocUnsafeSlow(BYTES_FIRST)
let large: Buffer | undefined

const NONE: readonly string[] = Object.freeze([])

/** Whether the error of a list means that there is nothing that could be listed. */
function isNothingListed(code: string): boolean {
  return code === 'ENOTSUP' || code === 'EOPNOTSUPP' || code === 'ENOSYS' || code === 'EPERM' || code === 'ENODATA'
}

function listed(call: NativeCall, file: number | Uint8Array, shown: Uint8Array | string): readonly string[] {
  let bytes = call(file, null, 0)
  if (bytes === 0) return NONE
  let buffer: Buffer = small
  if (bytes > 0) bytes = call(file, buffer, BYTES_FIRST)
  if (bytes < 0 && errnoName() === 'ERANGE') {
    buffer = large ??= Buffer.allocUnsafeSlow(BYTES_MAX)
    bytes = call(file, buffer, BYTES_MAX)
  }
  if (bytes < 0) {
    if (isNothingListed(errnoName())) return NONE
    throw systemError('listxattr', shown)
  }
  // Each name ends with a NUL.
  return buffer.toString('latin1', 0, bytes).split('\0').slice(0, -1)
}

/** The names of the attributes of `path` itself. */
export function listXattrs(path: Uint8Array | string): readonly string[] {
  const library = loaded()
  return library === undefined ? NONE : listed(library.list, cPath(path), path)
}

export function listXattrsOf(fd: number): readonly string[] {
  const library = loaded()
  return library === undefined ? NONE : listed(library.listOf, fd, `fd ${fd}`)
}

function valueOf(call: NativeCall, file: number | Uint8Array, name: Uint8Array, shown: Uint8Array | string): Buffer | undefined {
  let buffer: Buffer = small
  let bytes = call(file, name, buffer, BYTES_FIRST)
  if (bytes < 0 && errnoName() === 'ERANGE') {
    buffer = large ??= Buffer.allocUnsafeSlow(BYTES_MAX)
    bytes = call(file, name, buffer, BYTES_MAX)
  }
  if (bytes >= 0) return Buffer.from(buffer.subarray(0, bytes))
  const code = errnoName()
  if (code === 'ENODATA' || code === 'ENOTSUP' || code === 'EOPNOTSUPP' || code === 'ENOSYS') return undefined
  throw systemError('getxattr', shown)
}

const encodedNames = new Map<string, Buffer>()
const ENCODED_NAMES_MAX = 256

/** `name` as C wants it. The same few names come again and again. */
function cName(name: string): Buffer {
  const known = encodedNames.get(name)
  if (known !== undefined) return known
  const encoded = cPath(Buffer.from(name, 'latin1'))
  if (encodedNames.size >= ENCODED_NAMES_MAX) encodedNames.clear()
  encodedNames.set(name, encoded)
  return encoded
}

/** The value, or undefined when `path` itself has no such attribute. */
export function getXattr(path: Uint8Array | string, name: string): Buffer | undefined {
  const library = loaded()
  return library === undefined ? undefined : valueOf(library.get, cPath(path), cName(name), path)
}

export function getXattrOf(fd: number, name: string): Buffer | undefined {
  const library = loaded()
  return library === undefined ? undefined : valueOf(library.getOf, fd, cName(name), `fd ${fd}`)
}

function unsupported(syscall: string, path: string): Error {
  return Object.assign(new Error(`ENOTSUP: ${syscall} '${path}'`), { code: 'ENOTSUP', syscall, path })
}

/** Creates or replaces the attribute of `path` itself. Throws a system error. */
export function setXattr(path: Uint8Array | string, name: string, value: Uint8Array): void {
  const library = loaded()
  if (library === undefined) throw unsupported('setxattr', Buffer.from(path as string).toString())
  if (library.set(cPath(path), cName(name), value, value.length, 0) !== 0) throw systemError('setxattr', path)
}

export function setXattrOf(fd: number, name: string, value: Uint8Array): void {
  const library = loaded()
  if (library === undefined) throw unsupported('setxattr', `fd ${fd}`)
  if (library.setOf(fd, cName(name), value, value.length, 0) !== 0) throw systemError('setxattr', `fd ${fd}`)
}

/** Not an error when there is no such attribute. */
export function removeXattrOf(fd: number, name: string): void {
  const library = loaded()
  if (library === undefined || library.removeOf(fd, cName(name)) === 0) return
  const code = errnoName()
  if (code !== 'ENODATA' && code !== 'ENOTSUP' && code !== 'EOPNOTSUPP') throw systemError('removexattr', `fd ${fd}`)
}
