import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Fault } from '../../kernel/fault.ts'
import { FrameDecoder } from './frame-decoder.ts'
import { encodeData, encodeFrame } from './frame-encode.ts'
import { FRAME_BODY_BYTES_MAX, FRAME_DATA_BYTES_MAX } from './frame.ts'
import type { ControlFrame, DataFrame, Frame, LinkFrame } from './frame.ts'
import { GOAWAY_CODES, goawayCodeOf } from './goaway.ts'

const u16 = fc.nat(0xffff)
const u32 = fc.nat(0xffff_ffff)
const u53 = fc.maxSafeNat()
const seq = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER })
const text = fc.string({ maxLength: 40 })
const id = fc.uint8Array({ minLength: 16, maxLength: 16 })
const list = fc.array(fc.record({ stream: u32, offset: u53 }), { maxLength: 5 })
const common = { session: id, epoch: u32, heartbeatMs: u32, program: text, hostName: text, controlReceived: u53, bulkReceived: u53, windows: list, commits: list, bulkSentBytes: u53 }

const frames: fc.Arbitrary<ControlFrame | LinkFrame> = fc.oneof(
  fc.record({ kind: fc.constant('hello' as const), versionMin: u16, versionMax: u16, machineId: id, instanceId: id, attempt: u32, ...common }),
  fc.record({ kind: fc.constant('welcome' as const), version: u16, isResumed: fc.boolean(), ...common }),
  fc.record({ kind: fc.constant('enrol' as const), versionMin: u16, versionMax: u16, token: text, hostName: text, program: text }),
  fc.record({ kind: fc.constant('enrolled' as const), hostName: text }),
  fc.record({ kind: fc.constant('goaway' as const), code: u16, text }),
  fc.record({ kind: fc.constantFrom('ping' as const, 'pong' as const), token: u32 }),
  fc.record({ kind: fc.constant('ack' as const), control: u53, bulk: u53 }),
  fc.record({ kind: fc.constantFrom('window' as const, 'commit' as const), stream: u32, offset: u53 }),
  fc.record({ kind: fc.constant('open' as const), seq, stream: u32, request: u32 }),
  fc.record({ kind: fc.constant('packet' as const), seq, request: u32, packet: fc.constantFrom('req' as const, 'prep' as const, 'rep' as const, 'nak' as const, 'cancel' as const), isLast: fc.boolean(), service: text, body: fc.uint8Array({ maxLength: 300 }) }),
  fc.record({ kind: fc.constant('end' as const), seq, stream: u32, offset: u53, code: text, text }),
  fc.record({ kind: fc.constant('stop' as const), seq, stream: u32, code: text, text }),
  fc.record({ kind: fc.constant('renew' as const), seq, phase: fc.constantFrom('offer' as const, 'accept' as const, 'ask' as const), spki: fc.uint8Array({ maxLength: 100 }) }),
)
const data = fc.record({ seq, stream: u32, offset: u53, isStarved: fc.boolean(), payload: fc.uint8Array({ minLength: 1, maxLength: 500 }) })

type Sent = { readonly frame: ControlFrame | LinkFrame } | { readonly data: { readonly seq: number; readonly stream: number; readonly offset: number; readonly isStarved: boolean; readonly payload: Uint8Array } }
const sent: fc.Arbitrary<Sent> = fc.oneof(fc.record({ frame: frames }), fc.record({ data }))

function bytesOf(all: readonly Sent[]): Buffer {
  return Buffer.concat(all.flatMap((one) => ('frame' in one ? [encodeFrame(one.frame)] : [encodeData(one.data.seq, one.data.stream, one.data.offset, one.data.isStarved, one.data.payload)])))
}

/** The same shape for what was sent and what was decoded. */
function plain(frame: Frame): unknown {
  return JSON.parse(JSON.stringify(frame.kind === 'data' ? { ...frame, payload: frame.payload.toString('hex') } : frame, (_key, value: unknown) => (value instanceof Uint8Array ? Buffer.from(value).toString('hex') : value)))
}

