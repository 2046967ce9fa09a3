// A socket as a ByteSource with few buffers of its own, for what carries bulk: the output of a program. A piece is all that has come and lies
// in one buffer, so a slow reader gets large pieces. At most three buffers are in use, but for what comes after the program is gone.

import type net from 'node:net'
import type { ByteSource } from './byte-stream.ts'
import { Fault, faultOf } from './fault.ts'
import { sourceOfReadable } from './node-streams.ts'
import { readIntoBuffers } from './socket-reads.ts'

const BUFFER_BYTES = 64 * 1024
/** A buffer with less room than this is read into no more. */
const READ_BYTES_MIN = 16 * 1024
/** Unread bytes at which reading stops. */
const UNREAD_BYTES_MAX = 128 * 1024

interface Range {
  readonly view: Buffer
  /** Nothing of its buffer is unread behind it. */
  isLast: boolean
}

class SocketSource implements ByteSource {
  readonly #socket: net.Socket
  #current: Buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES)
  /** What of the current buffer is filled, and how much of that was read. */
  #end = 0
  #start = 0
  /** Unread, of buffers that are full. */
  readonly #filled: Range[] = []
  #unreadBytes = 0
  readonly #free: Buffer[] = []
  #lent: Range | undefined
  #isStopped = false
  #isEnded = false
  #failure: Fault | undefined
  #wake: (() => void) | undefined

  constructor(socket: net.Socket) {
    this.#socket = socket
    socket.on('end', () => {
      this.#isEnded = true
      this.#wake?.()
    })
    socket.on('error', (error) => {
      this.#failure ??= faultOf(error)
      this.#wake?.()
    })
    socket.on('close', () => {
      if (!this.#isEnded) this.#failure ??= new Fault('cancelled', 'the stream was closed before its end')
      this.#wake?.()
    })
  }

  /** Where the next read of the socket goes. */
  nextBuffer(): Buffer {
    return this.#current.subarray(this.#end)
  }

  /** Takes what was read there. False: enough for now. */
  take(bytes: number): boolean {
    this.#end += bytes
    this.#unreadBytes += bytes
    if (this.#current.length - this.#end < READ_BYTES_MIN) this.#changeBuffer()
    this.#wake?.()
    this.#isStopped = this.#unreadBytes >= UNREAD_BYTES_MAX
    return !this.#isStopped
  }

  async read(): Promise<Uint8Array | null> {
    this.#takeBack()
    for (;;) {
      const range = this.#filled.shift() ?? this.#rangeOfCurrent()
      if (range !== undefined) {
        this.#lent = range
        this.#unreadBytes -= range.view.length
        this.#resume()
        return range.view
      }
      if (this.#failure !== undefined) throw this.#failure
      if (this.#isEnded) return null
      this.#resume()
      await new Promise<void>((resolve) => (this.#wake = resolve))
      this.#wake = undefined
    }
  }

  cancel(reason: Fault): void {
    if (!this.#isEnded) this.#failure ??= reason
    this.#filled.length = 0
    this.#start = this.#end
    this.#unreadBytes = 0
    this.#socket.destroy()
    this.#wake?.()
  }

  #resume(): void {
    if (!this.#isStopped || this.#unreadBytes >= UNREAD_BYTES_MAX) return
    this.#isStopped = false
    this.#socket.resume()
  }

  #rangeOfCurrent(): Range | undefined {
    if (this.#start === this.#end) return undefined
    const view = this.#current.subarray(this.#start, this.#end)
    this.#start = this.#end
    return { view, isLast: false }
  }

  #changeBuffer(): void {
    const rest = this.#rangeOfCurrent()
    const last = rest ?? (this.#lent?.view.buffer === this.#current.buffer ? this.#lent : undefined)
    if (rest !== undefined) this.#filled.push(rest)
    if (last === undefined) this.#free.push(this.#current)
    else last.isLast = true
    this.#current = this.#free.pop() ?? Buffer.allocUnsafeSlow(BUFFER_BYTES)
    this.#start = 0
    this.#end = 0
  }

  /** The reader is done with what it was lent. */
  #takeBack(): void {
    if (this.#lent?.isLast === true) this.#free.push(Buffer.from(this.#lent.view.buffer))
    this.#lent = undefined
  }
}

/** What `socket` says. Must be called before the socket was read from. */
export function sourceOfSocket(socket: net.Socket): ByteSource {
  const source = new SocketSource(socket)
  const isDone = readIntoBuffers(socket, () => source.nextBuffer(), (bytes) => source.take(bytes))
  return isDone ? source : sourceOfReadable(socket)
}
