// The command line's end of the control socket: one JSON object a line (docs/protocol/control.md). Calls are answered in any order; a
// connection that breaks fails all of them with the same reason.

import { connect, type Socket } from 'node:net'
import { FAULT_CODES, type FaultCode } from '../kernel/fault-codes.ts'
import { Fault } from '../kernel/fault.ts'
import { CONTROL_LINE_BYTES_MAX, type ControlReply, type ControlRequest, type ControlResults, type FaultValue, type ServerEvent } from '../server/control/contract.ts'

export interface ControlClient extends AsyncDisposable {
  /** Rejects with the server's Fault, or `server-away` when the connection ends before the answer. */
  call(request: ControlRequest, onEvent?: (event: ServerEvent) => void): Promise<ControlResults[ControlRequest['kind']]>
}

interface Waiting {
  resolve(result: ControlResults[ControlRequest['kind']]): void
  reject(reason: Fault): void
  readonly onEvent: ((event: ServerEvent) => void) | undefined
}

function faultFromValue(value: FaultValue): Fault {
  const code = Object.hasOwn(FAULT_CODES, value.code) ? (value.code as FaultCode) : 'internal'
  return new Fault(code, value.message, { next: value.next })
}

/** Splits a stream of text into lines; throws when one grows over the limit. */
class LineSplitter {
  #rest = ''

  add(text: string): string[] {
    const lines = (this.#rest + text).split('\n')
    this.#rest = lines.pop() ?? ''
    if (this.#rest.length > CONTROL_LINE_BYTES_MAX) throw new Fault('wire-malformed', 'the server sent a line that is too long')
    return lines.filter((line) => line !== '')
  }
}

function connectTo(path: string): Promise<Socket> {
  return new Promise((resolve, reject) => {
    const socket = connect(path)
    socket.once('connect', () => {
      socket.off('error', reject)
      resolve(socket)
    })
    socket.once('error', reject)
  })
}

/** Rejects with the system's error when nobody listens at `path`. */
export async function openControlClient(path: string, signal: AbortSignal): Promise<ControlClient> {
  const socket = await connectTo(path)
  socket.setEncoding('utf8')
  const waiting = new Map<number, Waiting>()
  const lines = new LineSplitter()
  let nextId = 0
  let ended: Fault | undefined

  const end = (reason: Fault): void => {
    ended ??= reason
    for (const call of waiting.values()) call.reject(ended)
    waiting.clear()
    socket.destroy()
  }
  const take = (line: string): void => {
    let reply: ControlReply
    try {
      reply = JSON.parse(line) as ControlReply
    } catch {
      end(new Fault('wire-malformed', 'the server sent a line that is not JSON'))
      return
    }
    const call = waiting.get(reply.id)
    if (call === undefined) return
    switch (reply.kind) {
      case 'event':
        call.onEvent?.(reply.event)
        return
      case 'result':
        waiting.delete(reply.id)
        call.resolve(reply.result)
        return
      case 'fault':
        waiting.delete(reply.id)
        call.reject(faultFromValue(reply.fault))
    }
  }
  socket.on('data', (text: string) => {
    try {
      for (const line of lines.add(text)) take(line)
    } catch (error) {
      end(error instanceof Fault ? error : new Fault('internal', String(error), { cause: error }))
    }
  })
  socket.on('error', (error) => end(new Fault('server-away', `the connection to the server broke: ${error.message}`, { cause: error })))
  socket.on('close', () => end(new Fault('server-away', 'the server ended the connection')))
  const onAbort = (): void => end(new Fault('cancelled', 'interrupted'))
  signal.addEventListener('abort', onAbort, { once: true })

  return {
    call(request, onEvent) {
      return new Promise((resolve, reject) => {
        if (ended !== undefined) return reject(ended)
        const id = ++nextId
        waiting.set(id, { resolve, reject, onEvent })
        socket.write(`${JSON.stringify({ id, request })}\n`)
      })
    },
    [Symbol.asyncDispose]() {
      signal.removeEventListener('abort', onAbort)
      end(new Fault('cancelled', 'the connection was closed'))
      return Promise.resolve()
    },
  }
}
