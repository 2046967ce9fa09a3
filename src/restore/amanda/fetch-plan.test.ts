import assert from 'node:assert/strict'
import { test } from 'node:test'
import { neededFor, neededLines, planDumps, type KnownPart } from './fetch-plan.ts'

const part = (label: string, fileNumber: number, other: Partial<KnownPart> = {}): KnownPart => ({
  timestamp: '1', writeTimestamp: '1', host: 'h', disk: '/d', level: 0, storage: 's', label, fileNumber, partNumber: 1, partCount: 1, status: 'OK', isOnHolding: false, ...other,
})
const held = (path: string, other: Partial<KnownPart> = {}): KnownPart => part(path, 0, { isOnHolding: true, storage: 'HOLDING', partNumber: -1, partCount: -1, writeTimestamp: '0', ...other })

test('what is on holding disks comes first, then runs as they were written', () => {
  const plan = planDumps([part('L5', 1, { writeTimestamp: '3', timestamp: '3' }), part('L1', 2, { writeTimestamp: '3', timestamp: '3', disk: '/e' }), part('L2', 1), held('/hd/4/h._d.1', { timestamp: '4', level: 1 })])
  assert.deepEqual(plan.map(({ holdingFile, parts }) => holdingFile ?? parts[0]?.label), ['/hd/4/h._d.1', 'L2', 'L5', 'L1'])
  assert.deepEqual(neededLines(neededFor(plan)), ['3 volume(s) needed for restoration', 'The following volumes are needed: L2 L5 L1', '1 holding file(s) needed for restoration', '  /hd/4/h._d.1'])
})

test('parts are in the order of their numbers, and the last writing of one counts', () => {
  const plan = planDumps([part('L1', 3, { partCount: 3 }), part('L1', 4, { partNumber: 2, partCount: 3, status: 'PARTIAL' }), part('L2', 2, { partNumber: 3, partCount: 3 }), part('L2', 1, { partNumber: 2, partCount: 3 })])
  assert.deepEqual(plan.map(({ parts, missing }) => [parts.map(({ label, fileNumber }) => `${label}:${fileNumber}`).join(' '), missing]), [['L1:3 L2:1 L2:2', []]])
})

test('parts that no volume has any more are told', () => {
  assert.deepEqual(planDumps([part('L2', 1, { partNumber: 4, partCount: 4 })])[0]?.missing, [1, 2, 3])
  assert.deepEqual(planDumps([part('L2', 1, { partNumber: 3, partCount: -1 })])[0]?.missing, [1, 2])
})

test('of a dump in several places one is taken, and it is whole', () => {
  assert.equal(planDumps([part('L1', 1), held('/hd/1/h._d.0')])[0]?.holdingFile, '/hd/1/h._d.0')
  const broken = part('L1', 1, { partNumber: 2, partCount: 2 })
  const copies = [part('V1', 1, { writeTimestamp: '2', storage: 'vault', partCount: 2 }), part('V1', 2, { writeTimestamp: '2', storage: 'vault', partNumber: 2, partCount: 2 })]
  const plan = planDumps([broken, ...copies])
  assert.deepEqual([plan.length, plan[0]?.parts[0]?.label], [1, 'V1'])
})

test('dumps that failed are none', () => {
  assert.deepEqual(planDumps([part('', 0, { status: 'FAILED (dumper) [x]' }), part('L1', 1, { status: 'PARTIAL' })]), [])
})
