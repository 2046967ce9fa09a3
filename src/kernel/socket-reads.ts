// Bytes of a socket without a new buffer for each read. Node makes one of 64 KiB (16 KiB under TLS) for every read, and at some hundred MB/s
// the page faults and collections of these cost more than decryption. `net.connect` has the option `onread` for this; sockets that were
// accepted, that carry TLS on a server, or that belong to a child process have it inside but not at the door, so it is entered from here.
// Where a Node does not have it that way, the same bytes come through `data`.

import type net from 'node:net'

/** What Node's sockets keep for `onread`, by the descriptions of their symbols. */
interface OnReadSlots {
  readonly buffer: symbol
  readonly callback: symbol
  readonly generator: symbol
}

interface OnReadHandle {
  useUserBuffer(buffer: Uint8Array): void
}

function slotsOf(socket: net.Socket): OnReadSlots | undefined {
  const symbols = Object.getOwnPropertySymbols(socket)
  const slot = (name: string): symbol | undefined => symbols.find((symbol) => symbol.description === name)
  const buffer = slot('kBuffer')
  const callback = slot('kBufferCb')
  const generator = slot('kBufferGen')
  return buffer === undefined || callback === undefined || generator === undefined ? undefined : { buffer, callback, generator }
}

function handleOf(socket: net.Socket): OnReadHandle | undefined {
  const handle = (socket as unknown as { readonly _handle?: Partial<OnReadHandle> | null })._handle
  return typeof handle?.useUserBuffer === 'function' ? (handle as OnReadHandle) : undefined
}

/**
 * From now on, reads of `socket` fill buffers that `nextBuffer` gives: the first now, another after each read. `onBytes` is told how many bytes
 * lie at the start of the buffer that was given last, and stops the socket's reading by `false` (`socket.resume()` starts it again; a few
 * more reads may come all the same). Returns false, and has done nothing, where this is not possible. Must be called before the first read.
 */
export function readIntoBuffers(socket: net.Socket, nextBuffer: () => Buffer, onBytes: (bytes: number) => boolean): boolean {
  const slots = slotsOf(socket)
  const handle = handleOf(socket)
  if (slots === undefined || handle === undefined) return false
  const first = nextBuffer()
  Object.assign(socket, {
    [slots.buffer]: first,
    [slots.callback]: onBytes,
    [slots.generator]: nextBuffer,
  })
  handle.useUserBuffer(first)
  return true
}
