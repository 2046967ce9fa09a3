// Generated runs for stock Amanda's driver and ours: hosts, disks with sizes and rates, limits, a dump order. The same world gives an
// amanda.conf with a schedule, and the limits and jobs of our driver.

import type { DumpId } from '../../src/catalog/contract.ts'
import { seededRandom, type Random } from '../../src/kernel/random.ts'
import type { DriverLimits, JobSpec } from '../../src/server/driver/driver-state.ts'
import { FLUSH_AT_ONCE } from '../../src/server/driver/flush-rules.ts'
import { formatScheduledDump } from '../../src/wire/amanda/schedule.ts'
import type { StockDriverFiles } from './stock-driver.ts'
import { STOCK_FEATURES } from './stock-planner.ts'

const KIB = 1024
const DATESTAMP = '20261123211358'

export interface WorldDump {
  readonly host: string
  readonly disk: string
  readonly kib: number
  readonly rateKib: number
  readonly priority: number
  readonly spindle: number
  readonly interface: string
}

export interface DriverWorld {
  readonly seed: number
  readonly random: Random
  readonly dumps: readonly WorldDump[]
  readonly parallelDumps: number
  readonly dumpOrder: string
  readonly maxDumps: number
  readonly interfaces: ReadonlyMap<string, number>
  readonly holdingKib: readonly number[]
  readonly tapeOrder: NonNullable<DriverLimits['flush']>['order']
  readonly volumeMib: number
}

const PRIORITIES = ['low', 'medium', 'high']
/** At what thresholds stock's driver begins a volume is not what its manual says, and not compared. */
const TAPE_ORDERS: readonly DriverWorld['tapeOrder'][] = ['first', 'largest', 'smallest', 'last']

export function driverWorld(seed: number): DriverWorld {
  const random = seededRandom(seed)
  const pick = <T>(items: readonly T[]): T => items[random.int(items.length)] as T
  const hosts = Array.from({ length: 1 + random.int(4) }, (_, index) => `host${index}`)
  // Amanda gives an interface to a host, whatever each of its disks says.
  const lines = new Map(hosts.map((host) => [host, pick(['default', 'line'])]))
  // Sizes and rates differ, so that no order is left to chance.
  const drawn = Array.from({ length: 4 + random.int(7) }, (_, index): Omit<WorldDump, 'interface'> => ({
    host: pick(hosts), disk: `/d${index}`, kib: 64 * (2 + random.int(60)) + index, rateKib: 50 + 17 * random.int(40) + index, priority: random.int(3), spindle: random.int(3) - 1,
  }))
  // As the planner gives them.
  const dumps = drawn.map((dump): WorldDump => ({ ...dump, interface: lines.get(dump.host) ?? '' })).toSorted((one, other) => other.priority - one.priority || other.kib - one.kib)
  const letters = Array.from({ length: random.int(5) }, () => pick(['s', 'S', 't', 'T', 'b', 'B']))
  return {
    seed, random, dumps,
    parallelDumps: 1 + random.int(4),
    dumpOrder: letters.join(''),
    maxDumps: 1 + random.int(3),
    interfaces: new Map([['default', pick([80_000, 900])], ['line', pick([80_000, 600])]]),
    // Where room is short there is one disk: the stand-in of the chunker does not go on to a second.
    holdingKib: pick([[200_000], [100_000, 150_000], [6976]]),
    tapeOrder: pick(TAPE_ORDERS),
    volumeMib: pick([900, 12]),
  }
}

/** For stock's driver; holding disks are below `dir`. */
export function filesOfDriverWorld(world: DriverWorld, dir: string): StockDriverFiles {
  const { dumps, parallelDumps, dumpOrder, maxDumps, interfaces, holdingKib, tapeOrder, volumeMib } = world
  const holding = holdingKib.map((kib, index) => `holdingdisk hd${index} {\n directory "${dir}/holding${index}"\n use ${kib} k\n chunksize 1 tbyte\n}\n`)
  const conf = `inparallel ${parallelDumps}
dumporder "${dumpOrder}"
maxdumps ${maxDumps}
netusage ${interfaces.get('default') ?? 0} k
runtapes 1
taperalgo ${tapeOrder}
tapetype VTAPE
define tapetype VTAPE {
 length ${volumeMib} mbytes
}
define interface line {
 use ${interfaces.get('line') ?? 0} k
}
${holding.join('')}${PRIORITIES.map((priority) => `define dumptype lab-${priority} {\n program "GNUTAR"\n auth "bsdtcp"\n compress none\n index no\n priority ${priority}\n}\n`).join('')}`
  const schedule = dumps.map(({ host, disk, kib, rateKib, priority }) =>
    formatScheduledDump({ host, disk, features: STOCK_FEATURES, datestamp: DATESTAMP, priority, level: 0, sinceS: 0, sizeKib: kib, storedKib: kib, seconds: Math.trunc(kib / rateKib), rateKib, degraded: { message: 'new disk' } }))
  return {
    datestamp: DATESTAMP,
    conf,
    disklist: dumps.map(({ host, disk, priority, spindle, interface: line }) => `${host} ${disk} lab-${PRIORITIES[priority]} ${spindle} ${line}\n`).join(''),
    schedule: `DATE ${DATESTAMP}\nENDFLUSH\n${schedule.join('\n')}\n`,
  }
}

export function idOf({ host, disk }: Pick<WorldDump, 'host' | 'disk'>): DumpId {
  return `${host}:${disk}` as DumpId
}

/** For ours. */
export function jobsOfDriverWorld(world: DriverWorld): { readonly limits: DriverLimits; readonly jobs: readonly JobSpec[] } {
  const { parallelDumps, dumpOrder, interfaces, maxDumps, tapeOrder, volumeMib } = world
  const limits: DriverLimits = { parallelDumps, retries: 1, dumpOrder, interfaces, reservePercent: 100, flush: { ...FLUSH_AT_ONCE, order: tapeOrder }, volumeBytes: volumeMib * KIB * KIB, volumesPerRun: 1 }
  const jobs = world.dumps.map((dump): JobSpec => ({ id: idOf(dump), host: dump.host, spindle: dump.spindle, maxDumps, holding: 'auto', level: 0, estimatedBytes: dump.kib * KIB, priority: dump.priority, rateKib: dump.rateKib, interface: dump.interface }))
  return { limits, jobs }
}
