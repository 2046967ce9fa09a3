// Disks whose newest runs all failed. One failure is the business of that run's report; a row of them means that nobody reads it.

import type { DumpRecord } from '../../../catalog/contract.ts'
import { dumpsOf, wantedDisks, type ConfigCheck } from './facts.ts'

/** Failed runs in a row: one is bad luck, two a bad week-end. */
const FAILED_RUNS_MIN = 3

/** The newest runs of a disk, as long as none of them made a complete dump. */
function failedRuns(dumps: readonly DumpRecord[]): readonly (readonly DumpRecord[])[] {
  const runs = [...Map.groupBy(dumps.filter(({ status }) => status !== 'running'), ({ run }) => run).values()]
  const firstGood = runs.findIndex((run) => run.some(({ status }) => status === 'complete'))
  return firstGood < 0 ? runs : runs.slice(0, firstGood)
}

export const disksFailing: ConfigCheck = (facts) =>
  wantedDisks(facts).flatMap(({ host, disk }) => {
    const failed = failedRuns(dumpsOf(facts, { host, disk }))
    const last = failed[0]?.[0]
    if (failed.length < FAILED_RUNS_MIN || last === undefined) return []
    const details = failed.slice(0, FAILED_RUNS_MIN).map(([dump]) => `${dump?.run}: ${dump?.message ?? dump?.status} [${dump?.faultCode ?? 'no code'}]`)
    return [{ severity: 'error', code: 'disk-failing', host, disk, message: `its last ${failed.length} runs failed, the last with "${last.message ?? last.status}" [${last.faultCode ?? 'no code'}]`, next: 'Read what the failures have in common and mend that; `holdfast report` has the lines of the last run.', details }]
  })
