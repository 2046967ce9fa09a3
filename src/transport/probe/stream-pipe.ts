// A stream of a transport as the pipe of a control channel: a tether carries the orders to an agent's hand and what it saw. What is sent waits in
// order; a channel carries some hundred bytes a second, so it is not bounded but by the end of the stream.

import { Fault, faultOf } from '../../kernel/fault.ts'
import type { ByteStream } from '../contract.ts'
import type { PipeSink, ProbePipe } from './probe-link.ts'

export function streamPipe(stream: ByteStream): ProbePipe {
  let sink: PipeSink | undefined
  let isReading = false
  let isDown = false
  let tail: Promise<void> = Promise.resolve()
  const end = (reason: Fault | undefined): void => {
    if (isDown) return
    isDown = true
    const fault = reason ?? new Fault('cancelled', 'the measurement has ended')
    stream.cancel(fault)
    stream.fail(fault)
    sink?.down(reason === undefined ? 'closed' : 'failed', reason?.message ?? 'the peer ended the measurement')
  }
  const readAll = async (): Promise<void> => {
    try {
      for (let piece = await stream.read(); piece !== null; piece = await stream.read()) sink?.bytes(piece)
      end(undefined)
    } catch (error) {
      end(faultOf(error))
    }
  }
  return {
    isClogged: false,
    attach(next) {
      sink = next
      if (isReading) return
      isReading = true
      void readAll()
    },
    send(bytes) {
      if (isDown) return
      // The stream takes one write at a time.
      tail = tail.then(() => (isDown ? undefined : stream.write(bytes))).catch((error: unknown) => end(faultOf(error)))
    },
    close() {
      // What was said last still goes.
      tail = tail.then(() => (isDown ? undefined : stream.end())).catch(() => undefined)
      void tail.then(() => end(undefined))
    },
  }
}
