// Tokens over a TCP connection.

import type net from 'node:net'
import type { Clock } from '../../kernel/clock.ts'
import { socketErrorText } from './socket-errors.ts'
import { CLOSING_MS_MAX, UNEXPECTED_END, type TokenPipe } from './token-pipe.ts'

export function socketPipe(socket: net.Socket, clock: Clock): TokenPipe {
  let isClosed = false
  return {
    attach({ onBytes, onDrain, onLost }) {
      const lose = (cause: string): void => {
        if (isClosed) return
        isClosed = true
        socket.destroy()
        onLost(cause)
      }
      socket.on('data', onBytes)
      socket.on('drain', onDrain)
      socket.on('error', (error) => lose(socketErrorText(error)))
      socket.on('end', () => lose(UNEXPECTED_END))
      socket.on('close', () => lose(UNEXPECTED_END))
      socket.resume()
    },
    send(head, payload) {
      socket.cork()
      socket.write(head)
      if (payload.length > 0) socket.write(payload)
      socket.uncork()
    },
    get needsDrain() {
      return socket.writableNeedDrain
    },
    get isPaused() {
      return socket.isPaused()
    },
    pause: () => void socket.pause(),
    resume: () => void socket.resume(),
    close(isGraceful) {
      if (isClosed) return
      isClosed = true
      // What still comes is read and dropped: unread bytes would make the kernel answer with a reset.
      socket.removeAllListeners('data').on('data', () => undefined).resume()
      if (!isGraceful) {
        socket.destroy()
        return
      }
      const timer = clock.setTimer(CLOSING_MS_MAX, () => socket.destroy())
      socket.once('close', () => timer.cancel())
      socket.end(() => socket.destroySoon())
    },
  }
}
