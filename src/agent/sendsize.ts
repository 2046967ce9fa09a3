// The service sendsize: estimates, at most `maxdumps` disks at once and never two of one spindle. Every result is told at once in a PREP
// that repeats all before it, so that a slow disk does not hide the sizes of the others.

import { withTimeout } from '../kernel/clock.ts'
import { faultOf } from '../kernel/fault.ts'
import type { IncomingRequest } from '../transport/contract.ts'
import type { Dle } from '../wire/amanda/dle.ts'
import { parseRequest } from '../wire/amanda/request.ts'
import { formatSendsizeReply, type EstimateLine } from '../wire/amanda/sendsize-reply.ts'
import { diskJob, peerFeatures, type AgentContext } from './service-parts.ts'

export async function serveSendsize(request: IncomingRequest, context: AgentContext): Promise<void> {
  const { options, dles } = parseRequest(request.body)
  const sendsPartial = peerFeatures(options).has('partialEstimate')
  const lines: EstimateLine[] = []
  const tell = (line: EstimateLine): void => {
    lines.push(line)
    if (sendsPartial) request.prep(formatSendsizeReply(lines))
  }
  const waiting = [...dles]
  const busySpindles = new Set<number>()
  let wake: (() => void)[] = []
  const worker = async (): Promise<void> => {
    while (waiting.length > 0 && !request.signal.aborted) {
      const index = waiting.findIndex((dle) => dle.spindle === undefined || dle.spindle < 0 || !busySpindles.has(dle.spindle))
      if (index < 0) {
        await new Promise<void>((resolve) => wake.push(resolve))
        continue
      }
      const [dle] = waiting.splice(index, 1)
      if (dle === undefined) return
      const { spindle = -1 } = dle
      if (spindle >= 0) busySpindles.add(spindle)
      try {
        await estimateDisk(dle, request, context, options, tell)
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
  await Promise.all(Array.from({ length: options.maxDumps ?? 1 }, worker))
  if (!request.signal.aborted) request.rep(formatSendsizeReply(lines))
}

/** All levels of one disk, one after the other. Rejects only with what `tell` throws. */
async function estimateDisk(dle: Dle, request: IncomingRequest, context: AgentContext, options: Parameters<typeof diskJob>[1], tell: (line: EstimateLine) => void): Promise<void> {
  const job = diskJob(dle, options, request.peer.host, context.clock)
  // A base belongs to one level; when several are asked, each builds on the newest dump below it.
  const baseRun = dle.levels.filter(({ level }) => level > 0).length === 1 ? dle.baseRun : undefined
  for (const { level, isServers } of dle.levels) {
    if (request.signal.aborted) return
    if (isServers) {
      tell({ kind: 'size', disk: dle.disk, level, sizeKib: -1 })
      continue
    }
    try {
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
