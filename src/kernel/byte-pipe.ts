// An in-memory pipe with a bound: what one side writes the other reads, in order, and the writer waits while the pipe is full. The
// bound holds whatever the sizes of the pieces are, except that one piece always fits into an empty pipe. What is read is spoilt when its
// time is over, so that tests over a pipe find every reader that keeps what it was lent.

import { Fault } from './fault.ts'
import type { ByteSink, ByteSource } from './byte-stream.ts'

/** What a reader finds that looks at a piece too late. */
const SPOILT = 0xee

export interface BytePipe extends ByteSource, ByteSink {
  /** Bytes written and not yet read. */
  readonly bufferedBytes: number
}

export function createBytePipe(limitBytes: number): BytePipe {
  const pieces: Uint8Array[] = []
  let lent: Uint8Array | undefined
  let bufferedBytes = 0
  let isEnded = false
  let failure: Fault | undefined
  let wakeReader: (() => void) | undefined
  let wakeWriter: (() => void) | undefined

  const wakeBoth = (): void => {
    wakeReader?.()
    wakeWriter?.()
  }
  const settle = (reason: Fault): void => {
    if (failure !== undefined || (isEnded && pieces.length === 0)) return
    failure = reason
    pieces.length = 0
    bufferedBytes = 0
    wakeBoth()
  }

  const takeBack = (): void => {
    lent?.fill(SPOILT)
    lent = undefined
  }

  return {
    get bufferedBytes() {
      return bufferedBytes
    },
    async read() {
      takeBack()
      for (;;) {
        if (failure !== undefined) throw failure
        const piece = pieces.shift()
        if (piece !== undefined) {
          bufferedBytes -= piece.length
          if (bufferedBytes < limitBytes) wakeWriter?.()
          lent = piece
          return piece
        }
        if (isEnded) return null
        await new Promise<void>((resolve) => (wakeReader = resolve))
        wakeReader = undefined
      }
    },
    cancel: settle,
    async write(piece) {
      if (failure !== undefined) throw failure
      if (isEnded) throw new Fault('internal', 'write after the end of a stream')
      if (piece.length === 0) return
      pieces.push(Uint8Array.from(piece))
      bufferedBytes += piece.length
      wakeReader?.()
      while (bufferedBytes >= limitBytes && failure === undefined) {
        await new Promise<void>((resolve) => (wakeWriter = resolve))
        wakeWriter = undefined
      }
      if (failure !== undefined) throw failure
    },
    end() {
      if (failure !== undefined) return Promise.reject(failure)
      isEnded = true
      wakeReader?.()
      return Promise.resolve()
    },
    fail(reason) {
      if (!isEnded) settle(reason)
    },
  }
}
