import assert from 'node:assert/strict'
import { test } from 'node:test'
import { LineBuffer } from './line-buffer.ts'

test('lines of any length come back in order, each with its end, and the buffer is filled again', () => {
  const lines = new LineBuffer({ bytesFirst: 8, bytesUsual: 16 })
  for (let round = 0; round < 2; round++) {
    assert.equal(lines.add('a'), 2)
    lines.add('')
    assert.equal(lines.add('é'.repeat(40)), 44)
    assert.equal(lines.bytes, 44)
    assert.equal(lines.take().toString('latin1'), `a\n\n${'é'.repeat(40)}\n`)
    assert.equal(lines.bytes, 0)
  }
  lines.add('x')
  lines.release()
  assert.equal(lines.take().length, 0)
})
