// Disks without a single complete dump, although there have been runs.

import { dumpsOf, wantedDisks, type ConfigCheck } from './facts.ts'

export const disksNeverDumped: ConfigCheck = (facts) =>
  facts.runs.some(({ status }) => status !== 'running')
    ? wantedDisks(facts).flatMap(({ host, disk }) => {
        const dumps = dumpsOf(facts, { host, disk })
        if (dumps.some(({ status }) => status === 'complete' || status === 'running')) return []
        const [last] = dumps
        return [{
          severity: 'error', code: 'disk-never-dumped', host, disk,
          message: last === undefined ? 'it has never been dumped: no run of the catalog has tried' : `it has never been dumped: ${dumps.length} tries, the last ended with "${last.message ?? last.faultCode ?? last.status}"`,
          next: `Run \`holdfast dump ${host} ${disk}\` and see what it says.`,
        }]
      })
    : []
