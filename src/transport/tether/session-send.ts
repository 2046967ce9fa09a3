// What is written to the live link, and in which order. Only `pump` decides that. At every step, as far as there is room:
//
//   1. frames without a number (PONG, ACK, WINDOW, COMMIT): they carry absolute values, so a skipped one costs nothing
//   2. control, oldest first, from where this link stands in the replay queue
//   3. bulk already framed that this link has not carried (after a resume)
//   4. new bulk, one frame of each ready stream in turn; a stream that has a frame's worth on its way waits until the next frame is full
//
// Control is limited only by what the link has not taken; bulk also by the measured rate, so that little of it is ahead of control.

import { assert } from '../../kernel/assert.ts'
import { encodeFrame, writeDataHead } from '../../wire/tether/frame-encode.ts'
import { DATA_HEAD_BYTES } from '../../wire/tether/frame.ts'
import {
  ACK_BYTES,
  CONTROL_QUEUED_BYTES_MAX,
  DATA_BYTES_MAX,
  DATA_BYTES_MIN,
  DATA_BYTES_SHARED,
  DATA_MS,
  IN_FLIGHT_BYTES_MIN,
  IN_FLIGHT_MS,
  LINK_QUEUED_BYTES_MAX,
  LINK_QUEUED_BYTES_MIN,
  LINK_QUEUED_MS,
} from './limits.ts'
import type { BulkEntry, Link, SendHalf, Session, Stream } from './session-state.ts'

/** Adds a frame's chunk to what this step writes. `wantsAnswer`: a living peer must react to it. */
export function emit(link: Link, chunk: Uint8Array, wantsAnswer: boolean): void {
  link.out.push(chunk)
  link.outBytes += chunk.length
  if (wantsAnswer) link.outWantsAnswer = true
}

/** Turns what was emitted into one `send` effect. */
export function flush(session: Session, link: Link): void {
  if (link.outBytes === 0) return
  const nowMs = session.nowMs
  if (!link.isAnswerDue) link.idleMs = Math.max(link.idleMs, nowMs - Math.max(link.lastHeardMs, link.lastSentMs))
  if (link.outWantsAnswer) link.isAnswerDue = true
  link.lastSentMs = nowMs
  link.queuedBytes += link.outBytes
  session.effects.push({ kind: 'send', link: link.id, chunks: link.out, bytes: link.outBytes })
  link.out = []
  link.outBytes = 0
  link.outWantsAnswer = false
}

/** Writes what may be written now. */
export function pump(session: Session): void {
  const link = session.live
  if (link === undefined) return
  if (link.queuedBytes < CONTROL_QUEUED_BYTES_MAX) {
    writeUnnumbered(session, link)
    writeControl(session, link)
  }
  const rate = link.rate.bytesPerMs
  writeBulk(session, link, clamp(rate * DATA_MS, DATA_BYTES_MIN, DATA_BYTES_MAX), clamp(rate * LINK_QUEUED_MS, LINK_QUEUED_BYTES_MIN, LINK_QUEUED_BYTES_MAX))
  flush(session, link)
}

/** Bytes of bulk that may be unacknowledged: bounded by time, by a fair share of the process's budget, and never below the floor. */
export function inFlightLimit(session: Session, link: Link): number {
  const { replayBudget } = session.options
  const share = (replayBudget.limitBytes - (replayBudget.usedBytes - session.exchange.bulkBytes)) / 2
  return Math.floor(Math.max(IN_FLIGHT_BYTES_MIN, Math.min(link.rate.bytesPerMs * IN_FLIGHT_MS, share)))
}

/** Puts a stream that may have something to send in the queue of those that take turns. */
export function schedule(session: Session, stream: Stream): void {
  const { send } = stream
  if (send.isScheduled || waitingBytes(send) === 0 || send.framedBytes >= send.windowLimit) return
  send.isScheduled = true
  session.exchange.ready.push(stream)
}

