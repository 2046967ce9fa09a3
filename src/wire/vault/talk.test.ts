import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { comparable } from '../../../testkit/comparable.ts'
import { Fault } from '../../kernel/fault.ts'
import { BLOCK_PLAIN_BYTES, QUERY_IDS_MAX } from './limits.ts'
import { createAgentFrameDecoder, createServerFrameDecoder } from './talk-decoder.ts'
import { encodeBlockFrame, encodeTalkFrame } from './talk-encode.ts'
import type { AgentFrame, ServerFrame } from './talk.ts'
import type { SealedBlock } from './uplink.ts'

const bytesOf = (count: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: count, maxLength: count })
const u53 = fc.maxSafeNat()
const u32 = fc.nat(0xffff_ffff)
const entry = fc.record({ id: bytesOf(32), recipeBytes: fc.integer({ min: 1, max: 1000 }), nativeBytes: u53, crc: u32, directory: fc.uint8Array({ maxLength: 20 }) })

const block: fc.Arbitrary<SealedBlock> = fc.tuple(fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 5 }), bytesOf(16), fc.nat(1000), fc.constantFrom('data' as const, 'recipe' as const), fc.boolean()).chain(([lengths, packId, number, kind, isZstd]) => {
  const plainBytes = lengths.reduce((sum, length) => sum + length, 0)
  return fc.record({ packId: fc.constant(packId), number: fc.constant(number), kind: fc.constant(kind), compression: fc.constant(isZstd ? ('zstd' as const) : ('none' as const)), plainBytes: fc.constant(plainBytes), ids: bytesOf(lengths.length * 32), lengths: fc.constant(Uint32Array.from(lengths)), sealed: isZstd ? fc.uint8Array({ minLength: 17, maxLength: 200 }) : bytesOf(plainBytes + 16) })
})

const agentFrame: fc.Arbitrary<AgentFrame> = fc.oneof(
  fc.record({ kind: fc.constant('hello' as const), version: fc.nat(0xffff) }),
  fc.record({ kind: fc.constant('query' as const), ids: fc.integer({ min: 1, max: 6 }).chain((count) => bytesOf(count * 32)) }),
  fc.record({ kind: fc.constant('block' as const), block }),
  fc.record({ kind: fc.constantFrom('want-pack' as const, 'want-filter' as const) }),
  fc.record({ kind: fc.constant('seal-pack' as const), packId: bytesOf(16) }),
  fc.record({ kind: fc.constant('recipe' as const), entries: fc.array(entry, { maxLength: 4 }) }),
  fc.record({ kind: fc.constant('finish' as const), facts: fc.record({ nativeBytes: u53, nativeCrc: u32, members: u53, readBytes: u53, unchangedBytes: u53 }) }),
)
const base = fc.option(fc.record({ manifest: fc.string({ maxLength: 20 }), run: fc.string({ maxLength: 14 }) }), { nil: undefined })
const serverFrame: fc.Arbitrary<ServerFrame> = fc.oneof(
  fc.record({ kind: fc.constant('welcome' as const), version: fc.nat(0xffff), welcome: fc.record({ vaultId: bytesOf(16), idKey: bytesOf(32), seed: bytesOf(32), compressLevel: fc.integer({ min: 1, max: 19 }), base }) }),
  fc.record({ kind: fc.constant('answer' as const), known: fc.uint8Array({ minLength: 1, maxLength: 50 }) }),
  fc.record({ kind: fc.constant('pack' as const), packId: bytesOf(16), key: bytesOf(32) }),
  fc.record({ kind: fc.constant('filter' as const), filter: fc.option(fc.uint8Array({ minLength: 1, maxLength: 90 }), { nil: undefined }) }),
  fc.record({ kind: fc.constant('taken' as const), bytes: u53 }),
  fc.record({ kind: fc.constant('done' as const), manifest: fc.string({ maxLength: 30 }) }),
  fc.record({ kind: fc.constant('refused' as const), code: fc.string({ maxLength: 30 }), text: fc.string({ maxLength: 90 }) }),
  fc.record({ kind: fc.constant('sealed' as const), packId: bytesOf(16) }),
)

const bytes = (frame: AgentFrame | ServerFrame): Uint8Array => (frame.kind === 'block' ? Buffer.concat([encodeBlockFrame(frame.block), frame.block.sealed]) : encodeTalkFrame(frame))

interface Decoder {
  readonly isBetweenFrames: boolean
  push(piece: Uint8Array): readonly unknown[]
}

