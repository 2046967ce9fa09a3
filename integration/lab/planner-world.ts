// A configuration, the memory of its disks, its volumes and the sizes clients would tell: made from a seed, as facts for our planner and
// as files for stock Amanda's. The seeds together meet all rules of the planner.

import { seededRandom } from '../../src/kernel/random.ts'
import type { CycleFacts, DleFacts, PlannerFacts, Strategy } from '../../src/server/planner/amanda/facts.ts'
import { runsPerCycleOf, type RunsPerCycleSettings } from '../../src/server/planner/amanda/runs-per-cycle.ts'
import { formatInfo, INFO_COMMANDS, type DiskInfo, type InfoDump, type InfoStats } from '../../src/wire/amanda/curinfo.ts'
import { quoteString, sanitiseFileName } from '../../src/wire/amanda/quote.ts'
import { formatTapelist, type TapelistEntry } from '../../src/wire/amanda/tapelist.ts'

export const WORLD_NOW_S = Date.UTC(2026, 10, 27, 20, 0, 0) / 1000
/** Of the configuration, and so of its storage and pool. */
export const WORLD_NAME = 'world'
export const WORLD_DATESTAMP = '20261127200000'
const DAY_S = 86_400

export interface WorldDisk {
  readonly dle: DleFacts
  readonly info: DiskInfo | undefined
  readonly isLeftToServer: boolean
  /** What the client would say: KiB by level; −1: it cannot tell. */
  readonly sizes: ReadonlyMap<number, number>
  /** It is in the disklist, and not dumped. */
  readonly isIgnored: boolean
  readonly isSkipped: boolean
}

export interface PlannerWorld {
  readonly seed: number
  readonly settings: RunsPerCycleSettings
  readonly facts: PlannerFacts
  readonly disks: readonly WorldDisk[]
}

class Dice {
  readonly #random
  constructor(seed: number) {
    this.#random = seededRandom(seed)
  }
  /** A whole number below `limit`. */
  below(limit: number): number {
    return this.#random.int(limit)
  }
  between(low: number, high: number): number {
    return low + this.below(high - low + 1)
  }
  pick<T>(values: readonly T[]): T {
    const value = values[this.below(values.length)]
    if (value === undefined) throw new Error('nothing to pick from')
    return value
  }
  is(percent: number): boolean {
    return this.below(100) < percent
  }
}

const STRATEGIES: readonly Strategy[] = ['nofull', 'noinc', 'incronly', 'standard']

/** How worlds differ: what happens seldom in one kind happens often in another. */
interface WorldKind {
  /** Percent of disks with something out of the ordinary: another strategy, another cycle, an order, a memory that is lost. */
  readonly odd: number
  /** The volume of a run, in percent of all full dumps. */
  readonly tapePercents: readonly number[]
  /** Oldest last full dump of an ordinary disk, in percent of its cycle. */
  readonly agePercent: number
}

const KINDS: readonly WorldKind[] = [
  { odd: 12, tapePercents: [2, 5, 10, 20, 40, 100, 300], agePercent: 130 },
  { odd: 30, tapePercents: [2, 10, 40, 300], agePercent: 150 },
  { odd: 2, tapePercents: [60, 100, 300], agePercent: 90 },
  { odd: 3, tapePercents: [10, 20, 30], agePercent: 160 },
]

function dleOf(dice: Dice, kind: WorldKind, host: string, disk: string, dumpCycleDays: number): DleFacts {
  return {
    host, disk, priority: dice.pick([0, 1, 1, 1, 2]), strategy: dice.is(kind.odd) ? dice.pick(STRATEGIES) : 'standard', dumpCycleDays: dice.is(kind.odd) ? dice.pick([0, 1, 3, 7, 14, 30]) : dumpCycleDays,
    maxPromoteDay: dice.is(kind.odd) ? dice.between(0, 4) : 10_000,
    bump: { days: dice.pick([1, 1, 2, 3]), kib: dice.pick([100, 10_240, 50_000]), percent: dice.pick([0, 0, 5, 20, 100]), multiplier: dice.pick([1, 1.5, 2, 4]) },
    expectedRatios: dice.is(40) ? { full: dice.pick([0.5, 0.25, 1]), incremental: dice.pick([0.5, 0.75, 1]) } : undefined,
    isFullSkipped: dice.is(kind.odd / 2), isIncrementalSkipped: dice.is(kind.odd / 2), isSplit: dice.is(80), levelMax: 399,
  }
}

