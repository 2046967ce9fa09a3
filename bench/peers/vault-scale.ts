// A process of its own for the bench `vault-scale`: fills a vault with as many real segments as it is told, through the intake and the block threads of production, then
// opens, adds to, prunes and checks it. Prints a line of JSON with seconds, CPU seconds and peak resident bytes of each step.

import { readFileSync, writeFileSync } from 'node:fs'
import { crc32c } from '@node-rs/crc32'
import { systemClock } from '../../src/kernel/clock.ts'
import { silentLog } from '../../src/kernel/log.ts'
import { nodeDisk } from '../../src/kernel/node-disk.ts'
import { systemRandom } from '../../src/kernel/random.ts'
import { startBlockThreads } from '../../src/stream/vault/block-threads.ts'
import { localBlockThreads } from '../../src/stream/vault/block-work.ts'
import { createVaultKeys } from '../../src/stream/vault/keys.ts'
import { openSegmentHash } from '../../src/stream/vault/segment-hash.ts'
import type { Vault } from '../../src/storage/vault/contract.ts'
import { openVault, type OpenVaultParts } from '../../src/storage/vault/open-vault.ts'
import { NO_DIRECTORY } from '../../src/wire/vault/recipe-entries.ts'
import { RecipeWriter } from '../../src/wire/vault/recipe-writer.ts'
import type { PackGrant, RecipeEntry } from '../../src/wire/vault/uplink.ts'

const SEGMENT_BYTES = 24
const BLOCK_SEGMENTS = 4096
const PACK_BLOCKS = 100
/** Dumps of a vault: the last of them is removed by the prune. */
const DUMPS = 10
const NEVER = new AbortController().signal
const quiet = (): void => {}

const [dir = '', count = '0'] = process.argv.slice(2)
const total = Number(count)
const threads = startBlockThreads(2)
const parts: OpenVaultParts = { disk: nodeDisk, directory: dir, keys: createVaultKeys(systemRandom.bytes(32), systemRandom.bytes(16), systemRandom), threads, clock: systemClock, random: systemRandom, log: silentLog, owner: { host: 'bench', pid: process.pid, process: '', sinceMs: 0 }, isGone: () => true }
const steps: Record<string, { readonly seconds: number; readonly cpuSeconds: number; readonly peakBytes: number }> = {}

function peakBytes(): number {
  return Number(/VmHWM:\s+(\d+)/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? 0) * 1024
}

async function step<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
  // The peak is counted from here on.
  writeFileSync('/proc/self/clear_refs', '5')
  const startedMs = performance.now()
  const before = process.cpuUsage()
  const result = await work()
  const { user, system } = process.cpuUsage(before)
  steps[name] = { seconds: (performance.now() - startedMs) / 1000, cpuSeconds: (user + system) / 1e6, peakBytes: peakBytes() }
  return result
}

async function dump(vault: Vault, host: string, first: number, segments: number): Promise<void> {
  const intake = await vault.beginDump({ host, disk: '/', run: '20261127000000', level: 0, baseRun: undefined, domain: '', maker: 'archive', compressLevel: 1, startedMs: 0 })
  const { idKey, vaultId } = await intake.welcome()
  const hash = await openSegmentHash(idKey)
  const sealer = localBlockThreads()
  let grant: PackGrant | undefined
  let number = 0
  const send = async (kind: 'data' | 'recipe', plain: Buffer, ids: Buffer, lengths: Uint32Array): Promise<void> => {
    if (grant !== undefined && number >= PACK_BLOCKS) {
      await intake.sealPack(grant.packId)
      grant = undefined
    }
    if (grant === undefined) number = 0
    const { packId, key } = (grant ??= await intake.grantPack())
    await intake.sendBlock(await sealer.seal({ vaultId, key, packId, number: number++, kind, ids, lengths, compressLevel: 1 }, plain))
  }
  const entries: RecipeEntry[] = []
  let nativeCrc = 0
  for (let from = 0; from < segments; from += BLOCK_SEGMENTS) {
    const some = Math.min(BLOCK_SEGMENTS, segments - from)
    const plain = Buffer.alloc(some * SEGMENT_BYTES)
    const ids = Buffer.alloc(some * 32)
    const writer = new RecipeWriter()
    for (let index = 0; index < some; index++) {
      plain.writeDoubleLE(first + from + index, index * SEGMENT_BYTES)
      const segment = plain.subarray(index * SEGMENT_BYTES, (index + 1) * SEGMENT_BYTES)
      hash.idInto(segment, ids, index * 32)
      writer.segment(ids, index * 32, SEGMENT_BYTES, crc32c(segment))
    }
    nativeCrc = crc32c(plain, nativeCrc)
    await send('data', plain, ids, new Uint32Array(some).fill(SEGMENT_BYTES))
    const recipe = Buffer.from(writer.bytes())
    const id = Buffer.from(hash.id(recipe))
    await send('recipe', recipe, id, Uint32Array.of(recipe.length))
    entries.push({ id, recipeBytes: recipe.length, nativeBytes: plain.length, crc: crc32c(plain), directory: NO_DIRECTORY })
  }
  if (grant !== undefined) await intake.sealPack(grant.packId)
  await intake.sendRecipe(entries)
  await intake.finish({ nativeBytes: segments * SEGMENT_BYTES, nativeCrc, members: 0, readBytes: 0, unchangedBytes: 0 })
  await sealer[Symbol.asyncDispose]()
}

await nodeDisk.makeDir(dir)
const part = Math.ceil(total / DUMPS)
{
  await using vault = await openVault(parts, 'write')
  await step('fill', async () => {
    for (let index = 0; index < DUMPS; index++) await dump(vault, `host${index}`, index * part, part)
  })
}
const vault = await step('open', () => openVault(parts, 'write'))
// The same number of new segments whatever the size: what a backup costs beside what is there.
await step('add', () => dump(vault, 'new', 2 ** 40, 50_000))
await step('known', async () => {
  const intake = await vault.beginDump({ host: 'asks', disk: '/', run: '20261127000000', level: 0, baseRun: undefined, domain: '', maker: 'archive', compressLevel: 1, startedMs: 0 })
  const hash = await openSegmentHash((await intake.welcome()).idKey)
  const ids = Buffer.alloc(8192 * 32)
  for (let batch = 0; batch < 4; batch++) {
    for (let index = 0; index < 8192; index++) {
      const plain = Buffer.alloc(SEGMENT_BYTES)
      plain.writeDoubleLE(systemRandom.int(Math.min(total, 2 ** 31)), 0)
      hash.idInto(plain, ids, index * 32)
    }
    const answer = await intake.known(ids)
    if (answer.some((byte) => byte !== 0xff)) throw new Error('a segment that is there is not known')
  }
  await intake.abandon((await import('../../src/kernel/fault.ts')).faultOf(new Error('only asked')))
})
await step('check', () => vault.check('structure', quiet, NEVER))
await step('plan', () => vault.planPrune({ last: 1 }, systemClock.wallMs()))
const dumps = await vault.dumps()
const removed = dumps.filter(({ host }) => host === 'host9').map((one) => ({ dump: one, why: 'bench' }))
await step('prune', () => vault.prune({ kept: [], removed }, quiet, NEVER, true))
const { indexResidentBytes, segments } = await vault.stats()
await vault[Symbol.asyncDispose]()
await threads[Symbol.asyncDispose]()
process.stdout.write(`${JSON.stringify({ segments, indexResidentBytes, steps })}\n`)
