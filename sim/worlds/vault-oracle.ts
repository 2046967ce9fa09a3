// What the vault world knows to be true: the bytes of each dump, which were reported as listed, which a collection was asked to remove; every key and number that sealed
// anything. It judges a disk image through the production readers.

import { readAll } from '../../src/kernel/byte-stream.ts'
import { faultOf } from '../../src/kernel/fault.ts'
import { silentLog } from '../../src/kernel/log.ts'
import { seededRandom, type Random } from '../../src/kernel/random.ts'
import { localBlockThreads } from '../../src/stream/vault/block-work.ts'
import type { BlockThreads, VaultKeys } from '../../src/stream/vault/contract.ts'
import { createVaultKeys } from '../../src/stream/vault/keys.ts'
import type { Vault, VaultDump } from '../../src/storage/vault/contract.ts'
import { openVault } from '../../src/storage/vault/open-vault.ts'
import { SMALL_LIMITS } from '../../testkit/test-vault.ts'
import { dumpBytes, SMALL_MAKER } from '../../testkit/vault-maker.ts'
import { instantDisk } from '../disk.ts'
import type { DiskImage } from '../disk-image.ts'
import { Life, Scheduler } from '../scheduler.ts'
import { fail } from '../world.ts'

const POOL_SEGMENTS = 90
const NEVER = new AbortController().signal
export const VAULT_DIR = '/vault'

interface Known {
  readonly bytes: Uint8Array
  /** The manifest, once it was reported as listed. */
  manifest: string | undefined
  /** A collection may have removed it. */
  isExcused: boolean
}

export class VaultOracle {
  readonly #master: Uint8Array
  readonly #vaultId: Uint8Array
  readonly #pool: Uint8Array
  readonly #byRun = new Map<string, Known>()
  /** Keys with numbers, and salts, that were used. */
  readonly #used = new Set<string>()
  readonly #threads = localBlockThreads()
  #runs = 0
  /** What the disk had durably when it was last judged. */
  #judged = ''

  constructor(random: Random) {
    this.#master = random.bytes(32)
    this.#vaultId = random.bytes(16)
    this.#pool = random.bytes(POOL_SEGMENTS * SMALL_MAKER.segmentBytes)
  }

  /** A new dump: its run and bytes. */
  plan(random: Random, segmentsMax: number): { readonly run: string; readonly bytes: Uint8Array } {
    const run = String(20_261_124_020_000 + ++this.#runs)
    const bytes = dumpBytes(random, this.#pool, SMALL_MAKER.segmentBytes, 1 + random.int(segmentsMax))
    this.#byRun.set(run, { bytes, manifest: undefined, isExcused: false })
    return { run, bytes }
  }

  listed(run: string, manifest: string): void {
    this.#get(run).manifest = manifest
  }

  excused(dumps: readonly VaultDump[]): void {
    for (const { run } of dumps) this.#get(run).isExcused = true
  }

  /** Keys of the vault, which notice a salt that comes twice. */
  keys(random: Random): VaultKeys {
    const keys = createVaultKeys(this.#master, this.#vaultId, random)
    return {
      ...keys,
      seal: (kind, name, plain) => {
        const sealed = keys.seal(kind, name, plain)
        this.#use(`object ${Buffer.from(sealed.subarray(9, 41)).toString('hex')}`)
        return sealed
      },
    }
  }

  /** Threads that notice a number that comes twice under a key. */
  threads(): BlockThreads {
    const threads = this.#threads
    return {
      check: (block, idKey) => threads.check(block, idKey),
      open: (block, wanted) => threads.open(block, wanted),
      seal: (facts, plain) => {
        this.#use(`block ${facts.number} under ${Buffer.from(facts.key).toString('hex')}`)
        return threads.seal(facts, plain)
      },
      // It serves the next process as well.
      [Symbol.asyncDispose]: () => Promise.resolve(),
    }
  }

  /** Everything that was promised is durable on `disk`, and what is listed is restored byte for byte. */
  async verify(disk: DiskImage, when: string): Promise<void> {
    const now = [...disk.durableFiles()].map(([path, { number, durableVersion }]) => `${path} ${number} ${durableVersion}`).join('|')
    if (now === this.#judged) return
    this.#judged = now
    const image = disk.durableCopy()
    const scheduler = new Scheduler(1)
    const random = seededRandom(1)
    const parts = { disk: instantDisk(image), directory: VAULT_DIR, keys: createVaultKeys(this.#master, this.#vaultId, random), threads: this.#threads, clock: new Life(scheduler, 'oracle').clock, random, log: silentLog, owner: { host: 'oracle', pid: 1, process: '', sinceMs: 0 }, isGone: () => true, limits: SMALL_LIMITS }
    let vault: Vault
    try {
      vault = await openVault(parts, 'write')
    } catch (error) {
      fail(`${when}: the vault does not open: ${faultOf(error).message}`)
    }
    try {
      await this.#judge(vault, when)
    } finally {
      await vault[Symbol.asyncDispose]()
    }
  }

  async #judge(vault: Vault, when: string): Promise<void> {
    const dumps = await vault.dumps()
    const runs = new Set(dumps.map(({ run }) => run))
    for (const [run, { manifest, isExcused }] of this.#byRun) if (manifest !== undefined && !isExcused && !runs.has(run)) fail(`${when}: dump ${run} was reported as listed and is not listed`)
    for (const dump of dumps) {
      const { bytes } = this.#get(dump.run)
      let restored: Uint8Array
      try {
        const reader = await vault.openDump(dump.manifest)
        if (reader === undefined) fail(`${when}: dump ${dump.run} is listed and cannot be opened`)
        restored = await readAll(reader.read(0, reader.bytes), 1 << 26)
        await reader[Symbol.asyncDispose]()
      } catch (error) {
        fail(`${when}: dump ${dump.run} cannot be restored: ${faultOf(error).message}`)
      }
      if (Buffer.compare(restored, bytes) !== 0) fail(`${when}: dump ${dump.run} is restored with other bytes`)
    }
    const { problems } = await vault.check('data', () => {}, NEVER)
    const problem = problems.find(({ kind }) => kind !== 'unknown')
    if (problem !== undefined) fail(`${when}: the check says ${problem.message}`)
  }

  #use(what: string): void {
    if (this.#used.has(what)) fail(`${what} was used twice`)
    this.#used.add(what)
  }

  #get(run: string): Known {
    return this.#byRun.get(run) ?? fail(`nobody dumped ${run}`)
  }
}
