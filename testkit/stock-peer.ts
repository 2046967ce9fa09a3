// The client's side of bsdtcp, ssh and local for tests: what amandad does with packets and streams, on a port of loopback or on the input and output
// of a program that is none, with a handler in the place of its services. It answers the noop that begins a connection by itself.

import net from 'node:net'
import { systemClock } from '../src/kernel/clock.ts'
import { createBytePipe } from '../src/kernel/byte-pipe.ts'
import { faultOf } from '../src/kernel/fault.ts'
import type { ProcessExit, ProcessRunner, RunningProcess } from '../src/kernel/processes.ts'
import { childPipe } from '../src/transport/amanda/child-pipe.ts'
import { socketPipe } from '../src/transport/amanda/socket-pipe.ts'
import { TokenLink } from '../src/transport/amanda/token-link.ts'
import type { TokenPipe } from '../src/transport/amanda/token-pipe.ts'
import type { ByteStream, IncomingRequest, RequestHandler } from '../src/transport/contract.ts'
import { formatNoopReply } from '../src/wire/amanda/noop-reply.ts'
import { OUR_FEATURES } from '../src/wire/amanda/features.ts'
import { decodePacket, encodePacket, type PacketKind } from '../src/wire/amanda/packet.ts'

/** Amanda counts the handles of streams down from here. */
const FIRST_STREAM = 499_999

/** A stream of an acceptor may end before it has said anything: then the end goes out at once. */
function acceptorStream(link: TokenLink, handle: number): ByteStream {
  const stream = link.addStream(handle, 'DATA')
  let hasWritten = false
  return {
    handle,
    read: () => stream.read(),
    cancel: (reason) => stream.cancel(reason),
    write(piece) {
      hasWritten ||= piece.length > 0
      return stream.write(piece)
    },
    end() {
      if (!hasWritten) link.sendEnd(handle)
      return stream.end()
    },
    fail: (reason) => stream.fail(reason),
    commit: () => stream.commit(),
    committedBytes: () => stream.committedBytes(),
    onStopped: (listener) => stream.onStopped(listener),
  }
}

/** `userLine`: what begins each request. */
function serve(pipe: TokenPipe, userLine: string, handler: RequestHandler): void {
  let nextStream = FIRST_STREAM
  let isGreeted = false
  const answer = (handle: number, kind: PacketKind, body: string): void => link.send(handle, encodePacket({ kind, body }))
  const handle = async (id: number, service: string, body: string): Promise<void> => {
    let isAnswered = false
    const reply = (kind: 'prep' | 'rep' | 'nak', text: string): void => {
      if (isAnswered) return
      isAnswered = kind !== 'prep'
      answer(id, kind, text)
    }
    const request: IncomingRequest = {
      service, body, peer: { host: 'server' }, signal: new AbortController().signal,
      openStream: () => acceptorStream(link, nextStream--),
      prep: (text) => reply('prep', text),
      rep: (text) => reply('rep', text),
      nak: (text) => reply('nak', text),
    }
    try {
      await handler(request)
      reply('nak', 'ERROR the service ended without an answer\n')
    } catch (error) {
      reply('nak', `ERROR ${faultOf(error).message}\n`)
    }
  }
  const link: TokenLink = new TokenLink(pipe, systemClock, {
    onLost: () => undefined,
    onPacket(id, payload) {
      const { kind, body } = decodePacket(payload)
      if (kind !== 'req') return
      const [, before, service = '', rest = ''] = /^(.*?)SERVICE (\S+)\n(.*)$/s.exec(body) ?? []
      if (before !== userLine) return answer(id, 'nak', `ERROR a request begins with ${JSON.stringify(before)}\n`)
      answer(id, 'ack', '')
      if (isGreeted) return void handle(id, service, rest)
      isGreeted = true
      answer(id, 'rep', formatNoopReply(OUR_FEATURES))
    },
  })
}

export interface StockPeer {
  readonly port: number
  close(): Promise<void>
}

export async function listenAsStockPeer(handler: RequestHandler): Promise<StockPeer> {
  const sockets = new Set<net.Socket>()
  const server = net.createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined)
    serve(socketPipe(socket, systemClock), 'SECURITY USER backup\n', handler)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  if (address === null || typeof address !== 'object') throw new Error('no port')
  return {
    port: address.port,
    async close() {
      for (const socket of sockets) socket.destroy()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

const PIPE_BYTES = 64 * 1024

/** Programs of which each is an amandad with `handler`. `end` ends all that run, as if they had complained and failed. */
export function stockPeerPrograms(handler: RequestHandler, started: (argv: readonly string[]) => void = () => undefined): { readonly processes: ProcessRunner; end(complaint: string): void } {
  const ends: ((complaint: string) => void)[] = []
  const start = (argv: readonly string[]): RunningProcess => {
    started(argv)
    const [input, output, errors] = [createBytePipe(PIPE_BYTES), createBytePipe(PIPE_BYTES), createBytePipe(PIPE_BYTES)]
    let tellExit: (exit: ProcessExit) => void = () => undefined
    const exit = new Promise<ProcessExit>((resolve) => (tellExit = resolve))
    let isEnded = false
    const end = (code: number, complaint = ''): void => {
      if (isEnded) return
      isEnded = true
      void errors.write(Buffer.from(complaint)).then(() => errors.end())
      // Whoever has closed it does not wait for its end.
      output.end().catch(() => undefined)
      tellExit({ code, signal: null })
    }
    ends.push((complaint) => end(255, complaint))
    // Seen from inside, what it reads is what comes out of a program.
    const inside: RunningProcess = { pid: 1, stdin: output, stdout: input, stderr: createBytePipe(PIPE_BYTES), extra: [], exit, kill: () => end(0) }
    serve(childPipe('server', inside, systemClock), '', handler)
    return { pid: 1, stdin: input, stdout: output, stderr: errors, extra: [], exit, kill: () => end(0) }
  }
  return {
    processes: { start: ({ argv }) => Promise.resolve(start(argv)) },
    end(complaint) {
      for (const end of ends.splice(0)) end(complaint)
    },
  }
}
