import assert from 'node:assert/strict'
import { test } from 'node:test'
import { FAULT_KINDS } from './kinds.ts'
import { LogDiagnosis } from './logs/diagnose.ts'

test('codes are words of their own, and what follows from another names one that exists', () => {
  const codes = FAULT_KINDS.map(({ code }) => code)
  assert.equal(new Set(codes).size, codes.length)
  for (const { code, followsFrom = [], seenIn = [] } of FAULT_KINDS) {
    assert.match(code, /^[a-z]+(-[a-z]+)*$/)
    for (const other of seenIn) assert.ok(codes.includes(other), `${code} is seen in ${other}`)
    for (const other of followsFrom) assert.ok(codes.includes(other) && other !== code, `${code} follows from ${other}`)
  }
})

test('nothing follows from itself, over however many others', () => {
  const sources = new Map(FAULT_KINDS.map(({ code, followsFrom = [] }) => [code, followsFrom]))
  const isReached = (from: string, wanted: string, seen: Set<string>): boolean => (sources.get(from) ?? []).some((next) => next === wanted || (!seen.has(next) && isReached(next, wanted, seen.add(next))))
  for (const { code } of FAULT_KINDS) assert.ok(!isReached(code, code, new Set()), code)
})

test('advice reads like no fault: reports that carry it are given to the doctor', () => {
  for (const { code, advice } of FAULT_KINDS) assert.deepEqual(FAULT_KINDS.filter(({ patterns }) => patterns.some((pattern) => pattern.test(`    [${code}] ${advice}`))).map((other) => other.code), [], code)
})

for (const kind of FAULT_KINDS) {
  test(`${kind.code}: each of its samples is found as it, and as no other kind`, () => {
    assert.ok(kind.samples.length > 0 && kind.cures.length > 0)
    for (const { line } of kind.samples) {
      const isTold = kind.seenIn === undefined
      assert.ok(!isTold || kind.words.some((word) => line.includes(word)), `none of its words is in ${line}`)
      const diagnosis = new LogDiagnosis()
      diagnosis.beginFile()
      for (const [index, text] of line.split('\n').entries()) diagnosis.push('log', index + 1, text)
      const { findings, unknown } = diagnosis.finish()
      const codes = findings.map(({ code }) => code)
      // A line may name what followed and what it came from.
      assert.ok(codes.includes(kind.code) || codes.some((code) => kind.followsFrom?.includes(code)), `${line} was found as ${codes.join(', ') || 'nothing'}`)
      if (isTold) assert.equal(codes.length, 1, line)
      assert.deepEqual(unknown, [])
    }
  })
}
