import assert from 'node:assert/strict'
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, writeSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test, type TestContext } from 'node:test'
import { dataRuns } from './holes.ts'

const UNIT = 64 * 1024

/** A file of `units` units with data in those of `written`. */
function sparseFile(t: TestContext, units: number, written: readonly number[]): number {
  const dir = mkdtempSync(path.join(tmpdir(), 'holdfast-holes-'))
  t.after(() => rmSync(dir, { recursive: true }))
  const fd = openSync(path.join(dir, 'file'), 'w+')
  t.after(() => closeSync(fd))
  ftruncateSync(fd, units * UNIT)
  for (const unit of written) writeSync(fd, Buffer.alloc(UNIT, 1), 0, UNIT, unit * UNIT)
  return fd
}

/** The units in which there is a byte of data. */
function unitsOf(runs: readonly { offset: number; bytes: number }[]): number[] {
  const units = new Set<number>()
  for (const { offset, bytes } of runs) for (let unit = Math.floor(offset / UNIT); unit * UNIT < offset + bytes; unit++) units.add(unit)
  return [...units]
}

test('a file without holes is one run, an empty one none', (t) => {
  const fd = sparseFile(t, 2, [0, 1])
  assert.deepEqual(dataRuns(fd, 2 * UNIT), [{ offset: 0, bytes: 2 * UNIT }])
  assert.deepEqual(dataRuns(fd, 0), [])
})

test('runs are where the data is: at the start, in the middle, at the end, nowhere', (t) => {
  for (const written of [[0], [3], [7], [0, 7], [1, 2, 5], []]) {
    const runs = dataRuns(sparseFile(t, 8, written), 8 * UNIT)
    if (runs.length === 1 && runs[0]?.bytes === 8 * UNIT) return t.skip('no holes here')
    assert.deepEqual(unitsOf(runs), written)
    for (const [index, run] of runs.entries()) {
      const before = runs[index - 1]
      assert.ok(run.bytes > 0 && (before === undefined || before.offset + before.bytes < run.offset))
    }
  }
})

test('a file that is longer or shorter than was said stays within what was said', (t) => {
  const fd = sparseFile(t, 8, [1, 5])
  for (const size of [UNIT, UNIT + 1, 2 * UNIT, 5 * UNIT + 7, 100 * UNIT]) {
    for (const { offset, bytes } of dataRuns(fd, size)) assert.ok(offset >= 0 && bytes > 0 && offset + bytes <= size)
  }
})

test('no more runs than may be: the last one has the rest', (t) => {
  const runs = dataRuns(sparseFile(t, 16, [1, 3, 5, 7, 9]), 16 * UNIT, 3)
  if (runs.length === 1) return t.skip('no holes here')
  assert.equal(runs.length, 3)
  assert.deepEqual(unitsOf(runs), [1, 3, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15])
})
