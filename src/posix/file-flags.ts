// The flags that `chattr` sets. Only one matters to a backup: `d`, with which the owner of a file asks that it be left out. Where the file system or the
// platform has no flags, nothing has it.

import { nativeCall, type NativeCall } from './libc.ts'

/** _IOR('f', 1, long) of Linux, for a long of 64 bits. */
const GET_FLAGS = 0x80086601
const NODUMP = 0x40

let ioctl: NativeCall | undefined
let isLoaded = false
const flags = Buffer.alloc(8)

/** Whether the open file or directory has the flag `d` (no dump). */
export function hasNodump(fd: number): boolean {
  if (!isLoaded) {
    isLoaded = true
    ioctl = nativeCall('int ioctl(int fd, unsigned long request, void *argument)')
  }
  if (ioctl === undefined || ioctl(fd, GET_FLAGS, flags) !== 0) return false
  return (flags.readUInt32LE(0) & NODUMP) !== 0
}
