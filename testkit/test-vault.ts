// A vault for tests: on a simulated disk that answers at once, with keys from a seed and block threads that run in the calling thread.

import type { Clock } from '../src/kernel/clock.ts'
import { silentLog } from '../src/kernel/log.ts'
import { seededRandom } from '../src/kernel/random.ts'
import type { BlockThreads, VaultKeys } from '../src/stream/vault/contract.ts'
import { localBlockThreads } from '../src/stream/vault/block-work.ts'
import { createVaultKeys } from '../src/stream/vault/keys.ts'
import type { Vault } from '../src/storage/vault/contract.ts'
import { openVault, type OpenVaultParts } from '../src/storage/vault/open-vault.ts'
import type { VaultLimits } from '../src/storage/vault/vault-core.ts'
import { DiskImage } from '../sim/disk-image.ts'
import { instantDisk } from '../sim/disk.ts'

export interface TestVault {
  readonly image: DiskImage
  readonly keys: VaultKeys
  readonly threads: BlockThreads
  readonly parts: OpenVaultParts
  open(mode?: 'write' | 'read'): Promise<Vault>
  advance(ms: number): void
  nowMs(): number
}

export const SMALL_LIMITS: VaultLimits = { freshRowsMax: 24, checkpointBytesMin: 2000, blockBytes: 3000 }

export async function createTestVault(seed: number, limits: VaultLimits = SMALL_LIMITS): Promise<TestVault> {
  const random = seededRandom(seed)
  const image = new DiskImage()
  const disk = instantDisk(image)
  await disk.makeDir('/vault')
  let nowMs = Date.UTC(2026, 10, 27)
  const clock: Clock = { monotonicMs: () => nowMs, wallMs: () => nowMs, setTimer: () => ({ cancel: () => {} }), afterPoll: (action) => queueMicrotask(action) }
  const keys = createVaultKeys(random.bytes(32), random.bytes(16), random)
  const threads = localBlockThreads()
  const parts: OpenVaultParts = { disk, directory: '/vault', keys, threads, clock, random, log: silentLog, owner: { host: 'test', pid: 1, process: 'test', sinceMs: nowMs }, isGone: () => true, limits }
  return {
    image, keys, threads, parts,
    open: (mode = 'write') => openVault(parts, mode),
    advance: (ms) => void (nowMs += ms),
    nowMs: () => nowMs,
  }
}
