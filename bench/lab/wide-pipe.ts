// Makes a pipe hold more than the 64 KiB it has: who writes whole mebibytes and who reads them would otherwise put each other to sleep and wake each other sixteen times for each of them.

import { nativeCall } from '../../src/posix/libc.ts'

/** fcntl.h of Linux. */
const F_SETPIPE_SZ = 1031
/** What anybody may ask for unless the machine says otherwise (/proc/sys/fs/pipe-max-size). */
const PIPE_BYTES = 1024 * 1024

/** What is no pipe, and a pipe that may not grow, stays as it is. */
export function widenPipe(fd: number): void {
  nativeCall('int fcntl(int fd, int command, int value)')?.(fd, F_SETPIPE_SZ, PIPE_BYTES)
}
