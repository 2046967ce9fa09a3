// The planner of a run over an Amanda configuration: Amanda's own, with the memory of each disk from curinfo, volumes from the tapelist and words for log and trace. What its
// clients could not tell is left out as stock Amanda does. One object plans one run: it is asked which levels to estimate, then for the plan.

import { Fault } from '../../kernel/fault.ts'
import type { DiskInfo } from '../../wire/amanda/curinfo.ts'
import { quoteString } from '../../wire/amanda/quote.ts'
import type { RunLogEntry } from '../../wire/amanda/run-log.ts'
import { planRun, setUpRun, type Estimated, type LeftOutDisk, type Schedule, type ScheduledDump, type SetUpRun } from './amanda/amanda-planner.ts'
import type { DlePlan } from './amanda/dle-plan.ts'
import { nameOf, type CycleFacts, type DleFacts, type PlannerFacts, type TapeFacts } from './amanda/facts.ts'
import { spoken } from './amanda/planner-words.ts'
import { estimateOnServer } from './amanda/server-estimate.ts'
import { dleFacts } from './catalog-planner.ts'
import type { DiskListEntry } from '../../config/resolved.ts'
import type { Plan, PlannedDump, PlannedSkip, PlannerDisk, PlannerInput, PlannerRules } from './contract.ts'
import { baseOf } from './history.ts'

export interface CurinfoFacts {
  readonly datestamp: string
  readonly nowS: number
  readonly cycle: CycleFacts
  readonly tapes: TapeFacts
  /** The disks of the run, in the order of the disklist; those of strategy skip are not among them. */
  readonly disks: readonly { readonly entry: DiskListEntry; readonly info: DiskInfo | undefined }[]
  readonly bump: PlannerRules['bump']
}

/** Why no level of a disk is known, in the words of stock Amanda's planner. */
interface NoEstimate {
  readonly disk: PlannerDisk
  readonly words: string
}

export class CurinfoPlanner {
  readonly #facts: PlannerFacts
  readonly #setUp: SetUpRun
  readonly #setUpTrace: readonly string[]
  readonly #byName: ReadonlyMap<string, DlePlan>

  constructor({ datestamp, nowS, cycle, tapes, disks, bump }: CurinfoFacts) {
    this.#facts = { datestamp, nowS, cycle, tapes, disks: disks.map(({ entry, info }) => ({ dle: ofCurinfo(entry, bump), info })) }
    this.#setUp = setUpRun(this.#facts)
    this.#setUpTrace = [...this.#setUp.words.trace]
    this.#byName = new Map(this.#setUp.plans.map((plan) => [nameOf(plan.dle), plan]))
  }

  /** What the planner says before it asks the clients. */
  get setUpTrace(): readonly string[] {
    return this.#setUpTrace
  }

  /** Disks that are not part of the run, with what their memory becomes. */
  get leftOut(): readonly LeftOutDisk[] {
    return this.#setUp.leftOut
  }

  /** Levels whose sizes are needed. */
  levelsOf(entry: Pick<DiskListEntry, 'host' | 'disk'>): readonly number[] {
    return this.#byName.get(nameOf(entry))?.asked ?? []
  }

