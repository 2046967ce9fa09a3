import assert from 'node:assert/strict'
import { test } from 'node:test'
import { moduleFile } from './module-file.ts'

test('a module that is started ends as the one that starts it', () => {
  assert.equal(moduleFile('./worker', 'file:///a/src/room/owner.ts').href, 'file:///a/src/room/worker.ts')
  assert.equal(moduleFile('./worker', 'file:///a/dist/src/room/owner.js').href, 'file:///a/dist/src/room/worker.js')
})
