import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { test } from 'node:test'
import { crc32c } from '@node-rs/crc32'
import fc from 'fast-check'
import { emptyFacts, PaxWriter } from '../../wire/tar/pax-writer.ts'
import { RecipeReader } from '../../wire/vault/recipe-reader.ts'
import { RecipeOps } from './recipe-ops.ts'
import { NativeSum, RecipeSegments } from './recipe-segments.ts'

interface Segment {
  readonly bytes: string
  readonly directory: string
  readonly nativeBytes: number
  readonly crc: number
}

/** Recipe of directories with files in them, as an archiver would push it. */
function recipeOf(directories: readonly string[], filesEach: number, contentSegments = 1): Buffer {
  const operations = new RecipeOps()
  const writer = new PaxWriter()
  const member = (path: Buffer, directoryBytes: number, dataBytes: number): void => {
    operations.member()
    assert.ok(operations.header(writer.header({ ...emptyFacts(), path, pathBytes: path.length, dataBytes, mtimeSeconds: 1_700_000_000, mtimeRest: 5 }), path, directoryBytes, path.length))
  }
  for (const directory of directories) {
    const path = Buffer.from(directory)
    operations.directory(path, path.length)
    member(path, path.length, 0)
    for (let file = 0; file < filesEach; file++) {
      member(Buffer.from(`${directory}file ${file}`), path.length, 100 * contentSegments)
      for (let part = 0; part < contentSegments; part++) operations.segment(createHash('sha256').update(`${directory.split('/').at(-2)} ${file} ${part}`).digest(), 100, part)
      operations.zeros(412)
    }
  }
  return Buffer.from(operations.bytes)
}

function cut(recipe: Uint8Array, pieceBytes = recipe.length): Segment[] {
  const sum = new NativeSum()
  const segments: Segment[] = []
  const cutter = new RecipeSegments(({ bytes, directory, nativeBytes }) => segments.push({ bytes: Buffer.from(bytes).toString('latin1'), directory: Buffer.from(directory).toString(), nativeBytes, crc: sum.of(bytes, directory) }))
  for (let at = 0; at < recipe.length; at += pieceBytes) cutter.push(recipe.subarray(at, at + pieceBytes))
  cutter.finish()
  return segments
}

/** Headers and zeros, with ids in the place of content. */
function stands(segments: readonly Segment[]): Buffer {
  return Buffer.concat(segments.map(({ bytes, directory, nativeBytes, crc }) => {
    const reader = new RecipeReader(Buffer.from(bytes, 'latin1'), Buffer.from(directory))
    const pieces: Uint8Array[] = []
    let contents = 0
    for (let next = reader.next(); next !== undefined; next = reader.next()) {
      if (next.kind === 'header') pieces.push(next.bytes)
      else if (next.kind === 'zeros') pieces.push(new Uint8Array(next.count))
      else if (next.kind === 'segment') contents += pieces.push(next.id) > 0 ? 1 : 0
    }
    assert.equal(reader.nativeBytes, nativeBytes)
    const all = Buffer.concat(pieces)
    if (contents === 0) assert.equal(crc, crc32c(all))
    return all
  }))
}

const DIRECTORIES = Array.from({ length: 400 }, (_, index) => `./a/${index % 20 === 0 ? '' : `${Math.floor(index / 20)}/`}${index}/`)

test('segments say the same however the recipe came and is cut', () => {
  const recipe = recipeOf(['./', ...DIRECTORIES], 8)
  const whole = cut(recipe)
  assert.ok(whole.length > 10, `${whole.length} segments`)
  assert.deepEqual(stands(whole), stands([{ bytes: recipe.toString('latin1'), directory: '', nativeBytes: whole.reduce((sum, { nativeBytes }) => sum + nativeBytes, 0), crc: 0 }]))
  fc.assert(fc.property(fc.integer({ min: 1000, max: 900_000 }), (pieceBytes) => assert.deepEqual(cut(recipe, pieceBytes), whole)), { numRuns: 20 })
})

test('what is in a directory gives the same segments wherever the directory lies', () => {
  const moved = DIRECTORIES.map((path) => path.replace('./a/', './elsewhere/and deeper/a/'))
  const before = cut(recipeOf(['./', './a/', ...DIRECTORIES], 8))
  const after = cut(recipeOf(['./', './elsewhere/', './elsewhere/and deeper/', './elsewhere/and deeper/a/', ...moved], 8))
  const known = new Set(before.map(({ bytes }) => bytes))
  const fresh = after.filter(({ bytes }) => !known.has(bytes)).reduce((sum, { bytes }) => sum + bytes.length, 0)
  assert.ok(fresh < 80_000, `${fresh} bytes are new`)
  assert.ok(after.some(({ bytes, directory, crc }) => before.some((each) => each.bytes === bytes && each.directory !== directory && each.crc !== crc)), 'the same segment stands for other bytes')
})

test('the list of a large file is apart, whatever the file is called, and a change in it leaves its ends', () => {
  const names = (segments: readonly Segment[]): Set<string> => new Set(segments.map(({ bytes }) => bytes))
  const one = names(cut(recipeOf(['./', './a/'], 1, 40_000)))
  assert.ok(one.size > 20, `${one.size} segments`)
  const other = cut(recipeOf(['./', './another/a/'], 1, 40_000)).filter(({ bytes }) => !one.has(bytes))
  assert.ok(other.reduce((sum, { bytes }) => sum + bytes.length, 0) < 1000)
})
