import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { test, type TestContext } from 'node:test'
import { setImmediate } from 'node:timers/promises'
import { readAll } from '../kernel/byte-stream.ts'
import { Fault } from '../kernel/fault.ts'
import { archiveInline, PLAIN_SETTINGS } from '../../testkit/inline-archive.ts'
import { makeRandomTree } from '../../testkit/tree.ts'
import { ArchiveThread } from './archive-thread.ts'
import { estimateArchive, startArchive } from './archiver.ts'
import { BlockPool } from './block-pool.ts'
import type { ArchiveSettings } from './settings.ts'
import { threadCount, ThreadPool } from './thread-pool.ts'

const HOOKS = { say: () => Promise.resolve(), record: () => undefined }
const GIVEN_UP = new Fault('cancelled', 'enough')

function scratch(context: TestContext): string {
  const dir = mkdtempSync(path.join(tmpdir(), 'holdfast-threads-'))
  context.after(() => rmSync(dir, { recursive: true, force: true }))
  return dir
}

/** Counts the threads that are started anew. */
class CountingPool extends ThreadPool {
  readonly seen = new Set<ArchiveThread>()

  override begin(...args: Parameters<ThreadPool['begin']>): ArchiveThread {
    const thread = super.begin(...args)
    this.seen.add(thread)
    return thread
  }
}

test('the same threads serve one dump after the other, of other trees and levels, and after one that was given up', async (context) => {
  const dir = scratch(context)
  const trees = [3, 4].map((seed) => path.join(dir, `tree${seed}`))
  for (const [index, tree] of trees.entries()) makeRandomTree(tree, 3 + index, { fileCount: 300, dirCount: 40, fileBytesMax: 30_000 })
  const base = archiveInline(trees[0] ?? '').snapshot
  writeFileSync(path.join(dir, 'base'), base.bytes)
  const [threads, blocks] = [new CountingPool(60_000), new BlockPool()]
  const dump = async (settings: ArchiveSettings, inline: Buffer): Promise<void> => {
    const archive = startArchive(settings, HOOKS, blocks, threads)
    const data = await readAll(archive.data, 2 ** 30)
    await archive.stop(GIVEN_UP)
    assert.ok(Buffer.from(data.subarray(0, inline.length)).equals(inline))
  }
  for (let round = 0; round < 2; round++) {
    for (const tree of trees) await dump({ ...PLAIN_SETTINGS, index: 'none', top: tree }, archiveInline(tree).archive)
    const top = trees[0] ?? ''
    await dump({ ...PLAIN_SETTINGS, index: 'none', top, level: 1, basePath: path.join(dir, 'base') }, archiveInline(top, { level: 1 }, { base }).archive)
    const cut = startArchive({ ...PLAIN_SETTINGS, index: 'none', top }, HOOKS, blocks, threads)
    if (round === 0) await cut.data.read()
    await cut.stop(GIVEN_UP)
    await estimateArchive({ ...PLAIN_SETTINGS, hasSnapshot: false, top }, new AbortController().signal, blocks, threads)
    await cut.stop(GIVEN_UP)
  }
  assert.equal(threads.seen.size, threadCount())
})

test('a thread in which a dump failed is not used again, and what was open is closed', async (context) => {
  const dir = scratch(context)
  mkdirSync(path.join(dir, 'sub'))
  const threads = new CountingPool(60_000)
  const run = async (top: string): Promise<Uint8Array> => {
    const archive = startArchive({ ...PLAIN_SETTINGS, index: 'none', top }, HOOKS, new BlockPool(), threads)
    try {
      return await readAll(archive.data, 2 ** 20)
    } finally {
      await archive.stop(GIVEN_UP)
    }
  }
  await run(dir)
  const before = readdirSync('/proc/self/fd').length
  await assert.rejects(run(path.join(dir, 'nowhere')), { code: 'file-missing' })
  for (let round = 0; round < 3; round++) assert.equal((await run(dir)).length, 10_240)
  assert.ok(threads.seen.size > threadCount() && threads.seen.size <= 2 * threadCount())
  assert.ok(readdirSync('/proc/self/fd').length <= before + 5, 'nothing stays open')
})

test('no more threads are kept than one dump has, and one that nobody needs for a while ends and is not taken', async (context) => {
  const dir = scratch(context)
  const order = { kind: 'dump', settings: { ...PLAIN_SETTINGS, top: dir }, blocks: [], isForVault: false } as const
  const listener = { message: () => undefined, failed: (reason: Fault) => assert.fail(reason) }
  const end = async (thread: ArchiveThread): Promise<void> => {
    thread.stop()
    await thread.settled
  }
  const pool = new ThreadPool(600_000)
  const threads = Array.from({ length: threadCount() + 2 }, () => pool.begin(order, listener))
  for (const thread of threads) await end(thread)
  for (const thread of threads) pool.giveBack(thread)
  while (threads.filter(({ isGone }) => isGone).length < 2) await setImmediate()
  const again = Array.from({ length: threadCount() }, () => pool.begin(order, listener))
  assert.deepEqual(new Set(again), new Set(threads.slice(0, threadCount())))
  for (const thread of again) {
    await end(thread)
    thread.quit()
  }
  const impatient = new ArchiveThread(1)
  assert.equal(impatient.begin(order, listener), true)
  await end(impatient)
  while (!impatient.isGone) await setImmediate()
  assert.equal(impatient.begin(order, listener), false)
})