function expected(one: Sent): unknown {
  if ('frame' in one) return plain(one.frame)
  const frame: DataFrame = { kind: 'data', ...one.data, payload: Buffer.from(one.data.payload) }
  return plain(frame)
}

test('frames come back as they were, however the bytes are cut', () => {
  fc.assert(
    fc.property(fc.array(sent, { maxLength: 8 }), fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1 }), (all, cuts) => {
      const bytes = bytesOf(all)
      const decoder = new FrameDecoder()
      const decoded: unknown[] = []
      for (let at = 0, turn = 0; at < bytes.length; turn++) {
        const count = cuts[turn % cuts.length] ?? 1
        decoded.push(...decoder.push(bytes.subarray(at, at + count)).map(plain))
        at += count
      }
      assert.deepEqual(decoded, all.map(expected))
    }),
  )
})

test('mutated and random bytes give frames or wire-malformed, nothing else', () => {
  const push = (bytes: Uint8Array): void => {
    try {
      new FrameDecoder().push(bytes)
    } catch (error) {
      assert.ok(error instanceof Fault && error.code === 'wire-malformed', String(error))
    }
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), push), { numRuns: 500 })
  fc.assert(
    fc.property(fc.array(sent, { minLength: 1, maxLength: 4 }), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 6 }), (all, changes) => {
      const bytes = bytesOf(all)
      for (const [at, value] of changes) bytes[at % bytes.length] = value
      push(bytes)
    }),
    { numRuns: 1000 },
  )
})

test('a payload lies in a buffer of the caller and is not touched by what comes later on the link', () => {
  const payload = Buffer.alloc(FRAME_DATA_BYTES_MAX, 7)
  const made: Buffer[] = []
  const decoder = new FrameDecoder((bytes) => {
    const buffer = Buffer.alloc(bytes)
    made.push(buffer)
    return buffer
  })
  const chunk = encodeData(1, 2, 3, false, payload)
  const [frame] = decoder.push(chunk)
  chunk.fill(0)
  assert.ok(frame?.kind === 'data' && frame.payload === made[0])
  assert.deepEqual(frame.payload, payload)
})

test('limits, unknown types and fields of newer versions', () => {
  const frame = (type: number, body: Uint8Array): Buffer => {
    const head = Buffer.alloc(4)
    head.writeUInt32BE(type * 0x100_0000 + body.length)
    return Buffer.concat([head, body])
  }
  const tooLong = Buffer.alloc(4)
  tooLong.writeUInt32BE(0x20 * 0x100_0000 + FRAME_BODY_BYTES_MAX + 1)
  assert.throws(() => new FrameDecoder().push(tooLong), { code: 'wire-malformed' })
  assert.throws(() => new FrameDecoder().push(frame(0x20, Buffer.alloc(21))), { code: 'wire-malformed' })
  assert.throws(() => new FrameDecoder().push(frame(0x01, Buffer.alloc(100, 1))), { code: 'wire-malformed', message: 'the peer does not speak the tether protocol' })
  assert.deepEqual(new FrameDecoder().push(Buffer.concat([frame(0x80, Buffer.alloc(300)), frame(0x06, Buffer.from([0, 0, 0, 9, 1, 2, 3]))])), [{ kind: 'ping', token: 9 }])
  assert.deepEqual(new FrameDecoder().push(frame(0x7f, Buffer.alloc(3))), [{ kind: 'unknown', type: 0x7f }])
})

test('GOAWAY numbers are unique, and an unknown one closes', () => {
  const entries = Object.entries(GOAWAY_CODES)
  assert.equal(new Set(entries.map(([, entry]) => entry.number)).size, entries.length)
  for (const [code, entry] of entries) assert.equal(goawayCodeOf(entry.number), code)
  assert.equal(goawayCodeOf(999), 'closing')
})
