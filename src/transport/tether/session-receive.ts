// What the frames of a peer do to the session. Numbered frames are taken exactly once and in order within their kind; a number that was
// had before is passed over. Frames without a number hold absolute values, so an old one changes nothing. Whatever a peer may not
// do throws a PeerBreach; the caller turns it into GOAWAY.

import type { ControlFrame, DataFrame, LinkFrame, PacketKind } from '../../wire/tether/frame.ts'
import { ACK_DELAY_MS, PACKET_BYTES_MAX, REQUESTS_MAX, STREAMS_MAX } from './limits.ts'
import { createStream, forgetIfOver, PeerBreach } from './session-state.ts'
import type { Link, Session, Stream } from './session-state.ts'
import { noteConsumed } from './session-window.ts'
import { dropWaiting, schedule, waitingBytes } from './session-send.ts'
import { endSending } from './session-streams.ts'

/** A DATA frame of the live link. */
export function receiveData(session: Session, frame: DataFrame): void {
  const { exchange } = session
  if (frame.seq <= exchange.bulkReceived) return
  if (frame.seq !== exchange.bulkReceived + 1) throw new PeerBreach('order-broken', `DATA ${frame.seq} came after ${exchange.bulkReceived}`)
  const stream = exchange.streams.get(frame.stream)
  if (stream === undefined) throw new PeerBreach('order-broken', `DATA for stream ${frame.stream}, which is not open`)
  const { receive } = stream
  if (frame.offset !== receive.receivedBytes) throw new PeerBreach('order-broken', `DATA at ${frame.offset} of stream ${stream.id}, expected ${receive.receivedBytes}`)
  const { payload } = frame
  const received = receive.receivedBytes + payload.length
  if (received > receive.windowLimit) throw new PeerBreach('limit-broken', `DATA beyond the window of stream ${stream.id}`)
  if (receive.isEnded || received > (receive.end?.offset ?? Number.POSITIVE_INFINITY)) throw new PeerBreach('order-broken', `DATA after the end of stream ${stream.id}`)
  exchange.bulkReceived = frame.seq
  exchange.bulkReceivedBytes += payload.length
  exchange.unackedReceivedBytes += payload.length
  exchange.ackDueMs = Math.min(exchange.ackDueMs, session.nowMs + ACK_DELAY_MS)
  receive.receivedBytes = received
  if (frame.isStarved) receive.isStarved = true
  if (receive.isStopped) {
    session.options.buffers.give(payload)
    noteConsumed(session, stream, payload.length)
  } else session.effects.push({ kind: 'deliver', stream: stream.id, piece: payload })
  endReceivingIfDue(session, stream)
}

/** A numbered control frame of the live link. */
export function receiveControl(session: Session, frame: ControlFrame): void {
  const { exchange } = session
  if (frame.seq <= exchange.controlReceived) return
  if (frame.seq !== exchange.controlReceived + 1) throw new PeerBreach('order-broken', `control frame ${frame.seq} came after ${exchange.controlReceived}`)
  exchange.controlReceived = frame.seq
  exchange.ackDueMs = Math.min(exchange.ackDueMs, session.nowMs + ACK_DELAY_MS)
  switch (frame.kind) {
    case 'open':
      return receiveOpen(session, frame.stream, frame.request)
    case 'packet':
      return receivePacket(session, frame.request, frame.packet, frame.isLast, frame.service, frame.body)
    case 'end':
      return receiveEnd(session, frame.stream, frame.offset, frame.code, frame.text)
    case 'stop':
      return receiveStop(session, frame.stream, frame.code, frame.text)
    case 'renew':
      session.effects.push({ kind: 'renewed', phase: frame.phase, spki: frame.spki })
  }
}

/** ACK, WINDOW, COMMIT and PING of the live link. */
export function receiveUnnumbered(session: Session, link: Link, frame: Extract<LinkFrame, { kind: 'ack' | 'window' | 'commit' | 'ping' }>): void {
  switch (frame.kind) {
    case 'ack':
      if (frame.control >= link.nextControl || frame.bulk >= link.nextBulk) throw new PeerBreach('order-broken', 'ACK of a frame that was not sent')
      acknowledge(session, link, frame.control, frame.bulk)
      return
    case 'window':
      return raiseWindow(session, frame.stream, frame.offset)
    case 'commit':
      return raiseCommit(session, frame.stream, frame.offset)
    case 'ping':
      link.isPongDue = true
      link.pongToken = frame.token
      return
  }
}

/** Drops what the peer has received. `link` is the link that carried it; undefined at a handshake, which measures nothing. */
export function acknowledge(session: Session, link: Link | undefined, control: number, bulk: number): void {
  const { exchange } = session
  while (exchange.control.ackedSeq < control) exchange.controlBytes -= exchange.control.shift().length
  let bytes = 0
  let newest
  while (exchange.bulk.ackedSeq < bulk) {
    newest = exchange.bulk.shift()
    bytes += newest.bytes
    newest.send.unackedBytes -= newest.bytes
    if (link !== undefined && newest.transmissions === 1) session.options.buffers.give(newest.frame)
  }
  if (newest !== undefined) {
    exchange.bulkBytes -= bytes
    session.options.replayBudget.usedBytes -= bytes
    if (link !== undefined) {
      link.inFlightBytes -= bytes
      link.rate.note(bytes, newest.mark, session.nowMs)
    }
  }
  for (const stream of exchange.ending) {
    const { send } = stream
    if (waitingBytes(send) > 0 || send.endSeq > exchange.control.ackedSeq || send.lastBulkSeq > exchange.bulk.ackedSeq) continue
    exchange.ending.delete(stream)
    send.isFinished = true
    session.effects.push({ kind: 'finished', stream: stream.id })
    forgetIfOver(session, stream)
  }
}