function decodedInPieces(decoder: Decoder, all: Uint8Array, cuts: readonly number[]): unknown[] {
  const frames: unknown[] = []
  for (let at = 0, turn = 0; at < all.length; turn++) {
    const count = cuts[turn % cuts.length] ?? 1
    // A piece is lent: what it held must not be looked at again.
    const piece = Uint8Array.from(all.subarray(at, at + count))
    frames.push(...decoder.push(piece))
    piece.fill(0xee)
    at += count
  }
  return frames
}

test('frames of both sides come back as they were, however the bytes are cut', () => {
  const cuts = fc.array(fc.integer({ min: 1, max: 90 }), { minLength: 1 })
  fc.assert(
    fc.property(fc.array(agentFrame, { maxLength: 6 }), fc.array(serverFrame, { maxLength: 6 }), cuts, (agent, server, at) => {
      for (const [frames, decoder] of [[agent, createAgentFrameDecoder()], [server, createServerFrameDecoder()]] as const) {
        assert.deepEqual(comparable(decodedInPieces(decoder, Buffer.concat(frames.map(bytes)), at)), comparable(frames))
        assert.ok(decoder.isBetweenFrames)
      }
    }),
  )
})

test('random and changed bytes give frames or wire-malformed, nothing else', () => {
  const attempt = (all: Uint8Array): void => {
    for (const decoder of [createAgentFrameDecoder(), createServerFrameDecoder()]) {
      try {
        decoder.push(all)
      } catch (error) {
        assert.ok(error instanceof Fault && error.code === 'wire-malformed', String(error))
      }
    }
  }
  fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), attempt), { numRuns: 500 })
  fc.assert(
    fc.property(fc.array(fc.oneof(agentFrame, serverFrame), { minLength: 1, maxLength: 3 }), fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 4 }), (frames, changes) => {
      const all = Buffer.concat(frames.map(bytes))
      for (const [at, value] of changes) all[at % all.length] = value
      attempt(all)
    }),
    { numRuns: 1000 },
  )
})

test('a block of full size lies in the buffer that was asked for, and its lengths are a view of it', () => {
  const sealed = Buffer.alloc(BLOCK_PLAIN_BYTES + 16, 3)
  const sent: SealedBlock = { packId: Buffer.alloc(16, 1), number: 7, kind: 'data', compression: 'none', plainBytes: BLOCK_PLAIN_BYTES, ids: Buffer.alloc(64, 2), lengths: Uint32Array.of(1000, BLOCK_PLAIN_BYTES - 1000), sealed }
  const made: Uint8Array[] = []
  const decoder = createAgentFrameDecoder((count) => {
    const buffer = Buffer.alloc(count)
    made.push(buffer)
    return buffer
  })
  const [frame] = decodedInPieces(decoder, Buffer.concat([encodeBlockFrame(sent), sealed]), [256 * 1024]) as AgentFrame[]
  assert.ok(frame?.kind === 'block')
  assert.equal(made.length, 1)
  assert.equal(frame.block.sealed.buffer, made[0]?.buffer)
  assert.equal(frame.block.lengths.buffer, made[0]?.buffer)
  assert.deepEqual(comparable([frame.block]), comparable([sent]))
})

test('what is too long or of the other side is refused before anything is allocated', () => {
  const refuse = (): Buffer => assert.fail('nothing must be allocated')
  const head = (type: number, count: number): Buffer => {
    const out = Buffer.alloc(5)
    out[0] = type
    out.writeUInt32LE(count, 1)
    return out
  }
  for (const piece of [head(2, QUERY_IDS_MAX * 32 + 1), head(3, 0xffff_ffff), head(4, 1), head(101, 0), head(0, 0), head(9, 0)]) assert.throws(() => createAgentFrameDecoder(refuse).push(piece), { code: 'wire-malformed' })
  for (const piece of [head(3, 100), head(102, 0xffff_ffff), head(108, 17)]) assert.throws(() => createServerFrameDecoder(refuse).push(piece), { code: 'wire-malformed' })
})

test('a refusal is cut to what a frame may hold', () => {
  const [frame] = createServerFrameDecoder().push(encodeTalkFrame({ kind: 'refused', code: 'vault-refused', text: '\u{1f512}'.repeat(10_000) }))
  assert.ok(frame?.kind === 'refused' && frame.code === 'vault-refused' && frame.text.startsWith('\u{1f512}'))
})
