import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { test } from 'node:test'
import { seededRandom } from '../../src/kernel/random.ts'
import { FuzzInputs } from './inputs.ts'
import { mutate } from './mutate.ts'
import type { FuzzTarget } from './target.ts'
import { TARGETS } from './targets.ts'
import { judge } from './verdict.ts'

const PINNED = path.resolve(import.meta.dirname, '../../testdata/fuzz')
/** Fresh inputs a target: as many as fit into the time, at least the first. `npm test` has a step of its own for more. */
const FRESH_MIN = 100
const FRESH_MAX = 1_000
const FRESH_CPU_MS = 100

for (const target of TARGETS) {
  test(`${target.name}: pinned inputs and fresh ones end as promised`, async () => {
    const dir = path.join(PINNED, target.name)
    for (const name of existsSync(dir) ? readdirSync(dir) : []) assert.equal(await judge(target, readFileSync(path.join(dir, name))), undefined, `pinned input ${name}`)
    const inputs = new FuzzInputs(target, 1)
    const start = process.threadCpuUsage().user
    for (let number = 0; number < FRESH_MAX; number++) {
      if (number >= FRESH_MIN && (process.threadCpuUsage().user - start) / 1000 > FRESH_CPU_MS) break
      assert.equal(await judge(target, inputs.at(number)), undefined, `replay: npm run fuzz -- ${target.name} --seed 1 --input ${number}`)
    }
  })
}

test('every pinned directory has its target, and every target takes some of its corpus', async () => {
  for (const name of existsSync(PINNED) ? readdirSync(PINNED) : []) assert.ok(TARGETS.some((target) => target.name === name), `testdata/fuzz/${name} belongs to no target`)
  for (const target of TARGETS) {
    let taken = 0
    for (const input of target.corpus()) {
      try {
        await target.run(Buffer.from(input))
        taken++
      } catch {
        // A piece of a real file may be cut in the middle.
      }
    }
    assert.ok(taken > 0, `${target.name} takes nothing of its corpus`)
  }
})

test('a defect is found, and its number gives it again', async () => {
  const broken: FuzzTarget = {
    name: 'broken',
    summary: 'reads past the end',
    codes: ['wire-malformed'],
    corpus: () => [Buffer.from('length 5')],
    words: [],
    run: (input) => void ('x'.repeat(5) + input.toString('latin1').split(' ')[1]!.slice(0, 5)),
  }
  const first = new FuzzInputs(broken, 7)
  let number = 0
  while ((await judge(broken, first.at(number))) === undefined) assert.ok(++number < 1000)
  assert.match((await judge(broken, new FuzzInputs(broken, 7).at(number))) ?? '', /TypeError/)
})

test('mutations stay below the limit and change something', () => {
  const material = { corpus: [Buffer.from('abc 123 def')], words: [Buffer.from('WORD')], bytesMax: 64 }
  const random = seededRandom(3)
  let changed = 0
  for (let count = 0; count < 500; count++) {
    const out = mutate(material.corpus[0]!, random, material)
    assert.ok(out.length <= 64)
    if (!out.equals(material.corpus[0]!)) changed++
  }
  assert.ok(changed > 400)
})
