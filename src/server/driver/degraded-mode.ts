// No volume can be written any more in this run. What is held stays there, and so that the holding disks last, full dumps that wait are made as
// incrementals where the planner has one, or not at all, once they would go into the share that is kept for incrementals (Amanda's `reserve`).

import { endUnstarted, jobsIn, setMode, type Draft } from './driver-draft.ts'
import type { FaultFacts, Job } from './driver-state.ts'

export function degrade(draft: Draft, fault: FaultFacts): void {
  if (draft.degraded !== undefined) return
  draft.degraded = fault
  draft.effects.push({ kind: 'degraded', fault })
  const { reservePercent } = draft.state.limits
  if (reservePercent !== undefined) keepReserve(draft, (draft.state.holdingTotalBytes / 100) * (100 - reservePercent), fault)
}

function keepReserve(draft: Draft, fullBytesMax: number, fault: FaultFacts): void {
  let fullBytes = 0
  for (const job of jobsIn(draft, 'waiting')) {
    if (job.level !== 0 || job.isDirect || job.spec.isForVault === true) continue
    const bytes = job.estimatedBytes ?? Number.POSITIVE_INFINITY
    if (fullBytes + bytes <= fullBytesMax) fullBytes += bytes
    else giveWay(draft, job, fault)
  }
}

function giveWay(draft: Draft, job: Job, fault: FaultFacts): void {
  const { degraded } = job.spec
  if (degraded === undefined || 'message' in degraded) return endUnstarted(draft, job, { ...fault, message: degraded?.message ?? fault.message })
  setMode(draft, job, job.mode, { level: degraded.level, estimatedBytes: degraded.estimatedBytes, rateKib: degraded.rateKib ?? job.rateKib })
}
