// The plain planner: a level for each disk by itself, then two looks at the run as a whole. Fulls that do not fit into the volumes of the
// run become incrementals, the least overdue first; when the run has few fulls and a coming day has many, one or some of
// those are made now. Amanda's full algorithm takes its place behind the same type. Pure.

import { chooseLevel, type DiskChoice } from './choose-level.ts'
import { storedRatio } from './history.ts'
import type { LevelChoice, Plan, PlannedDump, PlannedSkip, Planner, PlannerDisk, PlannerInput } from './contract.ts'

/** A run may have this much more than its share of fulls before nothing is promoted into it; Amanda's PROMOTE_THRESHOLD. */
const PROMOTE_TOLERANCE = 0.05
const PRIORITIES = { low: 0, medium: 1, high: 2 } as const

interface Candidate {
  readonly disk: PlannerDisk
  readonly daysToFull: number | undefined
  readonly isForced: boolean
  readonly alternative: LevelChoice | undefined
  choice: LevelChoice
}

/** Bytes on volumes; an unknown size counts as nothing. */
function storedBytes(candidate: Candidate, choice: LevelChoice = candidate.choice): number {
  return (choice.estimatedBytes ?? 0) * storedRatio(candidate.disk.history)
}

function fullBytes(candidate: Candidate): number {
  const estimated = candidate.choice.level === 0 ? candidate.choice.estimatedBytes : candidate.disk.estimates.get(0)
  return (estimated ?? candidate.disk.history.find((dump) => dump.level === 0)?.nativeBytes ?? 0) * storedRatio(candidate.disk.history)
}

function nameOf({ disk }: Candidate): string {
  return `${disk.entry.host}:${disk.entry.disk}`
}

/** Turns fulls into incrementals until the run fits, the least overdue first. What has no alternative stays and may wait on the holding disk. */
function delayFulls(candidates: readonly Candidate[], capacityBytes: number | undefined, notes: string[]): void {
  if (capacityBytes === undefined) return
  let total = candidates.reduce((sum, candidate) => sum + storedBytes(candidate), 0)
  const fulls = candidates.filter((candidate) => candidate.choice.level === 0 && candidate.alternative !== undefined && !candidate.isForced)
  for (const candidate of fulls.toSorted((a, b) => (b.daysToFull ?? 0) - (a.daysToFull ?? 0))) {
    if (total <= capacityBytes || candidate.alternative === undefined) continue
    total += storedBytes(candidate, candidate.alternative) - storedBytes(candidate)
    candidate.choice = { ...candidate.alternative, reason: `full is due but does not fit into the volumes of this run; ${candidate.alternative.reason}` }
    notes.push(`${nameOf(candidate)}: full dump delayed, the run is larger than its volumes`)
  }
  if (total > capacityBytes) notes.push(`the run needs about ${Math.round(total)} bytes and its volumes hold ${capacityBytes}; what does not fit stays on the holding disk`)
}

/** Makes fulls early from the most crowded of the coming days, while this run has less than its share. */
function promoteFulls(candidates: readonly Candidate[], input: PlannerInput, notes: string[]): void {
  const scheduled = candidates.filter((candidate) => candidate.daysToFull !== undefined)
  const share = scheduled.reduce((sum, candidate) => sum + fullBytes(candidate), 0) / Math.max(1, input.runsPerCycle)
  let fullsNow = scheduled.filter((candidate) => candidate.choice.level === 0).reduce((sum, candidate) => sum + fullBytes(candidate), 0)
  let total = candidates.reduce((sum, candidate) => sum + storedBytes(candidate), 0)
  const future = new Map<number, Candidate[]>()
  for (const candidate of scheduled) {
    const days = candidate.daysToFull ?? 0
    if (days > 0 && candidate.choice.level > 0 && !candidate.isForced && fullBytes(candidate) > 0) future.set(days, [...(future.get(days) ?? []), candidate])
  }
  const crowded = [...future].filter(([, day]) => day.length > 1).toSorted(([, a], [, b]) => dayBytes(b) - dayBytes(a))
  for (const [days, day] of crowded) {
    // One stays on its day: moving all of them would only move the crowd.
    for (const candidate of day.toSorted((a, b) => fullBytes(a) - fullBytes(b)).slice(1)) {
      const bytes = fullBytes(candidate)
      const grown = total + bytes - storedBytes(candidate)
      const isFirstToday = fullsNow === 0
      if (!isFirstToday && fullsNow + bytes > share * (1 + PROMOTE_TOLERANCE)) continue
      if (input.capacityBytes !== undefined && grown > input.capacityBytes) continue
      fullsNow += bytes
      total = grown
      candidate.choice = { level: 0, estimatedBytes: candidate.disk.estimates.get(0) ?? candidate.disk.history.find((dump) => dump.level === 0)?.nativeBytes, reason: `full promoted from ${days} days ahead, to spread the fulls` }
      notes.push(`${nameOf(candidate)}: full dump promoted from ${days} days ahead`)
    }
  }
}

function dayBytes(day: readonly Candidate[]): number {
  return day.reduce((sum, candidate) => sum + fullBytes(candidate), 0)
}

function plannedDump(candidate: Candidate): PlannedDump {
  const { entry } = candidate.disk
  const overdue = Math.max(0, -(candidate.daysToFull ?? 0))
  return { entry, ...candidate.choice, priority: PRIORITIES[entry.priority] + overdue + (candidate.isForced ? 1 : 0) }
}

/** By priority, then large before small, then by name, so that the same input always gives the same order. */
function startOrder(a: PlannedDump, b: PlannedDump): number {
  return b.priority - a.priority || (b.estimatedBytes ?? 0) - (a.estimatedBytes ?? 0) || (`${a.entry.host} ${a.entry.disk}` < `${b.entry.host} ${b.entry.disk}` ? -1 : 1)
}

export const simplePlanner: Planner = (input): Plan => {
  const skips: PlannedSkip[] = []
  const notes: string[] = []
  const candidates: Candidate[] = []
  for (const disk of input.disks) {
    const chosen: DiskChoice = chooseLevel(disk, input)
    if (chosen.kind === 'skip') {
      skips.push(chosen.skip)
      continue
    }
    candidates.push({ disk, daysToFull: chosen.daysToFull, isForced: chosen.isForced, alternative: chosen.alternative, choice: chosen.choice })
    if (disk.estimateFault !== undefined) notes.push(`${disk.entry.host}:${disk.entry.disk}: no estimate (${disk.estimateFault.message}); planned from its history`)
  }
  delayFulls(candidates, input.capacityBytes, notes)
  promoteFulls(candidates, input, notes)
  return { dumps: candidates.map(plannedDump).toSorted(startOrder), skips, notes }
}
