// Frames to bytes. Of DATA only the head is written here, in front of a payload that the caller has put in its place, so that a frame of bulk
// is one buffer and copied once. The bytes are described in docs/protocol/tether.md.

import { assert, unreachable } from '../../kernel/assert.ts'
import { ByteWriter } from '../../kernel/bytes.ts'
import { DATA_FIELDS_BYTES, DATA_HEAD_BYTES, FRAME_BODY_BYTES_MAX, FRAME_DATA_BYTES_MAX, FRAME_HEADER_BYTES, FRAME_TYPES } from './frame.ts'
import type { ControlFrame, LinkFrame, PacketKind, Positions, RenewPhase, StreamPosition } from './frame.ts'

export const HELLO_MAGIC = 0x48465431
export const PACKET_KINDS: readonly PacketKind[] = ['req', 'prep', 'rep', 'nak', 'cancel']
export const RENEW_PHASES: readonly RenewPhase[] = ['offer', 'accept', 'ask']

const U32 = 0x1_0000_0000

/** Writes header and fields of a DATA frame to the first DATA_HEAD_BYTES of `out`; the payload is all the rest of it. */
export function writeDataHead(out: Buffer, seq: number, stream: number, offset: number, isStarved: boolean): void {
  const bytes = out.length - DATA_HEAD_BYTES
  assert(bytes > 0 && bytes <= FRAME_DATA_BYTES_MAX, 'a DATA frame carries 1 byte to 256 KiB')
  out.writeUInt32BE(FRAME_TYPES.data * 0x100_0000 + DATA_FIELDS_BYTES + bytes, 0)
  out.writeUInt32BE(Math.floor(seq / U32), 4)
  out.writeUInt32BE(seq % U32, 8)
  out.writeUInt32BE(stream, 12)
  out.writeUInt32BE(Math.floor(offset / U32), 16)
  out.writeUInt32BE(offset % U32, 20)
  out.writeUInt8(isStarved ? 1 : 0, 24)
}

/** A whole DATA frame. */
export function encodeData(seq: number, stream: number, offset: number, isStarved: boolean, payload: Uint8Array): Buffer {
  const out = Buffer.allocUnsafe(DATA_HEAD_BYTES + payload.length)
  out.set(payload, DATA_HEAD_BYTES)
  writeDataHead(out, seq, stream, offset, isStarved)
  return out
}

/** One whole frame other than DATA. The body must be within the limit: callers bound their texts and lists. */
export function encodeFrame(frame: ControlFrame | LinkFrame): Buffer {
  const writer = new ByteWriter(64).u32(0)
  writeBody(writer, frame)
  const out = writer.finish()
  const length = out.length - FRAME_HEADER_BYTES
  assert(length <= FRAME_BODY_BYTES_MAX, `a ${frame.kind} frame is larger than the limit`)
  out.writeUInt32BE(FRAME_TYPES[frame.kind] * 0x100_0000 + length, 0)
  return out
}

function writeBody(writer: ByteWriter, frame: ControlFrame | LinkFrame): void {
  switch (frame.kind) {
    case 'hello':
      writer.u32(HELLO_MAGIC).u16(frame.versionMin).u16(frame.versionMax).put(frame.machineId).put(frame.instanceId).u32(frame.attempt)
      writer.put(frame.session).u32(frame.epoch).u32(frame.heartbeatMs).text16(frame.program).text16(frame.hostName)
      return writePositions(writer, frame)
    case 'welcome':
      writer.u32(HELLO_MAGIC).u16(frame.version).u8(frame.isResumed ? 1 : 0)
      writer.put(frame.session).u32(frame.epoch).u32(frame.heartbeatMs).text16(frame.program).text16(frame.hostName)
      return writePositions(writer, frame)
    case 'enrol':
      writer.u32(HELLO_MAGIC).u16(frame.versionMin).u16(frame.versionMax).text16(frame.token).text16(frame.hostName).text16(frame.program)
      return
    case 'enrolled':
      writer.text16(frame.hostName)
      return
    case 'goaway':
      writer.u16(frame.code).text16(frame.text)
      return
    case 'ping':
    case 'pong':
      writer.u32(frame.token)
      return
    case 'ack':
      writer.u64(frame.control).u64(frame.bulk)
      return
    case 'window':
    case 'commit':
      writer.u32(frame.stream).u64(frame.offset)
      return
    case 'open':
      writer.u64(frame.seq).u32(frame.stream).u32(frame.request)
      return
    case 'packet':
      writer.u64(frame.seq).u32(frame.request).u8(PACKET_KINDS.indexOf(frame.packet)).u8(frame.isLast ? 1 : 0)
      writer.text16(frame.service).u32(frame.body.length).put(frame.body)
      return
    case 'end':
      writer.u64(frame.seq).u32(frame.stream).u64(frame.offset).text16(frame.code).text16(frame.text)
      return
    case 'stop':
      writer.u64(frame.seq).u32(frame.stream).text16(frame.code).text16(frame.text)
      return
    case 'renew':
      writer.u64(frame.seq).u8(RENEW_PHASES.indexOf(frame.phase)).u16(frame.spki.length).put(frame.spki)
      return
    default:
      unreachable(frame)
  }
}

function writePositions(writer: ByteWriter, positions: Positions): void {
  writer.u64(positions.controlReceived).u64(positions.bulkReceived)
  writeList(writer, positions.windows)
  writeList(writer, positions.commits)
  writer.u64(positions.bulkSentBytes)
}

function writeList(writer: ByteWriter, list: readonly StreamPosition[]): void {
  writer.u16(list.length)
  for (const { stream, offset } of list) writer.u32(stream).u64(offset)
}
