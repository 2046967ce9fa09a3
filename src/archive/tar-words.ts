// What is said of files that could not be dumped as they are, in the words of GNU tar, which servers and the doctor know.

import { systemErrorCode } from '../kernel/fault.ts'
import { errnoText } from '../posix/errno-text.ts'
import { escapeName } from '../wire/tar/index-line.ts'

/** The errno name of `error`; throws what is no system error. */
export function codeOf(error: unknown): string {
  const code = systemErrorCode(error)
  if (code === undefined || !/^E[A-Z0-9]+$/.test(code)) throw error
  return code
}

function shown(path: string): string {
  return path.endsWith('/') && path.length > 2 ? escapeName(path.slice(0, -1)) : escapeName(path)
}

/** A line about `path`, `./…` as a string of bytes. */
export function sayOf(path: string, what: string): string {
  return `tar: ${shown(path)}: ${what}`
}

export function cannot(path: string, verb: string, code: string): string {
  return sayOf(path, `Cannot ${verb}: ${errnoText(code)}`)
}

export function readError(path: string, position: number, bytes: number, code: string): string {
  return sayOf(path, `Read error at byte ${position}, while reading ${bytes} bytes: ${errnoText(code)}`)
}

export const REMOVED = 'File removed before we read it'
export const CHANGED = 'file changed as we read it'
export const SOCKET_IGNORED = 'socket ignored'
export const OTHER_FILE_SYSTEM = 'file is on a different filesystem; not dumped'
export const OTHER_DIRECTORY = 'directory is on a different filesystem; not dumped'
export const UNKNOWN_TYPE = 'Unknown file type; file ignored'
export const CACHE_TAGGED = 'contains a cache directory tag CACHEDIR.TAG; contents not dumped'

export function shrank(path: string, bytes: number): string {
  return sayOf(path, `File shrank by ${bytes} byte${bytes === 1 ? '' : 's'}; padding with zeros`)
}