function clamp(value: number, low: number, high: number): number {
  return Math.floor(Math.max(low, Math.min(value, high)))
}

function writeUnnumbered(session: Session, link: Link): void {
  const { exchange } = session
  if (link.isPongDue) {
    link.isPongDue = false
    emit(link, encodeFrame({ kind: 'pong', token: link.pongToken }), false)
  }
  if (exchange.ackDueMs <= session.nowMs || exchange.unackedReceivedBytes >= ACK_BYTES) {
    exchange.ackDueMs = Number.POSITIVE_INFINITY
    exchange.unackedReceivedBytes = 0
    exchange.controlAcked = exchange.controlReceived
    exchange.bulkAcked = exchange.bulkReceived
    emit(link, encodeFrame({ kind: 'ack', control: exchange.controlReceived, bulk: exchange.bulkReceived }), false)
  }
  if (exchange.dirtyWindows.size > 0) {
    for (const stream of exchange.dirtyWindows) emit(link, encodeFrame({ kind: 'window', stream: stream.id, offset: stream.receive.windowLimit }), false)
    exchange.dirtyWindows.clear()
  }
  if (exchange.dirtyCommits.size > 0) {
    for (const id of exchange.dirtyCommits) {
      const offset = exchange.streams.get(id)?.receive.committedBytes ?? exchange.finished.get(id)?.committed
      if (offset !== undefined) emit(link, encodeFrame({ kind: 'commit', stream: id, offset }), false)
    }
    exchange.dirtyCommits.clear()
  }
}

function writeControl(session: Session, link: Link): void {
  const { control } = session.exchange
  while (link.nextControl <= control.lastSeq && link.queuedBytes + link.outBytes < CONTROL_QUEUED_BYTES_MAX) {
    emit(link, control.at(link.nextControl), true)
    link.nextControl += 1
  }
}

function writeBulk(session: Session, link: Link, dataBytes: number, queueBytes: number): void {
  const { bulk, ready } = session.exchange
  const limit = inFlightLimit(session, link)
  /** Those that wait for more to send. */
  const held: Stream[] = []
  while (link.queuedBytes + link.outBytes < queueBytes) {
    if (link.nextBulk <= bulk.lastSeq) {
      const entry = bulk.at(link.nextBulk)
      if (link.inFlightBytes > 0 && link.inFlightBytes + entry.bytes > limit) break
      entry.mark = link.rate.mark(session.nowMs, link.inFlightBytes === 0, false)
      transmit(link, entry)
      continue
    }
    const stream = ready[0]
    if (stream === undefined) break
    const { send } = stream
    const waiting = waitingBytes(send)
    const fullBytes = Math.min(dataBytes, fullFrameBytes(session, send))
    const wanted = Math.min(waiting, send.windowLimit - send.framedBytes, send.open === undefined ? dataBytes : fullBytes)
    const room = limit - session.exchange.bulkBytes
    if (waiting > 0 && room < wanted && room < DATA_BYTES_MIN) break
    ready.shift()
    if (waiting > 0 && wanted === waiting && wanted < fullBytes && send.unackedBytes >= fullBytes && send.endSeq === 0) {
      held.push(stream)
      continue
    }
    send.isScheduled = false
    if (waiting > 0) transmit(link, frameBulk(session, link, stream, Math.min(wanted, room), dataBytes))
  }
  ready.push(...held)
}

function transmit(link: Link, entry: BulkEntry): void {
  emit(link, entry.frame, true)
  entry.transmissions += 1
  link.inFlightBytes += entry.bytes
  link.nextBulk += 1
}

