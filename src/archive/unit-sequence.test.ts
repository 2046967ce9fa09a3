import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { seededRandom } from '../kernel/random.ts'
import type { BlockMessage, PendingGroup, UnitOrder } from './unit-messages.ts'
import { BLOCK_COUNT, UnitSequence } from './unit-sequence.ts'
import { walkUnit, WHOLE_TREE } from './unit-walk.ts'

/** A tree of so many directories: each path and what is in it. */
function makeTree(seed: number, count: number): Map<string, string[]> {
  const random = seededRandom(seed)
  const tree = new Map<string, string[]>([['', []]])
  for (let number = 0; number < count; number++) {
    const parents = [...tree.keys()]
    const parent = parents[random.int(parents.length)] ?? ''
    const name = `d${String(number).padStart(3, '0')}`
    tree.get(parent)?.push(name)
    tree.set(parent === '' ? name : `${parent}/${name}`, [])
  }
  return tree
}

function groupOf(parent: string, names: readonly string[]): PendingGroup | undefined {
  return names.length === 0 ? undefined : { parent, names: Buffer.from(names.map((name) => `${name}\0`).join('')) }
}

/** The order that a single walk has. */
function inOrder(tree: ReadonlyMap<string, readonly string[]>): string[] {
  const paths: string[] = []
  walkUnit([WHOLE_TREE], { dump: (path) => (paths.push(path), groupOf(path, tree.get(path) ?? [])), entryCount: 0 }, { entries: 1e9, bytes: 1 }, () => 0)
  return paths
}

interface Busy {
  readonly order: UnitOrder
  readonly lent: number[]
  readonly paths: string[]
  readonly rest: PendingGroup[]
  isWaiting: boolean
}

test('whatever the workers do and when, the output has the order of the tree, and nobody waits for ever', () => {
  fc.assert(
    fc.property(fc.nat(), fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 120 }), (seed, workerCount, size) => {
      const tree = makeTree(seed, size)
      const random = seededRandom(seed + 1)
      const sequence = new UnitSequence([WHOLE_TREE])
      const workers: (Busy | undefined)[] = Array.from({ length: workerCount })
      const contents = new Map<number, string>()
      const seen: string[] = []
      const held: number[] = []
      for (let step = 0; !sequence.isFinished; step++) {
        assert.ok(step < 100_000, 'no progress')
        // Now and then nobody reads, so that blocks run out.
        for (let block = random.int(4) === 0 ? sequence.takeBlock() : undefined; block !== undefined; block = sequence.takeBlock()) {
          seen.push(contents.get(block.block) ?? '?')
          held.push(block.block)
        }
        for (const block of held.splice(0)) sequence.giveBack(block)
        for (let asked = sequence.takeQuestion(); asked !== undefined; asked = sequence.takeQuestion()) {
          const busy = workers[asked.worker]
          if (busy !== undefined) busy.isWaiting = false
        }
        for (let grant = sequence.takeGrant(); grant !== undefined; grant = sequence.takeGrant()) {
          workers[grant.worker]?.lent.push(grant.block)
          const busy = workers[grant.worker]
          if (busy !== undefined) busy.isWaiting = false
        }
        for (let worker = 0; worker < workerCount; worker++) {
          if (workers[worker] !== undefined) continue
          const order = sequence.takeOrder(worker)
          if (order === undefined) break
          const paths: string[] = []
          const rest = walkUnit(order.groups, { dump: (path) => (paths.push(path), groupOf(path, tree.get(path) ?? [])), entryCount: 0 }, { entries: 1 + random.int(9), bytes: 1 }, () => 0)
          workers[worker] = { order, lent: [...order.blocks], paths, rest, isWaiting: false }
        }
        const number = random.int(workerCount)
        const busy = workers[number]
        if (busy === undefined || busy.isWaiting) continue
        const path = busy.paths[0]
        if (path === undefined) {
          sequence.finishUnit(busy.order.unit, busy.rest, busy.lent, 1 + random.int(9))
          workers[number] = undefined
          continue
        }
        const block = busy.lent.shift()
        if (block === undefined) {
          sequence.addWant(busy.order.unit)
          busy.isWaiting = true
          continue
        }
        busy.paths.shift()
        contents.set(block, path)
        const message: BlockMessage = { kind: 'block', unit: busy.order.unit, block, bytes: 1, index: undefined, blanks: undefined, linked: [], said: [], records: undefined, recordEnds: [] }
        sequence.addBlock(message)
        if (random.int(10) === 0) {
          sequence.addQuestion({ kind: 'question', unit: busy.order.unit, key: path, linkCount: 2, path })
          busy.isWaiting = true
        }
      }
      assert.deepEqual(seen, inOrder(tree))
      assert.ok(BLOCK_COUNT >= 4 * 3 + 3, 'the reserve is a part of all')
    }),
    { numRuns: 60 },
  )
})

test('a million directories in one are not copied for every order', () => {
  const names = Buffer.from(Array.from({ length: 200_000 }, (_none, index) => `${index}\0`).join(''))
  const sequence = new UnitSequence([{ parent: '', names }])
  let count = 0
  for (let order = sequence.takeOrder(0); order !== undefined; order = sequence.takeOrder(0)) {
    for (const group of order.groups) count += group.names.filter((byte) => byte === 0).length
    sequence.finishUnit(order.unit, [], order.blocks, 1)
  }
  assert.equal(count, 200_000)
})
