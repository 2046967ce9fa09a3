// Night after night of one configuration: 50 hosts with 10 disks each, a week's cycle. Disks change every day, each at its own pace, so that what an incremental dump would bring is known for any past.
// What a planner chose is dumped as far as the memory of the disks and the tapelist tell, and the next night is planned from that.

import type { DiskFacts, DleFacts, PlannerFacts } from '../../src/server/planner/amanda/facts.ts'
import { nameOf } from '../../src/server/planner/amanda/facts.ts'
import { seededRandom } from '../../src/kernel/random.ts'
import { infoAfterDump, infoAfterTape } from '../../src/server/amdump/info-update.ts'
import type { DiskInfo } from '../../src/wire/amanda/curinfo.ts'
import type { TapelistEntry } from '../../src/wire/amanda/tapelist.ts'
import { WORLD_NAME, WORLD_NOW_S, type PlannerWorld } from './planner-world.ts'

const DAY_S = 86_400
const CYCLE_DAYS = 7
const HOSTS = 50
const DISKS_OF_HOST = 10
const TAPE_CYCLE = 40
const LEVEL_MAX = 9
const RATE_KIB = 20_000

interface ChangingDisk {
  readonly dle: DleFacts
  readonly fullKib: number
  /** Share of it that is other after a day. */
  readonly dailyShare: number
}

export interface PlannedNight {
  readonly host: string
  readonly disk: string
  readonly level: number
}

export class PlannerNights {
  readonly #disks: readonly ChangingDisk[]
  readonly #infos = new Map<string, DiskInfo>()
  readonly #tapelist: TapelistEntry[] = []
  readonly #tapeKib: number
  readonly #seed: number
  #night = 0

  constructor(seed: number) {
    this.#seed = seed
    const random = seededRandom(seed)
    this.#disks = Array.from({ length: HOSTS * DISKS_OF_HOST }, (_, index): ChangingDisk => {
      const fullKib = [2000, 20_000, 200_000, 1_000_000][random.int(4)] ?? 2000
      return {
        dle: {
          host: `client${Math.floor(index / DISKS_OF_HOST) + 1}`, disk: `/data${(index % DISKS_OF_HOST) + 1}`, priority: random.int(3), strategy: 'standard', dumpCycleDays: CYCLE_DAYS, maxPromoteDay: 10_000,
          bump: { days: 1, kib: 10_240, percent: 20, multiplier: 1.5 }, expectedRatios: undefined, isFullSkipped: false, isIncrementalSkipped: false, isSplit: true, levelMax: LEVEL_MAX,
        },
        fullKib: fullKib + random.int(fullKib), dailyShare: (1 + random.int(60)) / 1000,
      }
    })
    const fulls = this.#disks.reduce((sum, { fullKib }) => sum + fullKib, 0)
    this.#tapeKib = Math.ceil((fulls / CYCLE_DAYS) * 1.6)
  }

  get nowS(): number {
    return WORLD_NOW_S + this.#night * DAY_S
  }

  get datestamp(): string {
    return new Date(this.nowS * 1000).toISOString().replaceAll(/\D/g, '').slice(0, 14)
  }

  /** The coming night as both planners are told it. */
  world(): PlannerWorld {
    const disks = this.#disks.map((disk) => ({ dle: disk.dle, info: this.#infos.get(nameOf(disk.dle)), isLeftToServer: false, sizes: this.#sizesOf(disk), isIgnored: false, isSkipped: false }))
    const facts: PlannerFacts = {
      datestamp: this.datestamp, nowS: this.nowS,
      cycle: { dumpCycleDays: CYCLE_DAYS, runsPerCycle: CYCLE_DAYS, runTapes: 1, tapeKib: this.#tapeKib, filemarkKib: 1, blockKib: 32, maxDumpKib: undefined, mustFit: true },
      tapes: { tapelist: [...this.#tapelist], retainedTapes: TAPE_CYCLE - 1 },
      disks: disks.map(({ dle, info }): DiskFacts => ({ dle, info })),
    }
    return { seed: this.#seed, settings: { runsPerCycle: CYCLE_DAYS, dumpCycleDays: CYCLE_DAYS, runTapes: 1, tapeCycle: TAPE_CYCLE }, facts, disks }
  }

  /** What changed since the newest dump below each level, by compound interest. */
  #sizesOf({ dle, fullKib, dailyShare }: ChangingDisk): Map<number, number> {
    const sizes = new Map([[0, fullKib]])
    const info = this.#infos.get(nameOf(dle))
    for (let level = 1; level <= LEVEL_MAX; level++) {
      const base = Math.max(0, ...(info?.stats ?? []).flatMap((one) => (one.level < level ? [one.dateS] : [])))
      if (base === 0) break
      const days = Math.max(0, this.nowS - base) / DAY_S
      sizes.set(level, Math.max(1, Math.trunc(fullKib * (1 - (1 - dailyShare) ** days))))
    }
    return sizes
  }

  /** The night is over: all of `planned` was dumped and is on one volume. Returns KiB. */
  dump(planned: readonly PlannedNight[]): number {
    const label = `N${String(this.#night + 1).padStart(3, '0')}`
    let totalKib = 0
    for (const [index, { host, disk, level }] of planned.entries()) {
      const found = this.#disks.find(({ dle }) => dle.host === host && dle.disk === disk)
      if (found === undefined) throw new Error(`${host}:${disk} is none of the disks`)
      const sizeKib = this.#sizesOf(found).get(level)
      if (sizeKib === undefined) throw new Error(`${host}:${disk} was planned at level ${level}, which has no size`)
      const dump = { level, sizeKib, storedKib: sizeKib, seconds: Math.max(1, Math.trunc(sizeKib / RATE_KIB)), dateS: this.nowS, isCompressed: false }
      this.#infos.set(nameOf(found.dle), infoAfterTape(infoAfterDump(this.#infos.get(nameOf(found.dle)), dump), dump, { label, fileNumber: index + 1 }))
      totalKib += sizeKib
    }
    this.#tapelist.unshift({ datestamp: this.datestamp, label, isReusable: true, pool: WORLD_NAME, storage: WORLD_NAME, config: WORLD_NAME })
    this.#night += 1
    return totalKib
  }
}
