// What the program asks of the session: requests, replies, streams. The program may be a moment behind (a stream that was reset or
// stopped a moment ago), so asking for what is gone does nothing; only a number never given out is a defect.

import { assert } from '../../kernel/assert.ts'
import { PACKET_PART_BYTES_MAX } from '../../wire/tether/frame.ts'
import type { PacketKind } from '../../wire/tether/frame.ts'
import { END_TEXT_BYTES_MAX, PACKET_BYTES_MAX, PREP_BACKLOG_BYTES } from './limits.ts'
import { createStream, queueControl } from './session-state.ts'
import type { Session, Stream } from './session-state.ts'
import { absorb, dropWaiting, pump, schedule, waitingBytes } from './session-send.ts'
import type { SessionEvent } from './session-types.ts'
import { noteConsumed } from './session-window.ts'

/** What takes the place of a packet that no peer would accept. */
const TOO_LARGE = `ERROR the packet is larger than ${PACKET_BYTES_MAX} bytes\n`

type Asked = Extract<SessionEvent, { kind: 'request' | 'reply' | 'cancel' | 'open' | 'write' | 'end' | 'stop' | 'consumed' | 'commit' | 'renew' }>

export function ask(session: Session, event: Asked): void {
  const { exchange } = session
  switch (event.kind) {
    case 'request':
      assert(event.request < session.nextRequest, 'the number of a request comes from allocateRequest')
      if (isTooLarge(event.body)) return void session.effects.push({ kind: 'packet', request: event.request, packet: 'nak', service: '', body: TOO_LARGE })
      exchange.ownRequests.add(event.request)
      return queuePacket(session, event.request, 'req', event.service, event.body)
    case 'reply':
      if (!exchange.peerRequests.has(event.request)) return
      if (event.packet === 'prep' && (exchange.controlBytes > PREP_BACKLOG_BYTES || isTooLarge(event.body))) return
      if (event.packet !== 'prep') exchange.peerRequests.delete(event.request)
      if (isTooLarge(event.body)) return queuePacket(session, event.request, 'nak', '', TOO_LARGE)
      return queuePacket(session, event.request, event.packet, '', event.body)
    case 'cancel':
      if (exchange.ownRequests.delete(event.request)) queuePacket(session, event.request, 'cancel', '', '')
      return
    case 'open':
      assert(event.stream < session.nextStream, 'the number of a stream comes from allocateStream')
      exchange.streams.set(event.stream, createStream(event.stream))
      queueControl(session, (seq) => ({ kind: 'open', seq, stream: event.stream, request: event.request }))
      return
    case 'renew':
      queueControl(session, (seq) => ({ kind: 'renew', seq, phase: event.phase, spki: event.spki }))
      return
    case 'commit':
      return commit(session, event.stream, event.offset)
    default: {
      const stream = exchange.streams.get(event.stream)
      if (stream !== undefined) askStream(session, stream, event)
    }
  }
}

function askStream(session: Session, stream: Stream, event: Extract<Asked, { kind: 'write' | 'end' | 'stop' | 'consumed' }>): void {
  switch (event.kind) {
    case 'write':
      if (stream.send.endSeq > 0) return
      assert(!stream.send.isRoomOwed, 'a piece is written when the one before has gone')
      stream.send.isRoomOwed = true
      stream.send.pending = event.piece
      stream.send.pendingBytes = event.piece.length
      schedule(session, stream)
      // What cannot leave now is taken in behind it, so that the writer waits only for a full frame.
      pump(session)
      return absorb(session, stream)
    case 'end':
      if (stream.send.endSeq > 0) return
      if (event.code !== '') dropWaiting(session, stream.send)
      return endSending(session, stream, event.code, event.text)
    case 'stop':
      return stopReceiving(session, stream, event.code, event.text)
    case 'consumed':
      if (stream.receive.isStopped) return
      assert(stream.receive.consumedBytes + event.bytes <= stream.receive.receivedBytes, 'no more is consumed than was delivered')
      return noteConsumed(session, stream, event.bytes)
  }
}

/** Queues END at what was written. */
export function endSending(session: Session, stream: Stream, code: string, text: string): void {
  const offset = stream.send.framedBytes + waitingBytes(stream.send)
  stream.send.endSeq = queueControl(session, (seq) => ({ kind: 'end', seq, stream: stream.id, offset, code: cut(code), text: cut(text) }))
  session.exchange.ending.add(stream)
}

/** What was delivered and not consumed is given up; what still comes is dropped here, so that the peer is not held by the window. */
function stopReceiving(session: Session, stream: Stream, code: string, text: string): void {
  const { receive } = stream
  if (receive.isStopped || receive.isEnded) return
  receive.isStopped = true
  queueControl(session, (seq) => ({ kind: 'stop', seq, stream: stream.id, code: cut(code), text: cut(text) }))
  noteConsumed(session, stream, receive.receivedBytes - receive.consumedBytes)
}

function commit(session: Session, id: number, offset: number): void {
  const { exchange } = session
  const stream = exchange.streams.get(id)
  const finished = exchange.finished.get(id)
  const before = stream?.receive.committedBytes ?? finished?.committed
  if (before === undefined || offset <= before) return
  assert(offset <= (stream?.receive.receivedBytes ?? finished?.received ?? 0), 'no more is committed than was received')
  if (stream !== undefined) stream.receive.committedBytes = offset
  if (finished !== undefined) finished.committed = offset
  exchange.dirtyCommits.add(id)
}

function isTooLarge(body: string): boolean {
  return body.length * 3 > PACKET_BYTES_MAX && Buffer.byteLength(body, 'utf8') > PACKET_BYTES_MAX
}

function queuePacket(session: Session, request: number, packet: PacketKind, service: string, body: string): void {
  const bytes = Buffer.from(body, 'utf8')
  let at = 0
  do {
    const part = bytes.subarray(at, at + PACKET_PART_BYTES_MAX)
    at += PACKET_PART_BYTES_MAX
    queueControl(session, (seq) => ({ kind: 'packet', seq, request, packet, isLast: at >= bytes.length, service: cut(service), body: part }))
  } while (at < bytes.length)
}

/** A text cut to the limit at a character's border. */
function cut(text: string): string {
  if (text.length * 3 <= END_TEXT_BYTES_MAX) return text
  return Buffer.from(text, 'utf8').subarray(0, END_TEXT_BYTES_MAX).toString('utf8').replace(/\uFFFD+$/, '')
}
