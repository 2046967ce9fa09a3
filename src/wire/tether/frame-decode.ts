// One frame's body to its value. Bytes after the fields that this version knows belong to a newer version and are ignored. Everything
// that is wrong with a body is `wire-malformed`; what is wrong with its place in the session is the session's to judge.

import { ByteReader } from '../../kernel/bytes.ts'
import { Fault } from '../../kernel/fault.ts'
import { FRAME_TYPES, POSITIONS_MAX } from './frame.ts'
import type { Frame, Positions, StreamPosition } from './frame.ts'
import { HELLO_MAGIC, PACKET_KINDS, RENEW_PHASES } from './frame-encode.ts'

const ID_BYTES = 16

/** The value of a frame other than DATA. Byte fields are copied, so that the frame does not keep the link's buffers alive. */
export function decodeBody(type: number, body: Uint8Array): Frame {
  const reader = new ByteReader(body)
  switch (type) {
    case FRAME_TYPES.hello:
      return decodeHello(reader)
    case FRAME_TYPES.welcome:
      return decodeWelcome(reader)
    case FRAME_TYPES.enrol:
      magic(reader)
      return { kind: 'enrol', versionMin: reader.u16('versions'), versionMax: reader.u16('versions'), token: reader.text16('token'), hostName: reader.text16('host name'), program: reader.text16('program') }
    case FRAME_TYPES.enrolled:
      return { kind: 'enrolled', hostName: reader.text16('host name') }
    case FRAME_TYPES.goaway:
      return { kind: 'goaway', code: reader.u16('GOAWAY code'), text: reader.text16('GOAWAY text') }
    case FRAME_TYPES.ping:
      return { kind: 'ping', token: reader.u32('PING') }
    case FRAME_TYPES.pong:
      return { kind: 'pong', token: reader.u32('PONG') }
    case FRAME_TYPES.ack:
      return { kind: 'ack', control: reader.u64('ACK'), bulk: reader.u64('ACK') }
    case FRAME_TYPES.window:
      return { kind: 'window', stream: reader.u32('WINDOW'), offset: reader.u64('WINDOW') }
    case FRAME_TYPES.commit:
      return { kind: 'commit', stream: reader.u32('COMMIT'), offset: reader.u64('COMMIT') }
    case FRAME_TYPES.open:
      return { kind: 'open', seq: sequence(reader), stream: reader.u32('stream'), request: reader.u32('request') }
    case FRAME_TYPES.packet:
      return decodePacket(reader)
    case FRAME_TYPES.end:
      return { kind: 'end', seq: sequence(reader), stream: reader.u32('stream'), offset: reader.u64('offset'), code: reader.text16('end code'), text: reader.text16('end text') }
    case FRAME_TYPES.stop:
      return { kind: 'stop', seq: sequence(reader), stream: reader.u32('stream'), code: reader.text16('stop code'), text: reader.text16('stop text') }
    case FRAME_TYPES.renew:
      return decodeRenew(reader)
    default:
      return { kind: 'unknown', type }
  }
}

function decodeHello(reader: ByteReader): Frame {
  magic(reader)
  return {
    kind: 'hello',
    versionMin: reader.u16('versions'),
    versionMax: reader.u16('versions'),
    machineId: id(reader, 'machine'),
    instanceId: id(reader, 'instance'),
    attempt: reader.u32('attempt'),
    session: id(reader, 'session'),
    epoch: reader.u32('epoch'),
    heartbeatMs: reader.u32('heartbeat'),
    program: reader.text16('program'),
    hostName: reader.text16('host name'),
    ...decodePositions(reader),
  }
}

function decodeWelcome(reader: ByteReader): Frame {
  magic(reader)
  return {
    kind: 'welcome',
    version: reader.u16('version'),
    isResumed: flag(reader, 'WELCOME flag'),
    session: id(reader, 'session'),
    epoch: reader.u32('epoch'),
    heartbeatMs: reader.u32('heartbeat'),
    program: reader.text16('program'),
    hostName: reader.text16('host name'),
    ...decodePositions(reader),
  }
}

function decodePositions(reader: ByteReader): Positions {
  const received = { controlReceived: reader.u64('position'), bulkReceived: reader.u64('position') }
  const lists = { windows: decodeList(reader, 'windows'), commits: decodeList(reader, 'commits') }
  // Only for people to know what a cut cost; a peer that ends its frame before it is understood all the same.
  return { ...received, ...lists, bulkSentBytes: reader.remaining >= 8 ? reader.u64('position') : 0 }
}

function decodeList(reader: ByteReader, what: string): StreamPosition[] {
  const count = reader.u16(what)
  if (count > POSITIONS_MAX) throw new Fault('wire-malformed', `${count} ${what} are too many`)
  return Array.from({ length: count }, () => ({ stream: reader.u32(what), offset: reader.u64(what) }))
}

function decodePacket(reader: ByteReader): Frame {
  const seq = sequence(reader)
  const request = reader.u32('request')
  const kindNumber = reader.u8('packet kind')
  const packet = PACKET_KINDS[kindNumber]
  if (packet === undefined) throw new Fault('wire-malformed', `packet kind ${kindNumber} is not known`)
  const isLast = flag(reader, 'packet flag')
  const service = reader.text16('service')
  return { kind: 'packet', seq, request, packet, isLast, service, body: copyOf(reader.take(reader.u32('packet body'), 'packet body')) }
}

function decodeRenew(reader: ByteReader): Frame {
  const seq = sequence(reader)
  const phaseNumber = reader.u8('RENEW phase')
  const phase = RENEW_PHASES[phaseNumber]
  if (phase === undefined) throw new Fault('wire-malformed', `RENEW phase ${phaseNumber} is not known`)
  return { kind: 'renew', seq, phase, spki: copyOf(reader.take(reader.u16('key'), 'key')) }
}

function magic(reader: ByteReader): void {
  if (reader.u32('magic') !== HELLO_MAGIC) throw new Fault('wire-malformed', 'the peer does not speak the tether protocol')
}

function sequence(reader: ByteReader): number {
  const seq = reader.u64('sequence number')
  if (seq === 0) throw new Fault('wire-malformed', 'sequence numbers start at 1')
  return seq
}

function flag(reader: ByteReader, what: string): boolean {
  const value = reader.u8(what)
  if (value > 1) throw new Fault('wire-malformed', `${what} is ${value}`)
  return value === 1
}

function id(reader: ByteReader, what: string): Uint8Array {
  return copyOf(reader.take(ID_BYTES, what))
}

function copyOf(bytes: Uint8Array): Uint8Array {
  return new Uint8Array(bytes)
}
