import assert from 'node:assert/strict'
import { test } from 'node:test'
import { seededRandom } from '../../kernel/random.ts'
import { DiskImage } from '../../../sim/disk-image.ts'
import { instantDisk } from '../../../sim/disk.ts'
import { lockVault, type LockOwner } from './vault-lock.ts'
import { VaultDirectory } from './vault-directory.ts'

const owner = (pid: number): LockOwner => ({ host: 'h', pid, process: 'boot', sinceMs: 1 })

async function world(): Promise<VaultDirectory> {
  const disk = instantDisk(new DiskImage())
  await disk.makeDir('/vault')
  return new VaultDirectory(disk, '/vault')
}

test('a vault has one owner, whose name is told', async () => {
  const directory = await world()
  const random = seededRandom(1)
  const lock = await lockVault(directory, owner(1), () => false, random)
  await assert.rejects(lockVault(directory, owner(2), ({ pid }) => pid !== 1, random), /process 1 on h/)
  await lock.stillOwned()
  await lock.release()
  await (await lockVault(directory, owner(2), () => false, random)).release()
})

test('the lock of a dead process is taken over by one of those who try', async () => {
  const directory = await world()
  const random = seededRandom(2)
  const dead = await lockVault(directory, owner(1), () => false, random)
  const tries = await Promise.allSettled([2, 3, 4].map((pid) => lockVault(directory, owner(pid), (other) => other.pid === 1, random)))
  const won = tries.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []))
  assert.equal(won.length, 1)
  await won[0]?.stillOwned()
  await assert.rejects(dead.stillOwned(), { code: 'vault-locked' })
  // Who lost it does not take it from the other.
  await dead.release()
  await won[0]?.stillOwned()
})

test('a lock that was torn by a power cut belongs to nobody; one that cannot be understood, to somebody', async () => {
  for (const [text, isFree] of [['', true], ['{"ho', true], ['{"pid":"x"}', false]] as const) {
    const directory = await world()
    await using file = await directory.disk.open('/vault/lock', 'create-new')
    await file.write([Buffer.from(text)], 0)
    const taken = lockVault(directory, owner(1), () => false, seededRandom(3))
    if (isFree) await (await taken).release()
    else await assert.rejects(taken, { code: 'vault-locked' })
  }
})
