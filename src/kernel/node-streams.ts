// Node's streams behind ByteSource and ByteSink. Only the shells (processes, sockets, files of the command line) need it.

import type { Readable, Writable } from 'node:stream'
import { Fault, faultOf, systemErrorCode } from './fault.ts'
import type { ByteSink, ByteSource } from './byte-stream.ts'

export function sourceOfReadable(readable: Readable): ByteSource {
  let failure: Fault | undefined
  let isEnded = false
  let wake: (() => void) | undefined
  const notice = (): void => wake?.()
  readable.on('readable', notice)
  readable.on('end', () => {
    isEnded = true
    notice()
  })
  readable.on('error', (error) => {
    failure ??= faultOf(error)
    notice()
  })
  readable.on('close', () => {
    if (!isEnded) failure ??= new Fault('cancelled', 'the stream was closed before its end')
    notice()
  })
  return {
    async read() {
      for (;;) {
        const piece = readable.read() as Buffer | null
        if (piece !== null && piece.length > 0) return piece
        if (failure !== undefined) throw failure
        if (isEnded) return null
        await new Promise<void>((resolve) => (wake = resolve))
        wake = undefined
      }
    },
    cancel(reason) {
      if (!isEnded) failure ??= reason
      readable.destroy()
      notice()
    },
  }
}

export function sinkOfWritable(writable: Writable): ByteSink {
  let failure: Fault | undefined
  let isEnded = false
  let wake: (() => void) | undefined
  writable.on('error', (error) => {
    // A reader that went away is its own business; the caller learns it from the failed write.
    failure ??= systemErrorCode(error) === 'EPIPE' ? new Fault('cancelled', 'the reader closed the pipe', { cause: error }) : faultOf(error)
    wake?.()
  })
  writable.on('close', () => {
    if (!isEnded) failure ??= new Fault('cancelled', 'the reader closed the pipe')
    wake?.()
  })
  return {
    async write(piece) {
      if (failure === undefined && writable.destroyed) failure = new Fault('cancelled', 'the reader closed the pipe')
      if (failure !== undefined) throw failure
      // The callback comes when Node reads the piece no more; a stream that is destroyed may forget it.
      let isTaken = false
      writable.write(piece, () => {
        isTaken = true
        wake?.()
      })
      while (!isTaken && failure === undefined) {
        await new Promise<void>((resolve) => (wake = resolve))
        wake = undefined
      }
      if (failure !== undefined) throw failure
    },
    end() {
      if (failure !== undefined) return Promise.reject(failure)
      isEnded = true
      return new Promise((resolve, reject) => {
        // A reader that does not read to the end has ended the stream as well: not an error of the writer at this point.
        writable.once('close', () => resolve())
        writable.once('error', (error) => (systemErrorCode(error) === 'EPIPE' ? resolve() : reject(faultOf(error))))
        writable.end(() => resolve())
      })
    },
    fail(reason) {
      failure ??= reason
      writable.destroy()
      wake?.()
    },
  }
}
