// What the vault world knows to be true: the bytes of each dump, which were reported as listed, which a collection was asked to remove; what sealed anything (NonceRecord). It has the
// durable part of a disk image judged (vault-judge.ts).

import { faultOf } from '../../src/kernel/fault.ts'
import type { Random } from '../../src/kernel/random.ts'
import { localBlockThreads } from '../../src/stream/vault/block-work.ts'
import type { BlockThreads, VaultKeys } from '../../src/stream/vault/contract.ts'
import { createVaultKeys } from '../../src/stream/vault/keys.ts'
import type { VaultDump } from '../../src/storage/vault/contract.ts'
import { sha256Of, type LedgerHead } from '../../src/storage/vault/ledger/ledger-chain.ts'
import { dumpBytes } from '../../testkit/vault-maker.ts'
import type { DiskImage } from '../disk-image.ts'
import { RememberedOpens } from '../remembered-opens.ts'
import { judgeVault, openJudged, type JudgedVault } from '../vault-judge.ts'
import { fail } from '../world.ts'
import type { VaultSize } from './vault-size.ts'

export const VAULT_DIR = '/vault'

interface Known {
  readonly bytes: Uint8Array
  /** The manifest, once it was reported as listed. */
  readonly manifest: string | undefined
  /** A collection may have removed it. */
  readonly isExcused: boolean
}

/** What was promised at some time. */
export type OracleMemory = ReadonlyMap<string, Known>

export class VaultOracle {
  readonly size: VaultSize
  readonly #judged: JudgedVault
  readonly #pool: Uint8Array
  readonly #byRun = new Map<string, Known>()
  readonly #opens = new RememberedOpens()
  readonly #threads = localBlockThreads()
  #runs = 0
  /** What the disk had durably when it was last judged. */
  #seen = ''

  constructor(random: Random, size: VaultSize) {
    this.size = size
    this.#judged = { directory: VAULT_DIR, master: random.bytes(32), vaultId: random.bytes(16), threads: this.#threads, opens: this.#opens, limits: size.limits }
    this.#pool = random.bytes(size.poolSegments * size.maker.segmentBytes)
  }

  /** A new dump: its run and bytes. */
  plan(random: Random): { readonly run: string; readonly bytes: Uint8Array } {
    const run = String(20_261_124_020_000 + ++this.#runs)
    const bytes = dumpBytes(random, this.#pool, this.size.maker.segmentBytes, 1 + random.int(this.size.segmentsMax))
    this.#byRun.set(run, { bytes, manifest: undefined, isExcused: false })
    return { run, bytes }
  }

  listed(run: string, manifest: string): void {
    this.#byRun.set(run, { ...this.#get(run), manifest })
  }

  excused(dumps: readonly VaultDump[]): void {
    for (const { run } of dumps) this.#byRun.set(run, { ...this.#get(run), isExcused: true })
  }

  keys(random: Random): VaultKeys {
    return this.#opens.keys(createVaultKeys(this.#judged.master, this.#judged.vaultId, random))
  }

  /** They serve every process. */
  threads(): BlockThreads {
    return this.#opens.threads(this.#threads)
  }

  memory(): OracleMemory {
    return new Map(this.#byRun)
  }

  /** The vault is as it was when `then` was true. What was listed since is not promised any more. */
  goBack(then: OracleMemory): void {
    for (const [run, { bytes }] of this.#byRun) this.#byRun.set(run, then.get(run) ?? { bytes, manifest: undefined, isExcused: false })
  }

  /** Everything that was promised is durable on `disk`, and what is listed is restored byte for byte. */
  async verify(disk: DiskImage, when: string): Promise<void> {
    const now = [...disk.durableFiles()].map(([path, { number, durableVersion }]) => `${path} ${number} ${durableVersion}`).join('|')
    if (now === this.#seen) return
    this.#seen = now
    const runs = [...this.#byRun].flatMap(([run, { manifest, isExcused }]) => (manifest === undefined || isExcused ? [] : [run]))
    await judgeVault(this.#judged, disk.durableCopy(), { runs, isRight: ({ run }, restored) => Buffer.compare(restored, this.#get(run).bytes) === 0 }, when)
  }

  /** Who has noted `head` does not open the vault on `disk`. */
  async refuses(disk: DiskImage, head: LedgerHead): Promise<void> {
    try {
      await using _vault = await openJudged(this.#judged, disk.durableCopy(), { read: () => Promise.resolve(head), write: () => Promise.resolve() })
    } catch (error) {
      const { code, message } = faultOf(error)
      if (code !== 'vault-rolled-back') fail(`an older copy was put back, and what is said is ${code}: ${message}`)
      return
    }
    fail(`an older copy was put back, and nobody noticed: entry ${head.seq} had been noted`)
  }

  #get(run: string): Known {
    return this.#byRun.get(run) ?? fail(`nobody dumped ${run}`)
  }
}

const ENTRY = new RegExp(`^${VAULT_DIR}/ledger/([0-9a-f]{16})$`)

/** With number 0 when there is none. */
export function newestEntry(image: DiskImage): LedgerHead {
  const entries = [...image.files()].filter(([path]) => ENTRY.test(path)).toSorted(([a], [b]) => (a < b ? 1 : -1))
  const [newest] = entries
  if (newest === undefined) return { seq: 0, sha256: '' }
  const [path, { cache }] = newest
  return { seq: Number.parseInt(ENTRY.exec(path)?.[1] ?? '0', 16), sha256: sha256Of(cache.bytes.subarray(0, cache.length)) }
}
