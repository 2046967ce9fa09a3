import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Fault } from '../../kernel/fault.ts'
import { encodeProbeFrame, ProbeFrameDecoder } from './frame-codec.ts'
import { PROBE_LAYOUTS, PROBE_MAGIC, PROBE_VERSION, type ProbeFrame } from './frame.ts'

const LIMITS = { u8: 0xff, u16: 0xffff, u32: 0xffff_ffff } as const

type Field = keyof typeof LIMITS | 'u64' | 'text' | 'id' | 'bytes' | readonly string[]

function valueOf(name: string, field: Field): fc.Arbitrary<unknown> {
  if (name === 'magic') return fc.constant(PROBE_MAGIC)
  if (typeof field === 'object') return fc.constantFrom(...field)
  if (field === 'text') return fc.string({ maxLength: 40 })
  if (field === 'u64') return fc.maxSafeNat()
  if (field === 'id') return fc.uint8Array({ minLength: 16, maxLength: 16 })
  if (field === 'bytes') return fc.uint8Array({ maxLength: 300 })
  return fc.nat(LIMITS[field])
}

const frames = fc.oneof(
  ...Object.entries(PROBE_LAYOUTS).map(([kind, { fields }]) => fc.record({ kind: fc.constant(kind), ...Object.fromEntries(Object.entries(fields).map(([name, field]) => [name, valueOf(name, field)])) })),
) as unknown as fc.Arbitrary<ProbeFrame>

function plain(frame: ProbeFrame): unknown {
  return Object.fromEntries(Object.entries(frame).map(([name, value]) => [name, value instanceof Uint8Array ? [...value] : (value as unknown)]))
}

test('what is encoded is decoded alike, however the bytes are cut', () => {
  fc.assert(
    fc.property(fc.array(frames, { maxLength: 6 }), fc.array(fc.nat(200), { maxLength: 8 }), (sent, cuts) => {
      const bytes = Buffer.concat(sent.map(encodeProbeFrame))
      const decoder = new ProbeFrameDecoder()
      const got: unknown[] = []
      let at = 0
      for (const cut of cuts) got.push(...decoder.push(bytes.subarray(at, (at += cut))).map(plain))
      got.push(...decoder.push(bytes.subarray(Math.min(at, bytes.length))).map(plain))
      assert.deepEqual(got, sent.map(plain))
    }),
  )
})

test('random bytes give frames or wire-malformed, nothing else', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 400 }), (bytes) => {
      try {
        new ProbeFrameDecoder().push(bytes)
      } catch (error) {
        assert.ok(error instanceof Fault && error.code === 'wire-malformed')
      }
    }),
  )
})

test('the bytes are those of docs/protocol/probe.md', () => {
  const golden: readonly (readonly [ProbeFrame, string])[] = [
    [{ kind: 'hello', magic: PROBE_MAGIC, versionMin: PROBE_VERSION, versionMax: PROBE_VERSION, role: 'probe', session: new Uint8Array(16).fill(0x33), connection: 7, local: '10.0.0.1:5', program: 'p', host: 'h' }, '0100002f48465031000100010133333333333333333333333333333333' + '00000007' + '000a31302e302e302e313a35' + '000170' + '000168'],
    [{ kind: 'bye', code: 'busy', text: 'no' }, '030000050100026e6f'],
    [{ kind: 'ping', token: 1, sentUs: 1_700_000_000_000_000 }, '0400000c00000001' + '00060a24181e4000'],
    [{ kind: 'open', connection: 9, mode: 'keepalive', intervalMs: 5000, security: 'tls', lastWord: 'dialler' }, '1000000b0000000901' + '00001388' + '0101'],
    [{ kind: 'speak', connection: 9, bytes: 0 }, '110000080000000900000000'],
    [{ kind: 'ended', connection: 9, end: 'reset', idleMs: 6000, text: '' }, '2500000b000000090000001770' + '0000'],
    [{ kind: 'say', token: 2, padding: Buffer.from('ab') }, '30000006000000026162'],
    [{ kind: 'said', token: 2 }, '3100000400000002'],
    [{ kind: 'beat' }, '32000000'],
  ]
  for (const [frame, hex] of golden) assert.equal(encodeProbeFrame(frame).toString('hex'), hex, frame.kind)
})

test('a frame that may be skipped is skipped, another unknown one is refused, and so is a stranger', () => {
  assert.deepEqual(new ProbeFrameDecoder().push(Buffer.from('9000000161' + '32000000', 'hex')).map(({ kind }) => kind), ['beat'])
  for (const hex of ['7f000000', '01ffffff', '0100000848545450']) assert.throws(() => new ProbeFrameDecoder().push(Buffer.from(`${hex}${'00'.repeat(60)}`, 'hex')), (error) => error instanceof Fault && error.code === 'wire-malformed')
})
