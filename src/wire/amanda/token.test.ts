import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Fault } from '../../kernel/fault.ts'
import { TOKEN_BYTES_MAX, TokenReader, encodeTokenHead, type TokenPart } from './token.ts'

interface Token {
  readonly handle: number
  readonly payload: Buffer
}

/** Tokens put together from their parts. */
function joined(parts: readonly TokenPart[]): Token[] {
  const tokens: Token[] = []
  let open: Buffer[] = []
  for (const part of parts) {
    if (part.kind === 'end') tokens.push({ handle: part.handle, payload: Buffer.alloc(0) })
    else {
      open.push(Buffer.from(part.bytes))
      if (!part.isLast) continue
      tokens.push({ handle: part.handle, payload: Buffer.concat(open) })
      open = []
    }
  }
  return tokens
}

function bytesOf(tokens: readonly Token[]): Buffer {
  return Buffer.concat(tokens.flatMap(({ handle, payload }) => [encodeTokenHead(handle, payload.length), payload]))
}

const anyTokens = fc.array(fc.record({ handle: fc.nat({ max: 0xffff_ffff }), payload: fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)) }, { noNullPrototype: true }), { maxLength: 12 })

test('tokens come back the same, however the bytes are cut', () => {
  fc.assert(
    fc.property(anyTokens, fc.array(fc.nat({ max: 800 }), { maxLength: 8 }), (tokens, cuts) => {
      const bytes = bytesOf(tokens)
      const reader = new TokenReader()
      const places = [0, ...cuts.map((cut) => Math.min(cut, bytes.length)).toSorted((a, b) => a - b), bytes.length]
      const parts = places.slice(1).flatMap((end, index) => reader.push(bytes.subarray(places[index], end)))
      assert.deepEqual(joined(parts), tokens.map(({ handle, payload }) => ({ handle, payload: Buffer.from(payload) })))
    }),
  )
})

// The exchange of a noop as `amandad -auth=local` of Debian's Amanda 3.5.1 made it.
test('a noop as amandad sends it', () => {
  const parts = new TokenReader().push(Buffer.from('000000020000000103000000000000000001', 'hex'))
  assert.deepEqual(joined(parts), [{ handle: 1, payload: Buffer.from([3, 0]) }, { handle: 1, payload: Buffer.alloc(0) }])
})

test('what is no amandad is told by what it says', () => {
  const push = (bytes: Buffer): (() => unknown) => () => new TokenReader().push(bytes)
  assert.throws(push(Buffer.from('SSH-2.0-OpenSSH_9.2')), (error) => error instanceof Fault && error.code === 'wire-malformed' && error.message.includes('tcpm_recv_token: invalid size: "SSH-2.0-"'))
  const head = Buffer.alloc(8)
  head.writeUInt32BE(TOKEN_BYTES_MAX + 1, 0)
  assert.throws(push(head), (error) => error instanceof Fault && error.code === 'wire-malformed')
  assert.throws(() => encodeTokenHead(1, TOKEN_BYTES_MAX + 1), Fault)
})

test('no bytes make anything but a fault of the wire', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
      try {
        new TokenReader().push(bytes)
      } catch (error) {
        assert.ok(error instanceof Fault && error.code === 'wire-malformed')
      }
    }),
  )
})
