// The C library of this process, called through koffi: the only file that knows koffi. Calls are synchronous and report as C does; `systemError` makes
// a system error of a failed one. Where koffi or the platform is missing there is no library, and every file of this room then gives the harmless answer that
// its contract names. Calls work in every thread. A call costs half a microsecond more than the system call itself.

import { createRequire } from 'node:module'
import { constants } from 'node:os'

/** A function of the C library. Paths are bytes with a NUL at the end; sizes and offsets are numbers. */
export type NativeCall = (...args: readonly (number | bigint | Uint8Array | null)[]) => number

interface Koffi {
  load(path: string | null): { func(prototype: string): NativeCall }
  errno(): number
  address(value: Uint8Array): bigint
}

let loaded: { readonly koffi: Koffi; readonly library: ReturnType<Koffi['load']> } | undefined
let isTried = false

function load(): typeof loaded {
  if (isTried) return loaded
  isTried = true
  if (process.platform !== 'linux') return undefined
  try {
    const koffi = createRequire(import.meta.url)('koffi') as Koffi
    loaded = { koffi, library: koffi.load(null) }
  } catch {
    // No binary for this machine: what the room offers is then what Node has.
  }
  return loaded
}

/** The function with this C prototype (`long lgetxattr(const void *path, …)`), or undefined where it cannot be called. Ask once, not for every call. */
export function nativeCall(prototype: string): NativeCall | undefined {
  try {
    return load()?.library.func(prototype)
  } catch {
    return undefined
  }
}

/**
 * Where the memory of `bytes` begins, for a call whose prototype has a `uint64_t` there: a place within it is then a sum, and needs no view of its own. Only of
 * shared memory, which stays where it is; good as long as somebody has `bytes`.
 */
export function addressOf(bytes: Uint8Array<SharedArrayBuffer>): number {
  return Number(load()?.koffi.address(bytes) ?? 0n)
}

const ERROR_NAMES = new Map(Object.entries(constants.errno).map(([name, number]) => [number, name]))

/** The name of the last error of this thread, such as `ENOENT`. To be asked directly after the call that failed. */
export function errnoName(): string {
  const number = load()?.koffi.errno() ?? 0
  return ERROR_NAMES.get(number) ?? `E${number}`
}

/** The last error of this thread as Node would throw it: `code`, `syscall`, and `path` as text for people. */
export function systemError(syscall: string, path: Uint8Array | string): NodeJS.ErrnoException {
  const code = errnoName()
  const shown = typeof path === 'string' ? path : Buffer.from(path).toString('utf8').replace(/\0$/, '')
  return Object.assign(new Error(`${code}: ${syscall} '${shown}'`), { code, syscall, path: shown })
}

/** `path` as C wants it. Throws `EINVAL` for one with a NUL in it, which C would read as a shorter path. */
export function cPath(path: Uint8Array | string): Buffer {
  const bytes = Buffer.from(path as string)
  if (bytes.includes(0)) throw Object.assign(new Error(`EINVAL: the path ${JSON.stringify(bytes.toString())} has a NUL in it`), { code: 'EINVAL' })
  return Buffer.concat([bytes, Buffer.of(0)], bytes.length + 1)
}