/** Cuts the next DATA frame of `stream`, numbers it and keeps it for replay. */
function frameBulk(session: Session, link: Link, stream: Stream, bytes: number, dataBytes: number): BulkEntry {
  const { exchange } = session
  const { send } = stream
  const offset = send.framedBytes
  const frame = takeWaiting(session, send, bytes)
  send.framedBytes += bytes
  send.unackedBytes += bytes
  absorb(session, stream)
  schedule(session, stream)
  const isStarved = send.windowLimit - send.framedBytes < dataBytes
  writeDataHead(frame, exchange.bulk.lastSeq + 1, stream.id, offset, isStarved)
  const entry: BulkEntry = { send, frame, bytes, mark: link.rate.mark(session.nowMs, exchange.bulkBytes === 0, exchange.ready.length === 0), transmissions: 0 }
  exchange.bulk.push(entry)
  exchange.bulkBytes += bytes
  exchange.bulkSentBytes += bytes
  session.options.replayBudget.usedBytes += bytes
  send.lastBulkSeq = exchange.bulk.lastSeq
  return entry
}

/** Bytes that were written and are in no frame yet. */
export function waitingBytes(send: SendHalf): number {
  return send.openBytes + send.pendingBytes
}

/** A whole frame, its head not yet written, with the next `bytes` bytes of the stream. */
function takeWaiting(session: Session, send: SendHalf, bytes: number): Buffer {
  const { open, openBytes } = send
  if (open !== undefined && bytes >= openBytes) {
    send.open = undefined
    send.openBytes = 0
    takePending(send, open, DATA_HEAD_BYTES + openBytes, bytes - openBytes)
    return open.subarray(0, DATA_HEAD_BYTES + bytes)
  }
  const frame = session.options.buffers.take(DATA_HEAD_BYTES + bytes)
  if (open === undefined) takePending(send, frame, DATA_HEAD_BYTES, bytes)
  else {
    frame.set(open.subarray(DATA_HEAD_BYTES, DATA_HEAD_BYTES + bytes), DATA_HEAD_BYTES)
    open.copyWithin(DATA_HEAD_BYTES, DATA_HEAD_BYTES + bytes, DATA_HEAD_BYTES + openBytes)
    send.openBytes -= bytes
  }
  return frame
}

/** Puts the next `bytes` bytes of the writer's piece to `offset` of `frame`. */
function takePending(send: SendHalf, frame: Buffer, offset: number, bytes: number): void {
  if (bytes === 0) return
  const { pending } = send
  assert(pending !== undefined && bytes <= send.pendingBytes, 'a frame carries what was written')
  const from = pending.length - send.pendingBytes
  frame.set(from === 0 && bytes === pending.length ? pending : pending.subarray(from, from + bytes), offset)
  send.pendingBytes -= bytes
  if (send.pendingBytes === 0) send.pending = undefined
}

/** Bytes of payload at which a frame is worth sending. Many streams at once have smaller ones; few sizes, so that buffers fit again. */
function fullFrameBytes(session: Session, send: SendHalf): number {
  if (send.open !== undefined) return send.open.length - DATA_HEAD_BYTES
  const sharers = session.exchange.ready.length
  return sharers <= 2 ? DATA_BYTES_MAX : DATA_BYTES_SHARED
}

/** Takes what cannot be sent now into the frame that is filled, so that the writer can go on; frames are large where the link is slower than it. */
export function absorb(session: Session, stream: Stream): void {
  const { send } = stream
  const fullBytes = fullFrameBytes(session, send)
  const bytes = Math.min(send.pendingBytes, fullBytes - send.openBytes)
  if (bytes > 0) {
    send.open ??= session.options.buffers.take(DATA_HEAD_BYTES + fullBytes)
    takePending(send, send.open, DATA_HEAD_BYTES + send.openBytes, bytes)
    send.openBytes += bytes
  }
  if (!send.isRoomOwed || send.pendingBytes > 0) return
  send.isRoomOwed = false
  session.effects.push({ kind: 'room', stream: stream.id })
}

/** Forgets what was to be sent; what is framed stays. */
export function dropWaiting(session: Session, send: SendHalf): void {
  if (send.open !== undefined) session.options.buffers.give(send.open)
  send.open = undefined
  send.openBytes = 0
  send.pending = undefined
  send.pendingBytes = 0
}
