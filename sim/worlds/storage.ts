// The storage world: holding area, taper, volumes and catalog on a disk that forgets, fills up, fails, flips bits and loses power, run after
// run. Whenever something was promised (COMMIT, done, taped), after every crash and at the end, all of it must be read back from what
// is durable. The last two runs have no faults and must tape everything without help.

import { SqliteCatalog, inPlaceCatalog } from '../../src/catalog/sqlite.ts'
import type { Catalog, DumpId } from '../../src/catalog/contract.ts'
import type { VtapeStorageConfig } from '../../src/config/resolved.ts'
import { Fault, faultOf } from '../../src/kernel/fault.ts'
import { SimDisk } from '../disk.ts'
import { DiskFaults } from '../disk-faults.ts'
import { COMMIT_PLANTS, EARLY_SYNC_PLANTS, plantEarlySyncs } from '../early-sync.ts'
import { guarded } from '../guarded.ts'
import { Life, Scheduler } from '../scheduler.ts'
import { plannedCut, scheduleCount } from '../planned-cut.ts'
import { fail, type SimWorld } from '../world.ts'
import { StorageOracle, type Places } from './storage-oracle.ts'
import { TAPER_ROW_WITHOUT_DRIVER } from './step-coverage.ts'
import { STORAGE_DISKS, layOut, runStorage } from './storage-program.ts'

const KIB = 1024
const HOUR_MS = 3_600_000
const FAULTS_MIN = 10
const VOLUMES_PER_RUN = 6
const RUNS_MAX = 40

export class StorageRuns {
  readonly scheduler: Scheduler
  readonly faults: DiskFaults
  readonly #disk: SimDisk
  readonly #sqlite = new SqliteCatalog(':memory:')
  readonly #oracle: StorageOracle
  readonly #places: Places
  readonly #dumpBytesMax: number
  readonly #limits = { volumesPerRun: VOLUMES_PER_RUN }
  #runCount = 0

