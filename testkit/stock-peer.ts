// The client's side of bsdtcp for tests: what amandad does with packets and streams, on a port of loopback, with a handler in the place of its
// services. It answers the noop that begins a connection by itself.

import net from 'node:net'
import { systemClock } from '../src/kernel/clock.ts'
import { faultOf } from '../src/kernel/fault.ts'
import { TokenLink } from '../src/transport/amanda/token-link.ts'
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

function serve(socket: net.Socket, handler: RequestHandler): void {
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
  const link: TokenLink = new TokenLink(socket, systemClock, {
    onLost: () => undefined,
    onPacket(id, payload) {
      const { kind, body } = decodePacket(payload)
      if (kind !== 'req') return
      const [, service = '', rest = ''] = /^SECURITY USER \w+\nSERVICE (\S+)\n(.*)$/s.exec(body) ?? []
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
    serve(socket, handler)
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
