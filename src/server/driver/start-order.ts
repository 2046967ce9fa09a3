// Which of the dumps that may start is started. As Amanda's `dumporder`: each dumper has a letter and takes the dump that is first by it, but
// never one of a lower priority than another that may start. Pure.

import type { Job } from './driver-state.ts'

/** Small letters take the smallest first, capitals the largest: size, time, bandwidth. */
const MEASURES: Readonly<Record<string, (job: Job) => number>> = { s: bytesOf, t: secondsOf, b: ({ rateKib }) => rateKib ?? RATE_KIB_UNKNOWN }
/** Of Amanda's planner: a dump that was never made before. */
export const RATE_KIB_UNKNOWN = 1024
/** Dumpers beyond the word begin with short dumps; those after them keep to the long ones. */
const SHORT_FIRST_DUMPERS = 3

function bytesOf(job: Job): number {
  return job.estimatedBytes ?? 0
}

function secondsOf(job: Job): number {
  return Math.trunc(bytesOf(job) / 1024 / Math.max(1, job.rateKib ?? RATE_KIB_UNKNOWN))
}

function letterOf(dumpOrder: string, dumper: number): string {
  return dumpOrder[dumper] ?? (dumper < SHORT_FIRST_DUMPERS ? 't' : 'T')
}

/** The one of `candidates`, which are in the order of the jobs, that `dumper` takes. */
export function firstFor<Candidate extends { readonly job: Job }>(candidates: readonly Candidate[], dumpOrder: string | undefined, dumper: number): Candidate | undefined {
  const letter = dumpOrder === undefined ? undefined : letterOf(dumpOrder, dumper)
  let best: Candidate | undefined
  for (const candidate of candidates) {
    if (best === undefined || isBefore(candidate.job, best.job, letter)) best = candidate
  }
  return best
}

/** Of two that are equal, the one that comes first among the jobs stays. */
function isBefore(job: Job, other: Job, letter: string | undefined): boolean {
  const priority = (job.spec.priority ?? 0) - (other.spec.priority ?? 0)
  if (priority !== 0) return priority > 0
  const measure = letter === undefined ? undefined : MEASURES[letter.toLowerCase()]
  if (measure === undefined || letter === undefined) return false
  const difference = measure(job) - measure(other)
  return letter === letter.toLowerCase() ? difference < 0 : difference > 0
}
