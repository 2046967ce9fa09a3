import assert from 'node:assert/strict'
import { test } from 'node:test'
import { comparable } from '../../../testkit/comparable.ts'
import { seededRandom } from '../../kernel/random.ts'
import { PACK_HEADER_BYTES } from '../../wire/vault/pack.ts'
import type { PackTrailer } from '../../wire/vault/pack-trailer.ts'
import { openTrailer, sealTrailer } from './trailer-seal.ts'

const place = { key: Buffer.alloc(32, 1), vaultId: Buffer.alloc(16, 2), packId: Buffer.alloc(16, 3) }
const trailerOf = (segments: number): PackTrailer => ({ domain: 'a', blocks: [{ number: 4, offset: PACK_HEADER_BYTES, sealedBytes: 90, kind: 'data', compression: 'zstd', plainBytes: segments * 100, ids: seededRandom(1).bytes(segments * 32), lengths: new Uint32Array(segments).fill(100) }] })

for (const segments of [1, 500]) {
  test(`a trailer of ${segments} segments opens in its place, and nothing else does`, () => {
    const { sealed, plainBytes } = sealTrailer(place, trailerOf(segments))
    const footer = { trailerOffset: PACK_HEADER_BYTES + 90, sealedBytes: sealed.length, plainBytes }
    assert.deepEqual(comparable(openTrailer(place, footer, sealed)), comparable(trailerOf(segments)))
    for (const [part, name] of [['key', 'key'], ['vaultId', 'vault'], ['packId', 'pack']] as const) assert.throws(() => openTrailer({ ...place, [part]: Buffer.alloc(place[part].length, 9) }, footer, sealed), { code: 'vault-damaged' }, name)
    assert.throws(() => openTrailer(place, { ...footer, plainBytes: plainBytes + 1 }, sealed), { code: 'vault-damaged' })
    assert.throws(() => openTrailer(place, { ...footer, sealedBytes: sealed.length - 1 }, sealed.subarray(1)), { code: 'vault-damaged' })
    assert.throws(() => openTrailer(place, { ...footer, trailerOffset: footer.trailerOffset + 1 }, sealed), { code: 'vault-damaged' })
    for (let at = 0; at < sealed.length; at += 13) {
      const changed = Uint8Array.from(sealed)
      changed[at]! ^= 1
      assert.throws(() => openTrailer(place, footer, changed), { code: 'vault-damaged' })
    }
  })
}
