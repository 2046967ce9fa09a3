// Write locks on whole files, as fcntl(2) has them: programs that ask for such a lock with F_SETLK, stock Amanda's among them, respect each other. Ours belong to
// the open file, not to the process (F_OFD_SETLK), so that two places of this program keep each other out as well; the kernel counts both kinds as one.

import { closeSync, constants, openSync } from 'node:fs'
import { nativeCall, systemError, type NativeCall } from './libc.ts'

const F_OFD_SETLK = 37
const F_WRLCK = 1
/** `struct flock` of 64-bit Linux: type and whence (2 bytes each), 4 of padding, start, length, process. All zero means the whole file. */
const FLOCK_BYTES = 32
/** How the system says that another has it; EWOULDBLOCK is the number of EAGAIN. */
const TAKEN: readonly (string | undefined)[] = ['EAGAIN', 'EWOULDBLOCK', 'EACCES']
const PERMISSIONS = 0o666

let fcntl: NativeCall | undefined

/** The lock of `path`, which is made when it is missing; undefined while another has it. Throws `ENOSYS` where there is no such call, and what the system says of the file. */
export function tryFileLock(path: string): { release(): void } | undefined {
  fcntl ??= nativeCall('int fcntl(int fd, int command, void *lock)')
  if (fcntl === undefined) throw Object.assign(new Error(`ENOSYS: fcntl '${path}': files cannot be locked here, so it is not safe to change what others may change too`), { code: 'ENOSYS', syscall: 'fcntl', path })
  const fd = openSync(path, constants.O_RDWR | constants.O_CREAT, PERMISSIONS)
  const wanted = new Uint8Array(FLOCK_BYTES)
  new Uint16Array(wanted.buffer, 0, 1)[0] = F_WRLCK
  if (fcntl(fd, F_OFD_SETLK, wanted) === 0) return { release: () => closeSync(fd) }
  const error = systemError('fcntl', path)
  closeSync(fd)
  if (TAKEN.includes(error.code)) return undefined
  throw error
}
