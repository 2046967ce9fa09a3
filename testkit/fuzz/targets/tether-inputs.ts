// Good frames of every kind, and frames that are right in form and wrong in everything else, for the targets of the tether.

import type { Random } from '../../../src/kernel/random.ts'
import { PACKET_KINDS, encodeData, encodeFrame } from '../../../src/wire/tether/frame-encode.ts'
import type { ControlFrame, HelloFrame, LinkFrame, StreamPosition, WelcomeFrame } from '../../../src/wire/tether/frame.ts'
import { pick } from '../mutate.ts'

export const MACHINE = Buffer.alloc(16, 0x11)
export const INSTANCE = Buffer.alloc(16, 0x22)
export const SESSION = Buffer.alloc(16, 0x33)

const NUMBERS = [0, 1, 2, 3, 4, 5, 7, 64, 100, 255, 256, 65_536, 262_144, 2 ** 31, 2 ** 32 - 1] as const
const LARGE = [...NUMBERS, 2 ** 32, 2 ** 40, Number.MAX_SAFE_INTEGER] as const
const TEXTS = ['', 'x', 'sendbackup', 'noop', 'cancelled', 'wire-malformed', 'é\u0000\n', 'long '.repeat(200)] as const

export const HELLO: HelloFrame = {
  kind: 'hello', versionMin: 1, versionMax: 1, machineId: MACHINE, instanceId: INSTANCE, attempt: 1, session: Buffer.alloc(16), epoch: 0, heartbeatMs: 10_000, program: 'holdfast 1', hostName: 'laptop',
  controlReceived: 0, bulkReceived: 0, windows: [], commits: [], bulkSentBytes: 0,
}
export const WELCOME: WelcomeFrame = {
  kind: 'welcome', version: 1, isResumed: false, session: SESSION, epoch: 1, heartbeatMs: 10_000, program: 'holdfast 1', hostName: 'laptop', controlReceived: 0, bulkReceived: 0, windows: [], commits: [], bulkSentBytes: 0,
}

export function dataFrame(seq: number, stream: number, offset: number, bytes: number): Buffer {
  return encodeData(seq, stream, offset, false, Buffer.alloc(bytes, 0x61))
}

export function allFrames(): (ControlFrame | LinkFrame)[] {
  const body = Buffer.from('OPTIONS features=ff;\n')
  return [
    { ...HELLO, windows: [{ stream: 1, offset: 5 }], commits: [{ stream: 2, offset: 9 }] },
    { ...WELCOME, windows: [{ stream: 1, offset: 5 }], commits: [{ stream: 2, offset: 9 }] },
    { kind: 'enrol', versionMin: 1, versionMax: 1, token: 'secret', hostName: 'laptop', program: 'holdfast 1' },
    { kind: 'enrolled', hostName: 'laptop' },
    { kind: 'goaway', code: 1, text: 'bye' },
    { kind: 'ping', token: 7 },
    { kind: 'pong', token: 7 },
    { kind: 'ack', control: 1, bulk: 2 },
    { kind: 'window', stream: 1, offset: 1_000_000 },
    { kind: 'commit', stream: 1, offset: 100 },
    { kind: 'open', seq: 1, stream: 1, request: 1 },
    { kind: 'packet', seq: 2, request: 1, packet: 'req', isLast: true, service: 'sendbackup', body },
    { kind: 'end', seq: 3, stream: 1, offset: 100, code: '', text: '' },
    { kind: 'stop', seq: 4, stream: 1, code: 'cancelled', text: 'no more' },
    { kind: 'renew', seq: 5, phase: 'offer', spki: Buffer.from('key') },
  ]
}

function positions(random: Random): StreamPosition[] {
  return Array.from({ length: random.int(4) }, () => ({ stream: pick(NUMBERS, random), offset: pick(LARGE, random) }))
}

interface Counters {
  control: number
  bulk: number
  readonly offsets: Map<number, number>
}

function nextSeq(counters: Counters, kind: 'control' | 'bulk', random: Random): number {
  return random.int(12) === 0 ? Math.max(1, pick(LARGE, random)) : ++counters[kind]
}

function nextFrame(counters: Counters, random: Random): Buffer {
  const stream = random.int(4) === 0 ? pick(NUMBERS, random) : random.int(8)
  const seq = (): number => nextSeq(counters, 'control', random)
  const request = random.int(8)
  switch (random.int(12)) {
    case 0:
      return encodeFrame({ kind: 'open', seq: seq(), stream, request })
    case 1:
    case 2: {
      const bytes = random.int(10) === 0 ? 20_000 : 1 + random.int(200)
      const offset = random.int(12) === 0 ? pick(LARGE, random) : (counters.offsets.get(stream) ?? 0)
      counters.offsets.set(stream, offset + bytes)
      return dataFrame(nextSeq(counters, 'bulk', random), stream, Math.min(offset, Number.MAX_SAFE_INTEGER), bytes)
    }
    case 3:
      return encodeFrame({ kind: 'packet', seq: seq(), request, packet: pick(PACKET_KINDS, random), isLast: random.int(4) > 0, service: pick(TEXTS, random), body: Buffer.from(pick(TEXTS, random)) })
    case 4:
      return encodeFrame({ kind: 'end', seq: seq(), stream, offset: random.int(3) === 0 ? pick(LARGE, random) : (counters.offsets.get(stream) ?? 0), code: pick(TEXTS, random), text: pick(TEXTS, random) })
    case 5:
      return encodeFrame({ kind: 'stop', seq: seq(), stream, code: pick(TEXTS, random), text: pick(TEXTS, random) })
    case 6:
      return encodeFrame({ kind: 'ack', control: random.int(6), bulk: random.int(3) === 0 ? pick(LARGE, random) : random.int(6) })
    case 7:
      return encodeFrame({ kind: 'window', stream, offset: pick(LARGE, random) })
    case 8:
      return encodeFrame({ kind: 'commit', stream, offset: random.int(2) === 0 ? pick(LARGE, random) : random.int(300_000) })
    case 9:
      return encodeFrame(pick([{ kind: 'ping', token: 1 }, { kind: 'pong', token: 1 }, { kind: 'renew', seq: seq(), phase: 'accept', spki: Buffer.alloc(random.int(100)) }] as const, random))
    case 10:
      return random.int(4) > 0 ? Buffer.alloc(0) : encodeFrame({ ...HELLO, attempt: random.int(5), epoch: random.int(4), session: random.int(2) === 0 ? SESSION : Buffer.alloc(16), controlReceived: pick(LARGE, random), bulkReceived: pick(LARGE, random), windows: positions(random), commits: positions(random) })
    default:
      return random.int(8) > 0 ? Buffer.alloc(0) : encodeFrame(random.int(2) === 0 ? { ...WELCOME, isResumed: random.int(2) === 0, epoch: random.int(4), controlReceived: random.int(9), bulkReceived: random.int(9), windows: positions(random), commits: positions(random) } : { kind: 'goaway', code: random.int(30), text: pick(TEXTS, random) })
  }
}

/** Frames that a session may take a good way: their numbers run on, as a rule. */
export function generateFrames(random: Random): Buffer {
  const counters: Counters = { control: 0, bulk: 0, offsets: new Map() }
  return Buffer.concat(Array.from({ length: 1 + random.int(40) }, () => nextFrame(counters, random)))
}
