// The vault world: processes that own one vault, one after the other, on a disk that forgets, fills up, fails and loses power. In each, dumps of two hosts, a collection of
// garbage and a check run at once. Whenever something was promised, after every crash and at the end, the vault on what is durable must open and restore everything.

import { Fault, faultOf } from '../../src/kernel/fault.ts'
import { seededRandom } from '../../src/kernel/random.ts'
import { openSegmentHash } from '../../src/stream/vault/segment-hash.ts'
import { VaultCore } from '../../src/storage/vault/vault-core.ts'
import { SimDisk } from '../disk.ts'
import { DiskFaults } from '../disk-faults.ts'
import { plantEarlySyncs, VAULT_PLANTS } from '../early-sync.ts'
import { guarded } from '../guarded.ts'
import { plannedCut, scheduleCount } from '../planned-cut.ts'
import { Life, Scheduler } from '../scheduler.ts'
import { fail, type Plant, type SimWorld } from '../world.ts'
import { VAULT_DIR, VaultOracle } from './vault-oracle.ts'
import { runVault } from './vault-program.ts'

const KIB = 1024
const HOUR_MS = 3_600_000
const FAULTS_MIN = 10
const LIVES_MAX = 60

export class VaultLives {
  readonly scheduler: Scheduler
  readonly faults: DiskFaults
  readonly #disk: SimDisk
  readonly #oracle: VaultOracle
  readonly #plant: string | undefined
  readonly #segmentsMax: number
  #lives = 0

  constructor(seed: number, segmentsMax: number, plant?: string) {
    this.scheduler = new Scheduler(seed)
    this.#oracle = new VaultOracle(this.scheduler.random)
    this.#plant = plant
    this.#segmentsMax = segmentsMax
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
    while (count() < FAULTS_MIN) {
      if (this.#lives > LIVES_MAX) fail(`only ${count()} faults in ${LIVES_MAX} lives`)
      this.faults.rate = 60 + this.scheduler.random.int(600)
      await this.live(false)
      this.faults.heal()
    }
    this.faults.rate = 0
    await this.live(true)
    await this.live(true)
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
      clock: life.clock, disk: this.#disk.mount(life), random: scheduler.random, secrets, oracle: this.#oracle, segmentsMax: this.#segmentsMax, isClean,
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
    if (!(outcome instanceof Fault)) return
    scheduler.note(`the process ended with ${outcome.code}: ${outcome.message}`)
    scheduler.state(`ended ${outcome.code}`)
    if (!this.faults.isDisturbed && !this.faults.isCrashed) fail(`a process failed without a fault: ${outcome.code} ${outcome.message}`)
  }

  async #verify(when: string): Promise<void> {
    await this.#oracle.verify(this.#disk.image, when)
  }

}

const PLANTS: Readonly<Record<string, Plant>> = {
  ...VAULT_PLANTS,
  'leases-ignored': { summary: 'garbage collection takes packs that a running dump was told of', sign: /cannot be restored|the check says|was refused/ },
  'names-repeated': { summary: 'each process draws the same random names and salts as the one before', sign: /was used twice/ },
}

/** Runs `play` with a defect in production code. */
async function planted<Result>(plant: string | undefined, play: () => Promise<Result>): Promise<Result> {
  if (plant !== 'leases-ignored') return play()
  const whole = Object.getOwnPropertyDescriptor(VaultCore.prototype, 'isHeld') ?? {}
  VaultCore.prototype.isHeld = () => false
  try {
    return await play()
  } finally {
    Object.defineProperty(VaultCore.prototype, 'isHeld', whole)
  }
}

export const vaultWorld: SimWorld = {
  name: 'vault',
  summary: 'a vault with dumps, a collection of garbage and a check at once, on a disk that forgets, fills up, fails and loses power',
  states: ['opened', 'listed', 'interrupted', 'collected', 'collection stopped', 'rewritten', 'packs removed', 'checked'],
  plants: PLANTS,
  faultsMin: FAULTS_MIN,
  run(seed, plant) {
    const lives = new VaultLives(seed, 40, plant)
    return guarded(lives.scheduler, seed, () =>
      planted(plant, async () => {
        await lives.setUp()
        await lives.playSeeded()
      }),
    )
  },
}

const SMALL_SEGMENTS = 14

async function countChanges(): Promise<number> {
  const lives = new VaultLives(3, SMALL_SEGMENTS)
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
    const lives = new VaultLives(3, SMALL_SEGMENTS, plant)
    lives.faults.cut = plannedCut(seed, total)
    return guarded(lives.scheduler, seed, async () => {
      await lives.setUp()
      for (let count = 0; count < 4; count++) await lives.live(count > 0)
    })
  },
}

let changesOnce: Promise<number> | undefined
