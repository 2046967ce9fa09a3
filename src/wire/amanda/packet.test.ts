import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Fault } from '../../kernel/fault.ts'
import { decodeDatagram, decodePacket, encodeDatagram, encodePacket, type AmandaPacket } from './packet.ts'

const anyPacket: fc.Arbitrary<AmandaPacket> = fc.record({ kind: fc.constantFrom('req', 'rep', 'prep', 'ack', 'nak'), body: fc.string({ unit: 'grapheme' }).map((text) => text.replaceAll('\0', '')) }, { noNullPrototype: true })

test('packets come back the same in both forms', () => {
  fc.assert(fc.property(anyPacket, (packet) => assert.deepEqual(decodePacket(encodePacket(packet)), packet)))
  fc.assert(
    fc.property(anyPacket, fc.integer(), (packet, sequence) => {
      const datagram = { ...packet, handle: '000-0000002a', sequence }
      assert.deepEqual(decodeDatagram(encodeDatagram(datagram)), datagram)
    }),
  )
})

// Captured from Debian's Amanda 3.5.1: an ACK of auth bsdudp, and the refusal that bsdtcp sends before it has read anything.
test('packets as amandad sends them', () => {
  assert.equal(encodeDatagram({ kind: 'ack', handle: '000-00000000', sequence: 1_795_639_940, body: '' }).toString(), 'Amanda 3.5 ACK HANDLE 000-00000000 SEQ 1795639940\n')
  assert.deepEqual(decodeDatagram(Buffer.from('Amanda 3.5 REP HANDLE 000-00000002 SEQ 12346\nCONNECT DATA 50008 MESG 50009 INDEX 50010 STATE 50011\n')), { kind: 'rep', handle: '000-00000002', sequence: 12_346, body: 'CONNECT DATA 50008 MESG 50009 INDEX 50010 STATE 50011\n' })
  assert.deepEqual(encodePacket({ kind: 'ack', body: '' }), Buffer.from([3, 0]))
  assert.deepEqual(decodePacket(Buffer.from("\u0004 doesn't resolve to itself")), { kind: 'nak', body: " doesn't resolve to itself" })
})

test('no bytes make anything but a fault of the wire', () => {
  const isWire = (error: unknown): boolean => error instanceof Fault && error.code === 'wire-malformed'
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), (bytes) => {
      for (const decode of [decodePacket, decodeDatagram]) {
        try {
          decode(bytes)
        } catch (error) {
          assert.ok(isWire(error))
        }
      }
    }),
  )
  assert.throws(() => decodeDatagram(Buffer.from('Amanda 3.5 HELLO HANDLE 1 SEQ 2\n')), isWire)
  assert.throws(() => encodeDatagram({ kind: 'req', handle: '0', sequence: 0, body: 'x'.repeat(65_600) }), isWire)
})