  plan({ disks }: PlannerInput): Plan {
    const failed: NoEstimate[] = []
    const estimates: Estimated[] = []
    const byName = new Map(disks.map((disk) => [nameOf(disk.entry), disk]))
    for (const disk of disks) {
      const plan = this.#byName.get(nameOf(disk.entry))
      if (plan === undefined) continue
      const estimate = estimateOf(disk, plan, this.#facts.cycle.tapeKib)
      if (estimate.sizes.size > 0) estimates.push(estimate)
      else failed.push({ disk, words: wordsOfFailure(disk) })
    }
    const schedule = planRun(this.#facts, this.#setUp, estimates)
    const entryOf = (dle: DleFacts): PlannerDisk => {
      const disk = byName.get(nameOf(dle))
      if (disk === undefined) throw new Fault('internal', `${nameOf(dle)} is not in the plan`)
      return disk
    }
    const dumps = schedule.dumps.map((dump): PlannedDump => {
      const { entry, history } = entryOf(dump.dle)
      const base = baseOf(history, dump.level)
      return { entry, level: dump.level, ...(base === undefined || dump.level === 0 ? {} : { baseRun: base.run }), estimatedBytes: dump.sizeKib * 1024, reason: dump.reason, priority: dump.priority, rateKib: dump.rateKib, ...(dump.level === 0 ? { degraded: insteadOf(dump.degraded) } : {}) }
    })
    return { dumps, skips: [...this.#skips(schedule, entryOf), ...failed.map(failedSkip)], notes: [], words: this.#words(schedule, estimates, failed, disks) }
  }

  #skips(schedule: Schedule, entryOf: (dle: DleFacts) => PlannerDisk): PlannedSkip[] {
    return schedule.leftOut.map(({ dle, kind, message }): PlannedSkip => ({ entry: entryOf(dle).entry, kind, code: kind === 'skipped' ? 'strategy-skip' : 'no-base', reason: message, isLogged: true }))
  }

  #words(schedule: Schedule, estimates: readonly Estimated[], failed: readonly NoEstimate[], disks: readonly PlannerDisk[]): NonNullable<Plan['words']> {
    const { datestamp } = this.#facts
    const rest = schedule.trace.slice(this.#setUpTrace.length)
    const results = disks.flatMap((disk): string[] => {
      const asked = this.levelsOf(disk.entry)
      const sizes = disk.estimates
      return asked.length === 0 || disk.estimateFault !== undefined ? [] : [`got result for host ${disk.entry.host} disk ${quoteString(disk.entry.disk)}: ${sizeWords(asked, sizes)}`]
    })
    const errors = failed.map(({ disk: { entry }, words }) => `error result for host ${entry.host} disk ${quoteString(entry.disk)}: ${words}`)
    const row = (index: number, { host, disk }: Pick<DiskListEntry, 'host' | 'disk'>): string => `${String(index).padStart(3)}: ${host.padEnd(10)} ${quoteString(disk)}`
    const queues = [
      ...(failed.length === 0 ? ['FAILED QUEUE: empty'] : ['FAILED QUEUE:', ...failed.map(({ disk }, index) => row(index, disk.entry))]),
      ...(estimates.length === 0 ? ['DONE QUEUE: empty'] : ['DONE QUEUE:', ...estimates.map(({ plan }, index) => row(index, plan.dle))]),
      ...failed.map(({ disk: { entry }, words }) => `planner: FAILED ${entry.host} ${quoteString(entry.disk)} ${datestamp} 0 "[${words}]"`),
    ]
    const entries: RunLogEntry[] = failed.flatMap(({ disk: { entry }, words }): RunLogEntry[] => [
      { type: 'FAIL', program: 'planner', text: `${entry.host} ${quoteString(entry.disk)} ${datestamp} 0 ${quoteString(`[${words}] `).replace(/ "$/, '"')}` },
    ])
    const lost = new Map(disks.flatMap(({ entry, estimateFault }) => (estimateFault?.isUnreachable === true ? [[entry.host, `Request to ${entry.host} failed: ${estimateFault.message}`] as const] : [])))
    for (const text of lost.values()) entries.unshift({ type: 'ERROR', program: 'planner', text })
    return { results: [...results, ...errors], trace: [...queues, '', ...rest], entries: [...schedule.entries, ...entries], schedule: schedule.dumps.map((dump) => ({ ...dump, host: dump.dle.host, disk: dump.dle.disk, datestamp })) }
  }
}

/** What Amanda expects of a disk that is compressed and that it knows nothing of yet. */
const RATIO = 0.5

function ofCurinfo(entry: DiskListEntry, bump: PlannerRules['bump']): DleFacts {
  const { expectedRatios: _expectedRatios, ...facts } = dleFacts(entry, bump)
  return { ...facts, expectedRatios: entry.compress.kind === 'none' ? undefined : (entry.expectedRatios ?? { full: RATIO, incremental: RATIO }) }
}

/** A level that nobody has told has -3; places that were not asked for are level -1. */
function sizeWords(asked: readonly number[], sizes: ReadonlyMap<number, number>): string {
  return [0, 1, 2].map((at) => {
    const level = asked[at] ?? -1
    const bytes = sizes.get(level)
    return `${level} -> ${bytes === undefined ? -3 : Math.ceil(bytes / 1024)}K`
  }).join(', ')
}

/** What is left to the server is looked up; what is not known there is a guess. */
function estimateOf(disk: PlannerDisk, plan: DlePlan, tapeKib: number): Estimated {
  const sizes = new Map<number, number>()
  const guessed = new Set<number>()
  for (const level of plan.asked) {
    const bytes = disk.estimates.get(level)
    if (bytes !== undefined) sizes.set(level, Math.ceil(bytes / 1024))
    else if (disk.entry.estimate === 'server' && disk.estimateFault === undefined) {
      const { kib, isGuess } = estimateOnServer(plan.info, level, tapeKib)
      if (isGuess) guessed.add(level)
      sizes.set(level, kib)
    }
  }
  return { plan, sizes, guessed }
}

function insteadOf(degraded: ScheduledDump['degraded']): NonNullable<PlannedDump['degraded']> {
  return 'message' in degraded ? degraded : { level: degraded.level, rateKib: degraded.rateKib, estimatedBytes: degraded.sizeKib * 1024 }
}

function wordsOfFailure({ entry, estimateFault }: PlannerDisk): string {
  if (estimateFault?.isUnreachable === true) return `Request to ${entry.host} failed: ${estimateFault.message}`
  return estimateFault?.message ?? `disk ${spoken(entry).slice(entry.host.length + 1)}, all estimate failed`
}

function failedSkip({ disk: { entry, estimateFault }, words }: NoEstimate): PlannedSkip {
  return { entry, kind: 'failed', code: estimateFault?.code ?? 'agent-error', reason: words, isLogged: true }
}
