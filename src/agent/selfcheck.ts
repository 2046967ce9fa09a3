// The service selfcheck: whether this machine could make the dumps that are planned. It reads little and changes nothing.

import { faultOf } from '../kernel/fault.ts'
import type { IncomingRequest } from '../transport/contract.ts'
import { parseRequest } from '../wire/amanda/request.ts'
import { formatSelfcheckJson, formatSelfcheckText, type SelfcheckFinding } from '../wire/amanda/selfcheck-reply.ts'
import { clientFilters } from './client-filters.ts'
import { diskJob, peerFeatures, type AgentContext } from './service-parts.ts'

/** Snapshots of a few million files. */
const STATE_FREE_BYTES_MIN = 64 * 1024 * 1024
const MIB = 1024 * 1024

async function checkState(context: AgentContext): Promise<SelfcheckFinding> {
  try {
    await context.disk.makeDir(context.stateDir)
    const { freeBytes } = await context.disk.space(context.stateDir)
    const text = `${context.stateDir} has ${Math.floor(freeBytes / MIB)} MiB free`
    return freeBytes < STATE_FREE_BYTES_MIN ? { severity: 'error', text: `${text}; snapshots of incremental dumps need ${STATE_FREE_BYTES_MIN / MIB} MiB` } : { severity: 'info', text }
  } catch (error) {
    const fault = faultOf(error)
    return { severity: 'error', text: `${context.stateDir}: ${fault.message}. ${fault.next}` }
  }
}

export async function serveSelfcheck(request: IncomingRequest, context: AgentContext): Promise<void> {
  const { options, dles } = parseRequest(request.body)
  const findings: SelfcheckFinding[] = [await checkState(context)]
  for (const dle of dles) {
    if (request.signal.aborted) return
    try {
      clientFilters(dle, context.settings.filters)
      const application = await context.findApplication(dle, request.signal)
      findings.push(...(await application.selfcheck(diskJob(dle, options, request.peer.host, context.clock), request.signal)))
    } catch (error) {
      const fault = faultOf(error)
      findings.push({ severity: 'error', text: `${dle.disk}: ${fault.message}. ${fault.next}` })
    }
  }
  const facts = { version: context.version, distro: context.distro, platform: context.platform, hostname: options.hostname ?? request.peer.host, wallMs: context.clock.wallMs() }
  const format = peerFeatures(options).has('selfcheckMessage') ? formatSelfcheckJson : formatSelfcheckText
  request.rep(format(facts, findings))
}
