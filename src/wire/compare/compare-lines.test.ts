import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { Fault } from '../../kernel/fault.ts'
import { formatCompareRequest, formatCounts, formatDifference, formatSumLine, parseCompareLine, parseCompareRequest, parseSumLine, type CompareCounts } from './compare-lines.ts'

const COUNTS: CompareCounts = { missing: 1, absent: 2, damaged: 3, metadata: 4, changed: 5, unreadable: 6, same: 7, contents: 9, told: 8 }

test('a request comes back as it was', () => {
  assert.deepEqual(parseCompareRequest(formatCompareRequest(1_795_738_985_892.7, false, 'OPTIONS ;\n')), { sinceMs: 1_795_738_985_892, hasContent: false, disks: 'OPTIONS ;\n' })
  assert.deepEqual(parseCompareRequest(formatCompareRequest(7, true, 'x')), { sinceMs: 7, hasContent: true, disks: 'x' })
  for (const bad of ['', 'COMPARE\n', 'COMPARE 1 ELSE\n', 'COMPARE -1\n', 'COMPARE 1', 'OPTIONS ;\n']) assert.throws(() => parseCompareRequest(bad), { code: 'wire-malformed' })
})

test('lines come back as they were, on one line each', () => {
  const difference = { kind: 'damaged', path: String.raw`/a\tb\n`, detail: 'two\tparts\nof it' } as const
  const text = formatDifference(difference)
  assert.equal(text.indexOf('\n'), text.length - 1)
  assert.deepEqual(parseCompareLine(text.slice(0, -1)), { kind: 'difference', difference: { ...difference, detail: 'two parts of it' } })
  assert.deepEqual(parseCompareLine(formatCounts(COUNTS).slice(0, -1)), { kind: 'end', counts: COUNTS })
})

test('a checksum comes back as it was, and nothing else is one', () => {
  const line = { sum: 'a1'.repeat(32), size: 2 ** 40, path: String.raw`/a\tb` }
  assert.deepEqual(parseSumLine(formatSumLine(line).slice(0, -1)), line)
  for (const bad of ['', 'x', `${'a'.repeat(63)}\t1\t/a`, `${'a'.repeat(64)}\t-1\t/a`, `${'a'.repeat(64)}\t1\ta`, `${'a'.repeat(64)}\t1\t/a\tb`, `${'a'.repeat(64)}\t9999999999999999\t/a`]) assert.throws(() => parseSumLine(bad), { code: 'wire-malformed' }, bad)
})

test('what an agent makes up is refused and nothing else', () => {
  for (const bad of ['', 'end', 'end\t', 'end\t{', 'end\tnull', 'end\t{"missing":1}', `end\t${JSON.stringify({ ...COUNTS, same: -1 })}`, `end\t${JSON.stringify({ ...COUNTS, same: 'x' })}`, 'damaged', 'else\t/a\tb']) assert.throws(() => parseCompareLine(bad), { code: 'wire-malformed' }, bad)
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      try {
        parseCompareLine(text)
      } catch (error) {
        assert.ok(error instanceof Fault && error.code === 'wire-malformed')
      }
    }),
  )
})
