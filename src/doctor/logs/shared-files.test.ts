import assert from 'node:assert/strict'
import { test } from 'node:test'
import { shareFiles, takeFiles } from './shared-files.ts'

test('each file is taken once, in order, with its number and its name; what has no name is left out', () => {
  const shared = shareFiles(['/a', '', '/ä/ö', '/log.1'])
  const one = takeFiles(shared)
  const other = takeFiles(shared)
  const taken = [one.next(), other.next(), one.next(), other.next(), one.next()].map(({ value }) => value)
  assert.deepEqual(taken, [{ number: 0, path: '/a' }, { number: 2, path: '/ä/ö' }, { number: 3, path: '/log.1' }, undefined, undefined])
  assert.deepEqual([...takeFiles(shareFiles([]))], [])
})
