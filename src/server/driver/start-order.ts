// Which of the dumps that may start is started. As Amanda's `dumporder`: each dumper has a letter and takes the dump that is first by it, but
// never one of a lower priority (of its disk, not of the plan) than another that may start. Without an order the plan's stays. Pure.

import type { Job } from './driver-state.ts'
import { BLOCK_BYTES } from './holding-allocation.ts'

/** Small letters take the smallest first, capitals the largest: size, time, bandwidth. */
const MEASURES: Readonly<Record<string, (job: Job) => number>> = { s: blocksOf, t: secondsOf, b: ({ rateKib }) => rateKib ?? RATE_KIB_UNKNOWN }
/** Of Amanda's planner: a dump that was never made before. */
export const RATE_KIB_UNKNOWN = 1024
/** Dumpers beyond the word begin with short dumps; those after them keep to the long ones. */
const SHORT_FIRST_DUMPERS = 3

function bytesOf(job: Job): number {
  return job.estimatedBytes ?? 0
}

/** As the holding disks count: what differs by less is as large. */
function blocksOf(job: Job): number {
  return Math.ceil(bytesOf(job) / BLOCK_BYTES)
}

function secondsOf(job: Job): number {
  return Math.trunc(bytesOf(job) / 1024 / Math.max(1, job.rateKib ?? RATE_KIB_UNKNOWN))
}

function letterOf(dumpOrder: string, dumper: number): string {
  return dumpOrder[dumper] ?? (dumper < SHORT_FIRST_DUMPERS ? 't' : 'T')
}

/** The one of `candidates`, which are in the order of the jobs, that `dumper` takes; of those that go straight to a volume, by its letter alone. */
export function firstFor<Candidate extends { readonly job: Job }>(candidates: readonly Candidate[], dumpOrder: string | undefined, dumper: number, isByPriority = true): Candidate | undefined {
  if (dumpOrder === undefined) return candidates[0]
  const letter = letterOf(dumpOrder, dumper)
  let best: Candidate | undefined
  for (const candidate of candidates) {
    if (best === undefined || isBefore(candidate.job, best.job, letter, isByPriority)) best = candidate
  }
  return best
}

/** Of two that are equal, the one that comes first among the jobs stays. */
function isBefore(job: Job, other: Job, letter: string, isByPriority: boolean): boolean {
  const priority = (job.spec.priority ?? 0) - (other.spec.priority ?? 0)
  if (isByPriority && priority !== 0) return priority > 0
  const measure = MEASURES[letter.toLowerCase()]
  if (measure === undefined) return false
  const difference = measure(job) - measure(other)
  return letter === letter.toLowerCase() ? difference < 0 : difference > 0
}
