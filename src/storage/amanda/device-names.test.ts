// The device lists of chg-multi.

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { expandDeviceNames } from './device-names.ts'

test('braces stand for their choices, ranges for their numbers', () => {
  assert.deepEqual(expandDeviceNames('file:/v'), ['file:/v'])
  assert.deepEqual(expandDeviceNames('{file:/a,file:/b}'), ['file:/a', 'file:/b'])
  assert.deepEqual(expandDeviceNames('file:/v{01..03}'), ['file:/v01', 'file:/v02', 'file:/v03'])
  assert.deepEqual(expandDeviceNames('v{9..11}'), ['v9', 'v10', 'v11'])
  assert.deepEqual(expandDeviceNames('{a,b}{1,2}'), ['a1', 'a2', 'b1', 'b2'])
  assert.deepEqual(expandDeviceNames(String.raw`a\{b{c\,d,e}`), ['a{bc,d', 'a{be'])
})

test('what is not closed or has no end is refused with its reason', () => {
  assert.throws(() => expandDeviceNames('v{a,b'), /a brace is not closed/)
  assert.throws(() => expandDeviceNames('va}'), /was not opened/)
  assert.throws(() => expandDeviceNames('v{a{b,c}}'), /a brace stands within a brace/)
  assert.throws(() => expandDeviceNames('v{3..1}'), /counts backwards/)
  assert.throws(() => expandDeviceNames('{1..999999999}'), /longer than/)
  assert.throws(() => expandDeviceNames('{1..9999}{1..9999}'), /more than/)
})
