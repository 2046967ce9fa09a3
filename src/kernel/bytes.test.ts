import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { ByteReader, ByteWriter } from './bytes.ts'

test('what a writer wrote a reader reads', () => {
  fc.assert(
    fc.property(fc.nat(0xff), fc.nat(0xffff), fc.nat(0xffffffff), fc.maxSafeNat(), fc.string({ unit: 'binary' }), fc.uint8Array(), (a, b, c, d, text, raw) => {
      const written = new ByteWriter(1).u8(a).u16(b).u32(c).u64(d).text16(text).text32(text).u32(raw.length).put(raw).finish()
      const reader = new ByteReader(written)
      const wellFormed = Buffer.from(text, 'utf8').toString('utf8')
      assert.deepEqual([reader.u8('a'), reader.u16('b'), reader.u32('c'), reader.u64('d'), reader.text16('t'), reader.text32('t')], [a, b, c, d, wellFormed, wellFormed])
      assert.deepEqual(Buffer.from(reader.take(reader.u32('length'), 'raw')), Buffer.from(raw))
      reader.finish('all')
    }),
  )
})

test('a reader names what is cut short, too long or too large', () => {
  assert.throws(() => new ByteReader(Buffer.from([1])).u16('port'), { code: 'wire-malformed', message: 'port is cut short' })
  assert.throws(() => new ByteReader(Buffer.from([0, 9, 65])).text16('name'), { code: 'wire-malformed', message: 'name is cut short' })
  assert.throws(() => new ByteReader(Buffer.alloc(8, 0xff)).u64('offset'), { code: 'wire-malformed', message: 'offset is larger than 2^53' })
  assert.throws(() => new ByteReader(Buffer.from([1, 2])).finish('frame'), { code: 'wire-malformed', message: 'frame has 2 bytes too many' })
})
