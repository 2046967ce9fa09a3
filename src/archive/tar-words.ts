// What is said of files that could not be dumped as they are, in the words of GNU tar, which servers and the doctor know.

import { systemErrorCode } from '../kernel/fault.ts'
import { escapeName } from '../wire/tar/index-line.ts'

const REASONS: Readonly<Record<string, string>> = {
  EACCES: 'Permission denied',
  EPERM: 'Operation not permitted',
  ENOENT: 'No such file or directory',
  ENOTDIR: 'Not a directory',
  EISDIR: 'Is a directory',
  EIO: 'Input/output error',
  ELOOP: 'Too many levels of symbolic links',
  ESTALE: 'Stale file handle',
  ENOMEM: 'Cannot allocate memory',
  EMFILE: 'Too many open files',
  ENFILE: 'Too many open files in system',
  ENAMETOOLONG: 'File name too long',
  ENXIO: 'No such device or address',
  ENODEV: 'No such device',
  ENOTCONN: 'Transport endpoint is not connected',
  EINVAL: 'Invalid argument',
  EBUSY: 'Device or resource busy',
  ETIMEDOUT: 'Connection timed out',
  EUCLEAN: 'Structure needs cleaning',
  EBADMSG: 'Bad message',
  EOVERFLOW: 'Value too large for defined data type',
}

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
  return sayOf(path, `Cannot ${verb}: ${REASONS[code] ?? code}`)
}

export function readError(path: string, position: number, bytes: number, code: string): string {
  return sayOf(path, `Read error at byte ${position}, while reading ${bytes} bytes: ${REASONS[code] ?? code}`)
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