  constructor(seed: number, dumpBytesMax: number, plant?: string) {
    this.scheduler = new Scheduler(seed)
    const { random } = this.scheduler
    const limits = this.#limits
    limits.volumesPerRun = seed % 4 === 0 ? 2 : VOLUMES_PER_RUN
    const storage: VtapeStorageConfig = {
      name: 'vtapes', kind: 'vtape', directory: '/vtapes', slotCount: 14, volumeBytes: 320 * KIB + random.int(300) * KIB, partBytes: (24 + random.int(80)) * KIB, labelTemplate: 'SIM-%%%',
      autolabel: { empty: true, foreign: false }, get volumesPerRun() { return limits.volumesPerRun }, retainVolumes: random.int(2), retainDays: 0, retainFulls: 1,
    }
    this.#places = { holding: [{ directory: '/holding/a', useBytes: 1 << 29, chunkBytes: (65 + random.int(64)) * KIB }, { directory: '/holding/b', useBytes: 1 << 29, chunkBytes: 80 * KIB }], storage }
    this.#oracle = new StorageOracle(random, this.#places)
    this.#dumpBytesMax = dumpBytesMax
    this.#disk = new SimDisk(this.scheduler)
    this.faults = new DiskFaults(this.scheduler, this.#disk, { leftBytesMax: 200 * KIB, slownessMax: 200, hoursBackMax: 100 })
    plantEarlySyncs(this.#disk, this.scheduler, plant)
  }

  async setUp(): Promise<void> {
    await this.scheduler.complete('init', HOUR_MS, layOut(this.#disk.mount(new Life(this.scheduler, 'init')), this.#places))
    this.faults.changes = 0
  }

  /** Seeded faults until there were enough, then two runs without any. */
  async playSeeded(): Promise<void> {
    const count = (): number => Object.values(this.scheduler.faults).reduce((sum, faults) => sum + faults, 0)
    while (count() < FAULTS_MIN) {
      if (this.#runCount > RUNS_MAX) fail(`only ${count()} faults in ${RUNS_MAX} runs`)
      this.faults.rate = 15 + this.scheduler.random.int(160)
      await this.#oneRun()
      await this.#betweenRuns()
    }
    this.faults.rate = 0
    this.faults.heal()
    await this.cleanRun()
    await this.cleanRun()
  }

  async cleanRun(): Promise<void> {
    this.#limits.volumesPerRun = VOLUMES_PER_RUN
    const outcomes = await this.#oneRun()
    if (this.faults.isCrashed) return
    // Damage that was done before may still be met: its dumps stay where they are.
    const taped = outcomes.filter((outcome) => outcome.endsWith(' taped'))
    if (taped.length < STORAGE_DISKS.length) fail(`a run without faults taped only ${taped.length} of ${STORAGE_DISKS.length} disks: ${outcomes.join(', ')}`)
  }

  /** One run of the program, to its end or its crash. */
  async #oneRun(): Promise<readonly string[]> {
    const { scheduler } = this
    const { random } = scheduler
    this.#runCount += 1
    this.faults.begin()
    const run = new Date(Date.UTC(2026, 10, 24, 2) + this.#runCount * HOUR_MS).toISOString().replace(/\D/g, '').slice(0, 14)
    const life = new Life(scheduler, `server ${this.#runCount}`)
    scheduler.note(`run ${run}`)
    const work = runStorage({
      run, clock: life.clock, disk: this.#disk.mount(life), catalog: this.#catalogOf(life), random, places: this.#places, oracle: this.#oracle, dumpBytesMax: this.#dumpBytesMax,
      level: (name) => (this.faults.rate === 0 || (this.#runCount + STORAGE_DISKS.indexOf(name)) % 3 === 0 || random.int(3) === 0 ? 0 : 1),
      state: (name) => scheduler.state(name),
      promised: async (id, what) => {
        scheduler.note(`${id} ${what}`)
        await this.#verify(what, id)
      },
    })
    let result: readonly string[] | Fault | undefined
    let failure: unknown
    work.then(
      (outcomes) => (result = outcomes),
      (error: unknown) => {
        const fault = faultOf(error)
        if (fault.code === 'internal' || error instanceof Error && error.name === 'InvariantFailure') failure = error
        else result = fault
      },
    )
    await scheduler.until(`the end of run ${run}`, scheduler.time.nowMs + HOUR_MS, () => failure !== undefined || result !== undefined || !life.isAlive)
    if (failure !== undefined) throw failure
    life.end()
    await this.#verify(this.faults.isCrashed ? 'after the crash' : 'after the run')
    if (!(result instanceof Fault)) return result ?? []
    scheduler.note(`the run ended with ${result.code}: ${result.message}`)
    scheduler.state(`run failed ${result.code}`)
    if (!this.faults.isDisturbed && !this.faults.isCrashed) fail(`a run failed without a fault: ${result.code} ${result.message}`)
    return []
  }

  async #verify(when: string, only?: DumpId): Promise<void> {
    await this.#oracle.verify(this.#disk.image, inPlaceCatalog(this.#sqlite), when, only)
  }

  async #betweenRuns(): Promise<void> {
    const { scheduler } = this
    this.faults.heal()
    if (!scheduler.chance(4)) return
    const paths = [...this.#disk.image.files().keys()].filter((path) => /^\/holding\/.*\d\d\d\d\d\d\/client|^\/vtapes\/slot\d+\/0000[1-9]/.test(path))
    if (paths.length === 0) return
    const path = scheduler.pick(paths)
    this.#disk.flipBit(path)
    scheduler.fault('bit flip', await this.#oracle.damaged(path, this.#disk.image, inPlaceCatalog(this.#sqlite)))
  }

  /** The catalog as a process sees it: its transactions are whole and durable, but take time, in which the process may end. */
  #catalogOf(life: Life): Catalog {
    const catalog = inPlaceCatalog(this.#sqlite)
    return new Proxy(catalog, {
      get: (target, name: Exclude<keyof Catalog, symbol>) => {
        const method = target[name] as (...args: readonly unknown[]) => Promise<unknown>
        return (...args: readonly unknown[]) =>
          new Promise((resolve, reject) => {
            life.later(name.startsWith('put') || name.startsWith('erase') ? 2 : 0, () => {
              const before = name === 'eraseVolume' ? this.#oracle.erased(String(args[0]), catalog) : Promise.resolve()
              before.then(() => method.apply(target, [...args])).then(resolve, reject)
            })
          })
      },
    })
  }
}

export const storageWorld: SimWorld = {
  name: 'storage',
  summary: 'holding area, taper, volumes and catalog on a disk that forgets, fills up, fails, flips bits and loses power',
  states: ['dump committed', 'dump done', 'recovered completed', 'recovered kept-partial', 'recovered removed', 'leftover complete', 'leftover partial', 'leftover failed', 'leftover already taped', 'partial kept', 'taping taped', 'taping skipped', 'taper volume-started', 'taper part-rewritten', 'taper volume-refused', TAPER_ROW_WITHOUT_DRIVER],
  plants: EARLY_SYNC_PLANTS,
  faultsMin: FAULTS_MIN,
  run(seed, plant) {
    const runs = new StorageRuns(seed, 140 * KIB, plant)
    return guarded(runs.scheduler, seed, async () => {
      await runs.setUp()
      await runs.playSeeded()
    })
  },
}

/** The small runs that are cut: this many bytes a dump at most. */
const SMALL_BYTES = 90 * KIB

async function countChanges(): Promise<number> {
  const runs = new StorageRuns(1, SMALL_BYTES)
  await runs.setUp()
  await runs.cleanRun()
  await runs.cleanRun()
  return runs.faults.changes
}

export const powercutStorageWorld: SimWorld = {
  name: 'powercut-storage',
  summary: 'the storage world without other faults, and a power cut at each write, rename, sync and other change of the disk in turn',
  states: ['recovered completed', 'recovered kept-partial', 'recovered removed', 'leftover already taped'],
  plants: COMMIT_PLANTS,
  faultsMin: 1,
  async count() {
    return scheduleCount(await countChanges())
  },
  async run(seed, plant) {
    const total = await (changesOnce ??= countChanges())
    const runs = new StorageRuns(1, SMALL_BYTES, plant)
    runs.faults.cut = plannedCut(seed, total)
    return guarded(runs.scheduler, seed, async () => {
      await runs.setUp()
      for (let count = 0; count < 4; count++) await runs.cleanRun()
    })
  },
}

let changesOnce: Promise<number> | undefined
