// The vault world: processes that own one vault, one after the other, on a disk that forgets, fills up, fails and loses power. In each, dumps of two hosts, a collection of
// garbage and a check run at once. Machines of agents are put back to snapshots, and between processes an older copy of the vault is put back. Whenever something was promised, after
// every crash and at the end, the vault on what is durable must open and restore everything, and no nonce may have come twice.

import { Fault, faultOf } from '../../src/kernel/fault.ts'
import { seededRandom } from '../../src/kernel/random.ts'
import type { HeadWitness } from '../../src/storage/vault/open-vault.ts'
import { openSegmentHash } from '../../src/stream/vault/segment-hash.ts'
import type { LedgerHead } from '../../src/storage/vault/ledger/ledger-chain.ts'
import { PackWriter } from '../../src/storage/vault/packs/pack-writer.ts'
import { VaultCore } from '../../src/storage/vault/vault-core.ts'
import { SimDisk } from '../disk.ts'
import { DiskFaults } from '../disk-faults.ts'
import { plantEarlySyncs, VAULT_PLANTS } from '../early-sync.ts'
import type { DiskImage } from '../disk-image.ts'
import { guarded } from '../guarded.ts'
import { NonceRecord } from '../nonce-record.ts'
import { plannedCut, scheduleCount } from '../planned-cut.ts'
import { Life, Scheduler } from '../scheduler.ts'
import { fail, type Plant, type SimWorld } from '../world.ts'
import { newestEntry, VAULT_DIR, VaultOracle, type OracleMemory } from './vault-oracle.ts'
import { runVault } from './vault-program.ts'
import { LARGE, POWERCUT, SMALL, type VaultSize } from './vault-size.ts'

const KIB = 1024
const HOUR_MS = 3_600_000
const LIVES_MAX = 60
/** One seed in so many is large. */
const LARGE_ONE_IN = 50

class VaultLives implements Disposable {
  readonly scheduler: Scheduler
  readonly faults: DiskFaults
  readonly #disk: SimDisk
  readonly #oracle: VaultOracle
  readonly #plant: string | undefined
  readonly #nonces = new NonceRecord()
  #lives = 0
  /** What the server has noted of the ledger. */
  #noted: LedgerHead | undefined
  #copy: { readonly image: DiskImage; readonly memory: OracleMemory } | undefined