/** Dumps as a planner would have made them in the past, and then what may have been lost of their memory. */
function infoOf(dice: Dice, kind: WorldKind, dle: DleFacts, fullKib: number, labels: readonly string[]): DiskInfo | undefined {
  if (dice.is(kind.odd)) return undefined
  const age = dice.between(1, dice.is(kind.odd) ? 60 : Math.max(1, Math.trunc((dle.dumpCycleDays * kind.agePercent) / 100)))
  const history: InfoDump[] = []
  const stats = new Map<number, InfoStats>()
  let level = 0
  let runs = 0
  let last: DiskInfo['last']
  const cycles = dice.between(0, 2)
  for (let days = age + cycles * Math.max(1, dle.dumpCycleDays); days >= 1; days -= dice.is(90) ? 1 : 2) {
    const isFull = dle.strategy === 'noinc' || history.length === 0 || (days - age) % Math.max(1, dle.dumpCycleDays) === 0
    if (dle.strategy === 'nofull') level = 1
    else if (isFull) level = 0
    else if (level === 0) level = 1
    else if (dice.is(15)) level++
    runs = last?.level === level ? runs + 1 : 1
    const sizeKib = Math.max(1, Math.trunc(level === 0 ? (fullKib * dice.between(90, 110)) / 100 : (fullKib * dice.between(1, 60)) / 100 / level))
    const storedKib = dle.expectedRatios === undefined ? sizeKib : Math.max(1, Math.trunc((sizeKib * dice.between(20, 115)) / 100))
    const dateS = WORLD_NOW_S - days * DAY_S + dice.between(-7200, 7200)
    const seconds = dice.between(0, 300)
    history.unshift({ level, sizeKib, storedKib, dateS, seconds })
    const label = labels[days - 1]
    stats.set(level, { level, sizeKib, storedKib, seconds, dateS, ...(label === undefined || dice.is(5) ? {} : { place: { fileNumber: dice.between(1, 20), label } }) })
    last = { level, runs }
  }
  const rates = (): number[] => Array.from({ length: dice.between(0, 3) }, () => dice.between(0, 40_000) / 10)
  const ratios = (): number[] => (dle.expectedRatios === undefined ? [] : Array.from({ length: dice.between(0, 3) }, () => dice.between(5, 130) / 100))
  const orders = Object.values(INFO_COMMANDS)
  return {
    command: dice.is(kind.odd) ? dice.pick(orders) : 0,
    full: { rates: rates(), ratios: ratios() },
    incremental: { rates: rates(), ratios: ratios() },
    stats: dice.is(kind.odd / 3) ? [] : [...stats.values()].toSorted((a, b) => a.level - b.level),
    ...(last === undefined || dice.is(kind.odd / 3) ? {} : { last }),
    history: dice.is(kind.odd / 2) ? [] : history,
  }
}

function tapelistOf(dice: Dice): TapelistEntry[] {
  const count = dice.pick([0, 3, 8, 15, 30])
  return Array.from({ length: count }, (_, index) => {
    const date = new Date((WORLD_NOW_S - (index + 1) * DAY_S) * 1000).toISOString()
    return { datestamp: `${date.slice(0, 10).replaceAll('-', '')}200000`, label: `T${String(index + 1).padStart(3, '0')}`, isReusable: true, pool: WORLD_NAME, storage: WORLD_NAME, config: WORLD_NAME }
  })
}

function diskOf(dice: Dice, kind: WorldKind, host: string, disk: string, dumpCycleDays: number, labels: readonly string[]): WorldDisk & { fullKib: number } {
  const fullKib = dice.pick([500, 5000, 50_000, 500_000, 2_000_000]) + dice.below(100_000)
  const dle = dleOf(dice, kind, host, disk, dumpCycleDays)
  const sizes = new Map<number, number>([[0, fullKib]])
  for (let level = 1; level <= 9; level++) sizes.set(level, Math.max(1, Math.trunc((fullKib * dice.between(1, 70)) / 100 / (dice.is(60) ? level : 1))))
  if (dice.is(kind.odd / 2)) sizes.set(dice.between(0, 2), -1)
  return { dle, info: infoOf(dice, kind, dle, fullKib, labels), isLeftToServer: dice.is(60), sizes, isIgnored: dice.is(kind.odd / 4), isSkipped: dice.is(kind.odd / 4), fullKib }
}

