// A stream of auth bsd: a TCP connection of its own with nothing but the bytes on it. Each direction ends with TCP's own end.

import type net from 'node:net'
import type { Clock } from '../../kernel/clock.ts'
import { Fault } from '../../kernel/fault.ts'
import type { StreamName } from '../../wire/amanda/connect-reply.ts'
import { socketErrorText } from './socket-errors.ts'
import { AmandaStream } from './stream.ts'
import { UNEXPECTED_END } from './token-pipe.ts'

/** `onLost` is told what the system said, once; the stream itself is its caller's to lose. */
export function bareStream(socket: net.Socket, handle: number, name: StreamName, clock: Clock, onLost: (stream: AmandaStream, cause: string) => void): AmandaStream {
  const regulate = (): void => {
    if (stream.isFull === socket.isPaused()) return
    if (stream.isFull) socket.pause()
    else socket.resume()
  }
  const stream = new AmandaStream(handle, name, {
    write: (piece) =>
      new Promise((resolve, reject) => {
        // The callback comes when the kernel has the bytes: the piece is lent no longer than that.
        socket.write(piece, (error) => (error == null ? resolve() : reject(new Fault('connection-lost', `${name.toLowerCase()} write: ${socketErrorText(error)}`, { cause: error }))))
      }),
    end: () => void socket.end(),
    onTaken: regulate,
  }, clock)
  socket.on('data', (piece: Buffer) => {
    stream.take(piece)
    regulate()
  })
  socket.on('end', () => stream.takeEnd())
  socket.on('error', (error) => {
    if (stream.isOpen) onLost(stream, socketErrorText(error))
  })
  socket.on('close', () => {
    if (stream.isOpen) onLost(stream, UNEXPECTED_END)
  })
  socket.resume()
  return stream
}