  constructor(seed: number, size: VaultSize | undefined, plant?: string) {
    this.scheduler = new Scheduler(seed)
    this.#oracle = new VaultOracle(this.scheduler.random, size ?? (this.scheduler.chance(LARGE_ONE_IN) ? LARGE : SMALL))
    this.#plant = plant
    this.scheduler.check = () => this.#nonces.check()
    this.#disk = new SimDisk(this.scheduler)
    this.faults = new DiskFaults(this.scheduler, this.#disk, { leftBytesMax: 40 * KIB, slownessMax: 100, hoursBackMax: 60 })
    plantEarlySyncs(this.#disk, this.scheduler, plant)
  }

  async setUp(): Promise<void> {
    // What is loaded once is loaded before the first schedule: it takes real time.
    await openSegmentHash(new Uint8Array(32))
    const disk = this.#disk.mount(new Life(this.scheduler, 'init'))
    await this.scheduler.complete('init', HOUR_MS, (async () => {
      await disk.makeDir(VAULT_DIR)
      await disk.syncDir('/')
    })())
    this.faults.changes = 0
  }

  async playSeeded(): Promise<void> {
    const count = (): number => Object.values(this.scheduler.faults).reduce((sum, faults) => sum + faults, 0)
    const { faultsMin, faultEvery: [least, more], cleanProcesses } = this.#oracle.size
    while (count() < faultsMin) {
      if (this.#lives > LIVES_MAX) fail(`only ${count()} faults in ${LIVES_MAX} lives`)
      this.faults.rate = least + this.scheduler.random.int(more)
      await this.live(false)
      this.faults.heal()
      await this.#copyOrPutBack()
    }
    this.faults.rate = 0
    for (let count = 0; count < cleanProcesses; count++) await this.live(true)
  }

  /** One process, to its end or its crash. */
  async live(isClean: boolean): Promise<void> {
    const { scheduler } = this
    this.#lives += 1
    this.faults.begin()
    const life = new Life(scheduler, `server ${this.#lives}`)
    scheduler.note(`process ${this.#lives}`)
    const secrets = this.#plant === 'names-repeated' ? seededRandom(5) : scheduler.random
    const work = runVault({
      clock: life.clock, disk: this.#disk.mount(life), random: scheduler.random, secrets, oracle: this.#oracle, nonces: this.#nonces, isForgetful: this.#plant === 'numbers-given-twice', witness: this.#witness(), isClean,
      state: (name) => scheduler.state(name),
      promised: async (what) => {
        scheduler.note(what)
        await this.#verify(`when ${what}`)
      },
    })
    let outcome: 'ended' | Fault | undefined
    let failure: unknown
    work.then(
      () => (outcome = 'ended'),
      (error: unknown) => {
        const fault = faultOf(error)
        if (fault.code === 'internal') failure = error
        else outcome = fault
      },
    )
    await scheduler.until(`the end of process ${this.#lives}`, scheduler.time.nowMs + 24 * HOUR_MS, () => failure !== undefined || outcome !== undefined || !life.isAlive)
    if (failure !== undefined) throw failure
    life.end()
    await this.#verify(this.faults.isCrashed ? 'after the crash' : 'at the end of a process')
    this.#nonces.check()
    if (!(outcome instanceof Fault)) return
    scheduler.note(`the process ended with ${outcome.code}: ${outcome.message}`)
    scheduler.state(`ended ${outcome.code}`)
    // No error of a disk is an excuse to say this, and every copy that was put back was found out before.
    if (outcome.code === 'vault-rolled-back') fail(`the vault does not open: ${outcome.message}`)
    if (!this.faults.isDisturbed && !this.faults.isCrashed) fail(`a process failed without a fault: ${outcome.code} ${outcome.message}`)
  }

  async #verify(when: string): Promise<void> {
    await this.#oracle.verify(this.#disk.image, when)
  }

  #witness(): HeadWitness {
    return {
      read: () => Promise.resolve(this.#plant === 'head-not-noted' ? undefined : this.#noted),
      write: (head) => {
        this.#noted = head
        return Promise.resolve()
      },
    }
  }

  /** While no process owns the vault, somebody copies its directory, or puts an earlier copy in its place. Whoever opens it next must notice, unless the note is lost as well. */
  async #copyOrPutBack(): Promise<void> {
    const { scheduler } = this
    const copy = this.#copy
    if (copy === undefined) {
      if (scheduler.chance(2)) this.#copy = { image: this.#disk.image.keptCopy(), memory: this.#oracle.memory() }
      return
    }
    if (!scheduler.chance(4)) return
    this.#copy = undefined
    scheduler.fault('vault put back')
    this.#disk.putBack(copy.image)
    this.#oracle.goBack(copy.memory)
    const noted = this.#noted
    const { seq, sha256 } = newestEntry(copy.image)
    if (noted !== undefined && (noted.seq > seq || (noted.seq === seq && noted.sha256 !== sha256))) {
      const seen = await this.#witness().read()
      await this.#oracle.refuses(copy.image, seen ?? { seq: 0, sha256: '' })
      scheduler.state('putting back was noticed')
    }
    // Who put it back on purpose removes the note.
    this.#noted = undefined
  }

  [Symbol.dispose](): void {
    this.#nonces[Symbol.dispose]()
  }
}

const PLANTS: Readonly<Record<string, Plant>> = {
  ...VAULT_PLANTS,
  'leases-ignored': { summary: 'garbage collection takes packs that a running dump was told of', sign: /cannot be restored|the check says|was refused/ },
  'names-repeated': { summary: 'each process draws the same random names and salts as the one before', sign: /was used twice/ },
  'numbers-taken-twice': { summary: 'the server takes a number of a pack again, from an agent whose memory was put back', sign: /was used twice/ },
  'numbers-given-twice': { summary: 'a maker of dumps gives a number of its pack to two blocks', sign: /was used twice/ },
  'head-not-noted': { summary: 'the server does not remember the newest entry of the ledger', sign: /nobody noticed/ },
}

/** Runs `play` with a method of production code replaced. */
async function replaced<Result>(prototype: object, name: string, value: unknown, play: () => Promise<Result>): Promise<Result> {
  const whole = Object.getOwnPropertyDescriptor(prototype, name) ?? {}
  Object.defineProperty(prototype, name, { ...whole, value })
  try {
    return await play()
  } finally {
    Object.defineProperty(prototype, name, whole)
  }
}

/** Runs `play` with a defect in production code. */
function planted<Result>(plant: string | undefined, play: () => Promise<Result>): Promise<Result> {
  if (plant === 'leases-ignored') return replaced(VaultCore.prototype, 'isHeld', () => false, play)
  if (plant === 'numbers-taken-twice') return replaced(PackWriter.prototype, 'take', () => {}, play)
  return play()
}

export const vaultWorld: SimWorld = {
  name: 'vault',
  summary: 'a vault with dumps, a collection of garbage and a check at once, on a disk that forgets, fills up, fails and loses power; agents and the vault are put back to older states',
  states: ['opened', 'listed', 'interrupted', 'agent set back', 'agent set back was refused', 'putting back was noticed', 'collected', 'collection stopped', 'rewritten', 'packs removed', 'checked'],
  plants: PLANTS,
  faultsMin: SMALL.faultsMin,
  async run(seed, plant) {
    using lives = new VaultLives(seed, undefined, plant)
    return await guarded(lives.scheduler, seed, () =>
      planted(plant, async () => {
        await lives.setUp()
        await lives.playSeeded()
      }),
    )
  },
}

async function countChanges(): Promise<number> {
  using lives = new VaultLives(3, POWERCUT)
  await lives.setUp()
  for (let count = 0; count < 3; count++) await lives.live(count > 0)
  return lives.faults.changes
}

export const powercutVaultWorld: SimWorld = {
  name: 'powercut-vault',
  summary: 'the vault world without other faults, and a power cut at each write, rename, sync and other change of the disk in turn',
  states: ['opened', 'listed', 'collected'],
  plants: VAULT_PLANTS,
  faultsMin: 1,
  async count() {
    return scheduleCount(await (changesOnce ??= countChanges()))
  },
  async run(seed, plant) {
    const total = await (changesOnce ??= countChanges())
    using lives = new VaultLives(3, POWERCUT, plant)
    lives.faults.cut = plannedCut(seed, total)
    return await guarded(lives.scheduler, seed, async () => {
      await lives.setUp()
      for (let count = 0; count < 4; count++) await lives.live(count > 0)
    })
  },
}

let changesOnce: Promise<number> | undefined