export function raiseWindow(session: Session, id: number, offset: number): void {
  const stream = session.exchange.streams.get(id)
  if (stream === undefined || offset <= stream.send.windowLimit) return
  stream.send.windowLimit = offset
  schedule(session, stream)
}

export function raiseCommit(session: Session, id: number, offset: number): void {
  const { exchange } = session
  const stream = exchange.streams.get(id)
  const finished = exchange.finished.get(id)
  const sent = stream?.send.framedBytes ?? finished?.sent ?? 0
  const before = stream?.send.committedBytes ?? finished?.peerCommitted
  if (before === undefined || offset <= before) return
  if (offset > sent) throw new PeerBreach('order-broken', `COMMIT of ${offset} bytes of stream ${id}, of which ${sent} were sent`)
  if (stream !== undefined) stream.send.committedBytes = offset
  if (finished !== undefined) finished.peerCommitted = offset
  session.effects.push({ kind: 'committed', stream: id, offset })
}

function isPeers(session: Session, id: number): boolean {
  return (id % 2 === 1) === (session.options.role === 'server')
}

function receiveOpen(session: Session, id: number, request: number): void {
  const { exchange } = session
  if (!isPeers(session, id) || id <= exchange.peerLastStream) throw new PeerBreach('order-broken', `OPEN of stream ${id}`)
  let open = 0
  for (const other of exchange.streams.keys()) if (isPeers(session, other)) open += 1
  if (open >= STREAMS_MAX) throw new PeerBreach('limit-broken', `more than ${STREAMS_MAX} streams`)
  exchange.peerLastStream = id
  exchange.streams.set(id, createStream(id))
  session.effects.push({ kind: 'stream-opened', stream: id, request })
}

function receivePacket(session: Session, request: number, packet: PacketKind, isLast: boolean, service: string, body: Uint8Array): void {
  const { exchange } = session
  let part = exchange.parts.get(request)
  if (part !== undefined && part.packet !== packet) throw new PeerBreach('order-broken', `a packet of request ${request} was interrupted`)
  if (part === undefined) {
    if (packet === 'req') admitRequest(session, request)
    if ((packet === 'req' || packet === 'cancel') !== isPeers(session, request)) throw new PeerBreach('order-broken', `${packet} for request ${request}`)
    part = { packet, service, bodies: [], bytes: 0 }
  }
  part.bodies.push(body)
  part.bytes += body.length
  if (part.bytes > PACKET_BYTES_MAX) throw new PeerBreach('limit-broken', `a packet of more than ${PACKET_BYTES_MAX} bytes`)
  if (!isLast) {
    if (!exchange.ownRequests.has(request) && !exchange.peerRequests.has(request)) {
      part.bodies.length = 0
      part.bytes = 0
    }
    if (exchange.parts.size >= REQUESTS_MAX * 2 && !exchange.parts.has(request)) throw new PeerBreach('limit-broken', 'too many unfinished packets')
    exchange.parts.set(request, part)
    return
  }
  exchange.parts.delete(request)
  const isOpen = packet === 'req' || packet === 'cancel' ? exchange.peerRequests.has(request) : exchange.ownRequests.has(request)
  if (!isOpen) return
  if (packet === 'rep' || packet === 'nak') exchange.ownRequests.delete(request)
  if (packet === 'cancel') exchange.peerRequests.delete(request)
  const text = Buffer.concat(part.bodies, part.bytes).toString('utf8')
  session.effects.push({ kind: 'packet', request, packet, service: part.service, body: text })
}

function admitRequest(session: Session, request: number): void {
  const { exchange } = session
  if (!isPeers(session, request) || request <= exchange.peerLastRequest) throw new PeerBreach('order-broken', `REQ with number ${request}`)
  if (exchange.peerRequests.size >= REQUESTS_MAX) throw new PeerBreach('limit-broken', `more than ${REQUESTS_MAX} requests`)
  exchange.peerLastRequest = request
  exchange.peerRequests.add(request)
}

function receiveEnd(session: Session, id: number, offset: number, code: string, text: string): void {
  const stream = session.exchange.streams.get(id)
  if (stream === undefined || stream.receive.end !== undefined || offset < stream.receive.receivedBytes) throw new PeerBreach('order-broken', `END of stream ${id}`)
  stream.receive.end = { offset, code, text }
  endReceivingIfDue(session, stream)
}

function endReceivingIfDue(session: Session, stream: Stream): void {
  const { receive } = stream
  if (receive.end === undefined || receive.isEnded || receive.receivedBytes < receive.end.offset) return
  receive.isEnded = true
  session.exchange.dirtyWindows.delete(stream)
  session.effects.push({ kind: 'stream-ended', stream: stream.id, code: receive.end.code, text: receive.end.text })
  forgetIfOver(session, stream)
}

/** The peer reads no more. What is framed already still goes out; the END tells the peer where it stops. */
function receiveStop(session: Session, id: number, code: string, text: string): void {
  const stream = session.exchange.streams.get(id)
  if (stream === undefined || stream.send.isFinished) return
  session.effects.push({ kind: 'stopped', stream: id, code, text })
  stream.send.isRoomOwed = false
  if (stream.send.endSeq > 0) return
  dropWaiting(session, stream.send)
  endSending(session, stream, code === '' ? 'cancelled' : code, text)
}
