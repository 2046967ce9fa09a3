// How much of what was sent the kernel keeps for a socket until the other side has acknowledged it. Left to itself it goes up to a limit of the machine, 4 MiB on most:
// over a path of 150 ms that is 20 MB a second, whatever the line carries. Only root may go beyond; where that is not possible, nothing changes.

import { nativeCall, type NativeCall } from './libc.ts'

/** asm-generic/socket.h */
const SOL_SOCKET = 1
const SO_SNDBUF = 7
const SO_SNDBUFFORCE = 32
/** Bytes. The kernel doubles it for what it needs itself beside the bytes: 1 Gbit/s at 250 ms. It takes only what is on its way. */
const SEND_BUFFER_BYTES = 32 * 1024 * 1024

interface SocketCalls {
  readonly set: NativeCall
  readonly get: NativeCall
}

let calls: SocketCalls | undefined
let isLoaded = false

function load(): SocketCalls | undefined {
  if (isLoaded) return calls
  isLoaded = true
  // The numbers above are those of these processors.
  if (process.arch !== 'x64' && process.arch !== 'arm64') return undefined
  const set = nativeCall('int setsockopt(int fd, int level, int name, void *value, uint32_t bytes)')
  const get = nativeCall('int getsockopt(int fd, int level, int name, void *value, void *bytes)')
  if (set !== undefined && get !== undefined) calls = { set, get }
  return calls
}

/** Lets the kernel keep as much as a fast and long path needs. Returns the bytes that it may keep now, by its own count; 0 where that cannot be told. */
export function widenSendBuffer(fd: number): number {
  const socket = load()
  if (socket === undefined) return 0
  const value = Buffer.alloc(4)
  value.writeInt32LE(SEND_BUFFER_BYTES)
  socket.set(fd, SOL_SOCKET, SO_SNDBUFFORCE, value, value.length)
  const size = Buffer.alloc(4)
  size.writeUInt32LE(value.length)
  return socket.get(fd, SOL_SOCKET, SO_SNDBUF, value, size) === 0 ? value.readInt32LE() : 0
}
