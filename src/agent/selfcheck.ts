// The service selfcheck: whether this machine could make the dumps that are planned. It reads little and changes nothing.

import { faultOf, type Fault } from '../kernel/fault.ts'
import { directoryFindings, keyFileFindings } from '../kernel/machine/directory-health.ts'
import type { MachineFinding } from '../kernel/machine/finding.ts'
import { resourceFindings } from '../kernel/machine/resources.ts'
import type { IncomingRequest } from '../transport/contract.ts'
import type { Dle } from '../wire/amanda/dle.ts'
import { parseRequest } from '../wire/amanda/request.ts'
import { formatSelfcheckJson, formatSelfcheckText, type SelfcheckFinding } from '../wire/amanda/selfcheck-reply.ts'
import { clientFilters } from './client-filters.ts'
import type { DiskJob } from './application.ts'
import type { DiskScripts } from './scripts/disk-scripts.ts'
import type { ScriptPoint } from './scripts/script-points.ts'
import { diskJob, diskScripts, peerFeatures, type AgentContext } from './service-parts.ts'

/** Snapshots of a few million files. */
const STATE_FREE_BYTES_MIN = 64 * 1024 * 1024
const MIB = 1024 * 1024
/** docs/formats/agent-state.md */
const AGENT_KEY_FILE = 'agent-key.json'

function ofMachine({ severity, code, message, next }: MachineFinding): SelfcheckFinding {
  return { severity, code, text: `${message}. ${next}` }
}

async function checkMachine(context: AgentContext, signal: AbortSignal): Promise<SelfcheckFinding[]> {
  const { disk, stateDir } = context
  await disk.makeDir(stateDir).catch(() => undefined)
  const state = await directoryFindings(disk, { directory: stateDir, freeBytesMin: STATE_FREE_BYTES_MIN, use: 'snapshots of incremental dumps', isPrivate: true })
  const found = [...state, ...(await keyFileFindings(disk, `${stateDir}/${AGENT_KEY_FILE}`)), ...(await resourceFindings(context, signal))].map(ofMachine)
  if (state.length > 0) return found
  const { freeBytes } = await disk.space(stateDir)
  return [{ severity: 'info', text: `${stateDir} has ${Math.floor(freeBytes / MIB)} MiB free` }, ...found]
}

/** Programs that filter on this machine and are not there. What agent.yaml does not permit is a fault. */
async function checkFilters(context: AgentContext, dle: Dle): Promise<SelfcheckFinding[]> {
  const findings: SelfcheckFinding[] = []
  for (const filter of clientFilters(dle, context.settings.filters).filters) {
    if (filter.kind !== 'program') continue
    const [program] = filter.argv
    if ((await context.disk.stat(program)) === undefined) findings.push({ severity: 'error', code: 'process-missing', disk: dle.disk, text: `${dle.disk}: the program ${program}, which filters its dumps here, is not there. Install it, or correct its path in the configuration of the server.` })
  }
  return findings
}

function ofFault(fault: Fault, disk: string): SelfcheckFinding {
  return { severity: 'error', code: fault.code, disk, text: `${disk}: ${fault.message}. ${fault.next}` }
}

/** Lines of a script are shown as they are; one that begins with ERROR is an error, as anything on stderr is. */
async function runScripts(scripts: DiskScripts, point: ScriptPoint, job: DiskJob, signal: AbortSignal): Promise<SelfcheckFinding[]> {
  const { lines, complaints, faults } = await scripts.run(point, job, [], signal)
  const about = { disk: job.disk }
  return [
    ...lines.map((line): SelfcheckFinding => (line.startsWith('ERROR ') ? { severity: 'error', ...about, text: line.slice('ERROR '.length) } : { severity: 'info', ...about, text: line.replace(/^OK /, '') })),
    ...complaints.map((text): SelfcheckFinding => ({ severity: 'error', code: 'script-failed', ...about, text })),
    ...faults.map((fault) => ofFault(fault, job.disk)),
  ]
}

export async function serveSelfcheck(request: IncomingRequest, context: AgentContext): Promise<void> {
  const { options, dles } = parseRequest(request.body)
  const findings: SelfcheckFinding[] = await checkMachine(context, request.signal)
  const disks = dles.map((dle) => ({ dle, scripts: diskScripts(dle, context), job: diskJob(dle, options, request.peer.host, context.clock) }))
  const never = new AbortController().signal
  try {
    for (const { scripts, job } of disks) findings.push(...(await runScripts(scripts, 'PRE-HOST-AMCHECK', job, request.signal)))
    for (const { dle, scripts, job } of disks) {
      if (request.signal.aborted) return
      const before = await runScripts(scripts, 'PRE-DLE-AMCHECK', job, request.signal)
      findings.push(...before)
      try {
        findings.push(...(await checkFilters(context, dle)))
        const application = await context.findApplication(dle, request.signal)
        // What a script that failed should have prepared is not there: only its own failure says something.
        if (before.every(({ severity }) => severity !== 'error')) findings.push(...(await application.selfcheck(scripts.adapt(job), request.signal)))
      } catch (error) {
        findings.push(ofFault(faultOf(error), dle.disk))
      } finally {
        findings.push(...(await runScripts(scripts, 'POST-DLE-AMCHECK', job, never)))
      }
    }
  } finally {
    for (const { scripts, job } of disks) findings.push(...(await runScripts(scripts, 'POST-HOST-AMCHECK', job, never)))
  }
  const facts = { version: context.version, distro: context.distro, platform: context.platform, hostname: options.hostname ?? request.peer.host, wallMs: context.clock.wallMs() }
  const format = peerFeatures(options).has('selfcheckMessage') ? formatSelfcheckJson : formatSelfcheckText
  request.rep(format(facts, findings))
}
