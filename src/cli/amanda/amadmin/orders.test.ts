import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { ORDERS } from './orders.ts'

/** What stock Amanda's `amadmin` said and wrote for every order and every value of the bits. */
const golden = readFileSync(new URL('../../../../testdata/amanda/amadmin-orders.txt', import.meta.url), 'utf8')

test('every order on every state of a disk says and leaves what stock Amanda does', () => {
  const blocks = golden.split(/^@ /m).slice(1)
  assert.equal(blocks.length, 96)
  for (const block of blocks) {
    const [title = '', ...lines] = block.trimEnd().split('\n')
    const [before = '', name = ''] = title.split(' ')
    const after = Number(/^command: (\d+)$/.exec(lines.pop() ?? '')?.[1])
    const order = ORDERS[name as keyof typeof ORDERS]
    const { command = Number(before), said } = order(Number(before), 'h:d')
    assert.deepEqual({ command, said }, { command: after, said: lines }, title)
  }
})
