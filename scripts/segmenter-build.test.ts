import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { segmenterModule } from './segmenter-build.ts'

test('the segmenter that is used is built from the source beside it', async () => {
  assert.equal(readFileSync(path.resolve(import.meta.dirname, '..', 'src', 'stream', 'vault', 'segmenter-wasm.ts'), 'utf8'), await segmenterModule())
})
