// The service sendsize: estimates, at most `maxdumps` disks at once and never two of one spindle. Every result is told at once in a PREP
// that repeats all before it, so that a slow disk does not hide the sizes of the others.

import { withTimeout } from '../kernel/clock.ts'
import { faultOf, type Fault } from '../kernel/fault.ts'
import type { IncomingRequest } from '../transport/contract.ts'
import type { Dle } from '../wire/amanda/dle.ts'
import { parseRequest } from '../wire/amanda/request.ts'
import { formatSendsizeReply, type EstimateLine } from '../wire/amanda/sendsize-reply.ts'
import type { DiskJob } from './application.ts'
import type { DiskScripts } from './scripts/disk-scripts.ts'
import type { ScriptPoint } from './scripts/script-points.ts'
import { diskJob, diskScripts, peerFeatures, type AgentContext } from './service-parts.ts'

export async function serveSendsize(request: IncomingRequest, context: AgentContext): Promise<void> {
  const { options, dles } = parseRequest(request.body)
  const sendsPartial = peerFeatures(options).has('partialEstimate')
  const lines: EstimateLine[] = []
  const tell = (line: EstimateLine): void => {
    lines.push(line)
    if (sendsPartial) request.prep(formatSendsizeReply(lines))
  }
  const disks = dles.map((dle) => ({ dle, scripts: diskScripts(dle, context), job: diskJob(dle, options, request.peer.host, context.clock) }))
  const hostFault = await runForHost('PRE-HOST-ESTIMATE', disks, request.signal, tell)
  try {
    // What the scripts should have prepared is not there: no size would be true.
    if (hostFault === undefined) await estimateAll(disks, request, context, options.maxDumps ?? 1, tell)
  } finally {
    await runForHost('POST-HOST-ESTIMATE', disks, new AbortController().signal, tell)
  }
  if (!request.signal.aborted) request.rep(formatSendsizeReply(lines))
}

type Tell = (line: EstimateLine) => void

interface DiskToEstimate {
  readonly dle: Dle
  readonly scripts: DiskScripts
  readonly job: DiskJob
}

function levelsOf(dle: Dle): number[] {
  return dle.levels.map(({ level }) => level)
}

/** The first failure of a script. Rejects only with what `tell` throws. */
async function runForHost(point: ScriptPoint, disks: readonly DiskToEstimate[], signal: AbortSignal, tell: Tell): Promise<Fault | undefined> {
  let first: Fault | undefined
  for (const { dle, scripts, job } of disks) {
    const { lines, complaints, faults } = await scripts.run(point, job, levelsOf(dle), signal)
    for (const text of [...lines, ...complaints]) tell({ kind: 'host-warning', text })
    // A failure after the estimate takes no size away.
    for (const { message: text } of faults) tell({ kind: point === 'PRE-HOST-ESTIMATE' ? 'host-error' : 'host-warning', text })
    first ??= faults[0]
  }
  return first
}

async function estimateAll(disks: readonly DiskToEstimate[], request: IncomingRequest, context: AgentContext, maxDumps: number, tell: Tell): Promise<void> {
  const waiting = [...disks]
  const busySpindles = new Set<number>()
  let wake: (() => void)[] = []
  const worker = async (): Promise<void> => {
    while (waiting.length > 0 && !request.signal.aborted) {
      const index = waiting.findIndex(({ dle }) => dle.spindle === undefined || dle.spindle < 0 || !busySpindles.has(dle.spindle))
      if (index < 0) {
        await new Promise<void>((resolve) => wake.push(resolve))
        continue
      }
      const [disk] = waiting.splice(index, 1)
      if (disk === undefined) return
      const { spindle = -1 } = disk.dle
      if (spindle >= 0) busySpindles.add(spindle)
      try {
        await estimateWithScripts(disk, request, context, tell)
      } catch (error) {
        // The server is not reached any more: nobody wants the other sizes.
        waiting.length = 0
        throw error
      } finally {
        busySpindles.delete(spindle)
        const sleepers = wake
        wake = []
        for (const resolve of sleepers) resolve()
      }
    }
  }
  await Promise.all(Array.from({ length: maxDumps }, worker))
}

/** Rejects only with what `tell` throws. */
async function estimateWithScripts(disk: DiskToEstimate, request: IncomingRequest, context: AgentContext, tell: Tell): Promise<void> {
  const { dle, scripts, job } = disk
  const levels = levelsOf(dle)
  const level = levels[0] ?? 0
  const run = async (point: ScriptPoint, signal: AbortSignal): Promise<Fault | undefined> => {
    const { lines, complaints, faults } = await scripts.run(point, job, levels, signal)
    for (const text of [...lines, ...complaints, ...faults.slice(1).map(({ message }) => message)]) tell({ kind: 'warning', disk: dle.disk, level, text })
    return faults[0]
  }
  try {
    const fault = await run('PRE-DLE-ESTIMATE', request.signal)
    if (fault === undefined) await estimateDisk(disk, request, context, tell)
    else for (const each of levels) tell({ kind: 'error', disk: dle.disk, level: each, text: fault.message })
  } finally {
    const fault = await run('POST-DLE-ESTIMATE', new AbortController().signal)
    if (fault !== undefined) tell({ kind: 'warning', disk: dle.disk, level, text: fault.message })
  }
}

/** All levels of one disk, one after the other. Rejects only with what `tell` throws. */
async function estimateDisk({ dle, scripts, job: asked }: DiskToEstimate, request: IncomingRequest, context: AgentContext, tell: Tell): Promise<void> {
  // A base belongs to one level; when several are asked, each builds on the newest dump below it.
  const baseRun = dle.levels.filter(({ level }) => level > 0).length === 1 ? dle.baseRun : undefined
  for (const { level, isServers } of dle.levels) {
    if (request.signal.aborted) return
    if (isServers) {
      tell({ kind: 'size', disk: dle.disk, level, sizeKib: -1 })
      continue
    }
    try {
      const job = scripts.adapt(asked)
      const application = await context.findApplication(dle, request.signal)
      const estimate = (signal: AbortSignal): Promise<number> => application.estimate({ ...job, level, baseRun: level === 0 ? undefined : baseRun }, signal)
      const sizeKib = await withTimeout(context.clock, context.settings.estimateTimeoutMs, `the estimate of ${dle.disk} at level ${level}`, estimate, request.signal)
      tell({ kind: 'size', disk: dle.disk, level, sizeKib })
    } catch (error) {
      const fault = faultOf(error)
      context.log.warn('an estimate failed', { disk: dle.disk, level, code: fault.code, reason: fault.message })
      // A level whose base is gone here is only not possible; the planner then takes another one.
      tell(fault.code === 'base-missing' ? { kind: 'size', disk: dle.disk, level, sizeKib: -2 } : { kind: 'error', disk: dle.disk, level, text: fault.message })
    }
  }
}
