import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Fault } from '../../kernel/fault.ts'
import { formatCommandFile, parseCommandFile, type AmandaOrder } from './command-file.ts'

const REAL = `VERSION 1
ID 9
5 FLUSH lab /var/lib/amanda/lab/holding/20261126120000/amclient._srv_small.0 amclient /srv/small 20261126120000 0 lab WORKING:0 TODO
7 COPY lab src "src pool" LAB01 3 " ;LAB01;LAB02;" 1795794371 amclient "/my b" 20261126120000 1 dst WORKING:26200 PARTIAL:1024
8 RESTORE lab "" "" LAB01 0 0 amclient /srv/small 20261123220906 0 WORKING:30456 DONE
`

test('a command file is read and written byte for byte, without what is done', () => {
  const file = parseCommandFile(REAL)
  assert.deepEqual(file.orders.map(({ kind, id }) => [kind, id]), [['flush', 5], ['copy', 7], ['restore', 8]])
  assert.equal(formatCommandFile(file), REAL)
  const done = { ...file, orders: file.orders.map((order) => ({ ...order, workingPid: 0 })) }
  assert.equal(formatCommandFile(done).includes('RESTORE'), false)
  assert.deepEqual(parseCommandFile(''), { lastId: 0, orders: [] })
})

test('a line that is not understood is said with its number', () => {
  for (const line of ['9 FLUSH lab', '9 NOSUCH lab', 'x', '9 FLUSH lab /f h /d 20261126120000 0 lab WORKING:x TODO', '9 FLUSH lab /f h /d 20261126120000 0 lab WORKING:0 DOING', '9 FLUSH lab /f h /d 20261126120000 0 lab WORKING:0 DONE more'])
    assert.throws(() => parseCommandFile(`VERSION 1\nID 1\n${line}\n`), (error) => error instanceof Fault && error.code === 'wire-malformed' && error.message.includes('line 3'))
  assert.throws(() => parseCommandFile('VERSION 2\n'), /version 2/)
})

test('any orders survive', () => {
  const number = fc.integer({ min: 0, max: 1e9 })
  const text = fc.string({ unit: 'grapheme' }).filter((value) => !/[\0\n\v\u0085\u2028\u2029]/.test(value))
  const status = fc.oneof(fc.constant({ kind: 'todo' } as const), fc.record({ kind: fc.constant('partial' as const), bytes: number }, { noNullPrototype: true }))
  const common = { id: number, config: text, host: text, disk: text, timestamp: fc.constantFrom('20261126120000', '20261126'), level: fc.integer({ min: 0, max: 399 }), workingPid: number, status }
  const from = { fromStorage: text, fromPool: text, fromLabel: text, fromFileNumber: number }
  const order: fc.Arbitrary<AmandaOrder> = fc.oneof(
    fc.record({ kind: fc.constant('flush' as const), ...common, holdingFile: text, toStorage: text }, { noNullPrototype: true }),
    fc.record({ kind: fc.constant('copy' as const), ...common, ...from, fromLabels: text, startS: number, toStorage: text }, { noNullPrototype: true }),
    fc.record({ kind: fc.constant('restore' as const), ...common, ...from, expiresS: number }, { noNullPrototype: true }),
  )
  fc.assert(fc.property(fc.record({ lastId: number, orders: fc.array(order) }, { noNullPrototype: true }), (file) => assert.deepEqual(parseCommandFile(formatCommandFile(file)), file)))
})