export function plannerWorld(seed: number): PlannerWorld {
  const dice = new Dice(seed)
  const kind = dice.pick(KINDS)
  const dumpCycleDays = dice.pick([1, 3, 7, 7, 7, 10, 14, 30])
  const tapelist = tapelistOf(dice)
  const labels = tapelist.map(({ label }) => label)
  const hosts = Array.from({ length: dice.between(1, 6) }, (_, index) => `client${index + 1}`)
  const names = ['/', '/home', '/var', '/srv/data', 'C:/Users', 'my b', '/opt', '/usr', '/data1', '/data2', '/data3', '/data4']
  const perHost = dice.pick([1, 3, 6, 12])
  const all = hosts.flatMap((host) => names.slice(0, dice.between(1, perHost)).map((disk) => diskOf(dice, kind, host, disk, dumpCycleDays, labels)))
  // Stock's planner gives up when no disk is left.
  const disks = all.map((disk, index) => (index === 0 ? { ...disk, isIgnored: false, isSkipped: false } : disk))
  const fullsKib = disks.reduce((sum, { fullKib }) => sum + fullKib, 0)
  const runTapes = dice.pick([1, 1, 2, 3])
  const tapeKib = Math.max(2000, Math.trunc((fullsKib * dice.pick(kind.tapePercents)) / 100))
  const settings = { runsPerCycle: dice.pick([0, 0, -1, 1, 3, 5, 7]), dumpCycleDays, runTapes, tapeCycle: dice.pick([2, 5, 10, 15, 30]) }
  const cycle: CycleFacts = {
    dumpCycleDays, runsPerCycle: runsPerCycleOf(settings, tapelist, WORLD_NOW_S), runTapes, tapeKib, filemarkKib: dice.pick([0, 1, 100]), blockKib: dice.pick([32, 32, 64, 256]),
    maxDumpKib: dice.is(10) ? Math.trunc(tapeKib * 1.5) : undefined, mustFit: true,
  }
  const facts = { datestamp: WORLD_DATESTAMP, nowS: WORLD_NOW_S, cycle, tapes: { tapelist, retainedTapes: settings.tapeCycle - 1 }, disks: disks.filter(({ isIgnored, isSkipped }) => !isIgnored && !isSkipped) }
  return { seed, settings, facts, disks }
}

const yes = (value: boolean): string => (value ? 'yes' : 'no')

function dumptypeText({ dle, isLeftToServer, isIgnored, isSkipped }: WorldDisk, index: number, port: number): string {
  const { bump, expectedRatios } = dle
  return `define dumptype d${index} {
    program "GNUTAR"
    auth "bsdtcp"
    client-port "${port}"
    index no
    estimate ${isLeftToServer ? 'server' : 'client'}
    compress ${expectedRatios === undefined ? 'none' : 'server fast'}
${expectedRatios === undefined ? '' : `    comprate ${expectedRatios.full.toFixed(2)} ${expectedRatios.incremental.toFixed(2)}\n`}    priority ${['low', 'medium', 'high'][dle.priority]}
    strategy ${isSkipped ? 'skip' : dle.strategy}
    ignore ${yes(isIgnored)}
    dumpcycle ${dle.dumpCycleDays}
    maxpromoteday ${dle.maxPromoteDay}
    bumpdays ${bump.days}
    bumpsize ${bump.kib} kb
    bumppercent ${bump.percent}
    bumpmult ${bump.multiplier.toFixed(1)}
    skip-full ${yes(dle.isFullSkipped)}
    skip-incr ${yes(dle.isIncrementalSkipped)}
    allow-split ${yes(dle.isSplit)}
}
`
}

/** Files below a directory for stock Amanda: names and texts. Clients answer at `port`. */
export function filesOfWorld(world: PlannerWorld, dir: string, port: number): Map<string, string> {
  const { cycle, tapes } = world.facts
  const conf = `org "world"
dumpuser "backup"
mailto ""
infofile "${dir}/curinfo"
logdir "${dir}/log"
indexdir "${dir}/index"
tapelist "${dir}/tapelist"
diskfile "${dir}/disklist"
tpchanger "chg-disk:${dir}/vtapes"
tapetype T
dumpcycle ${cycle.dumpCycleDays}
runspercycle ${world.settings.runsPerCycle}
tapecycle ${world.settings.tapeCycle}
runtapes ${cycle.runTapes}
ctimeout 20
etimeout 20
${cycle.maxDumpKib === undefined ? '' : `maxdumpsize ${cycle.maxDumpKib} kb\n`}define tapetype T {
    length ${cycle.tapeKib} kb
    filemark ${cycle.filemarkKib} kb
    blocksize ${cycle.blockKib} kb
}
`
  const files = new Map([
    ['amanda.conf', conf + world.disks.map((disk, index) => dumptypeText(disk, index, port)).join('')],
    ['disklist', world.disks.map(({ dle }, index) => `${dle.host} ${quoteString(dle.disk)} d${index}\n`).join('')],
    ['tapelist', formatTapelist(tapes?.tapelist ?? [])],
  ])
  for (const { dle, info } of world.disks) if (info !== undefined) files.set(`curinfo/${dle.host}/${sanitiseFileName(dle.disk)}/info`, formatInfo(info))
  return files
}
