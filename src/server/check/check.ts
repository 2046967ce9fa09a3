// Looks before a run for what would make it fail: space, agents, their own selfcheck, keys, volumes. Every check gives findings with
// what to do; none changes anything, and one that fails itself is a finding too.

import { withTimeout, type Clock } from '../../kernel/clock.ts'
import { Fault, faultOf } from '../../kernel/fault.ts'
import type { Disk } from '../../kernel/disk.ts'
import type { DiskListEntry, ResolvedConfig } from '../../config/resolved.ts'
import { formatDuration, formatSize } from '../../config/units.ts'
import type { HoldingArea } from '../../storage/holding/contract.ts'
import type { Transport } from '../../transport/contract.ts'
import { OUR_FEATURES } from '../../wire/amanda/features.ts'
import { formatRequest } from '../../wire/amanda/request.ts'
import { parseSelfcheckReply } from '../../wire/amanda/selfcheck-reply.ts'
import type { AgentAdmin } from '../agents/agent-admin.ts'
import type { CheckFinding } from '../control/contract.ts'
import { dleOfEntry } from '../dumper/dle-of-entry.ts'
import { connectTo, requestReply } from '../dumper/open-streams.ts'
import type { VolumeForecast } from '../taper/contract.ts'

export interface CheckDoors {
  readonly config: ResolvedConfig
  readonly clock: Clock
  readonly disk: Disk
  readonly transport: Transport
  readonly holding: HoldingArea
  readonly agents: AgentAdmin
  readonly forecast: (count: number) => Promise<readonly VolumeForecast[]>
}

/** Below this the catalog, indexes and logs of a run may not fit. */
const STATE_BYTES_MIN = 256 * 1024 * 1024
/** An answer's way takes seconds at most; a clock that is kept by NTP is right to within one. */
const SKEW_MS_MAX = 60_000
/** For one host's selfcheck. */
const SELFCHECK_MS = 120_000

function faultFinding(fault: Fault, about: Partial<CheckFinding> = {}): CheckFinding {
  return { severity: 'error', code: fault.code, message: fault.message, next: fault.next, ...about }
}

/** Clocks that differ make dates of files and runs wrong, and tokens that end too early or too late. */
function clockFindings(host: string, agentMs: number | undefined, serverMs: number): CheckFinding[] {
  const skewMs = agentMs === undefined ? 0 : agentMs - serverMs
  if (Math.abs(skewMs) <= SKEW_MS_MAX) return []
  return [{ severity: 'warning', code: 'clock-skew', host, message: `the clock of ${host} is ${formatDuration(Math.abs(skewMs))} ${skewMs > 0 ? 'ahead of' : 'behind'} the server's`, next: `Set the clock of ${host}, or of this server, by NTP.` }]
}

async function checkHost(host: string, entries: readonly DiskListEntry[], doors: CheckDoors, signal: AbortSignal): Promise<CheckFinding[]> {
  const known = doors.agents.list().find((agent) => agent.host === host)
  if (known === undefined) return [{ severity: 'error', code: 'agent-unknown', host, message: `${host} has disks in the configuration but is not enrolled`, next: `Run \`holdfast agents token ${host}\` here and \`holdfast agent enrol TOKEN\` on the host.` }]
  if (known.keyFingerprints.length === 0) return [{ severity: 'error', code: 'key-revoked', host, message: `every key of ${host} is revoked`, next: `Run \`holdfast agents token ${host}\` here and \`holdfast agent enrol TOKEN\` on the host.` }]
  try {
    const connection = await connectTo(doors.transport, doors.clock, host, doors.config.limits.connectTimeoutMs, signal)
    try {
      const body = formatRequest('selfcheck', { features: OUR_FEATURES, hostname: host, config: doors.config.name }, entries.map((entry) => dleOfEntry(entry, [])))
      const reply = parseSelfcheckReply(await withTimeout(doors.clock, SELFCHECK_MS, `the selfcheck of ${host}`, (inner) => requestReply(connection, 'selfcheck', body, inner), signal))
      const clocks = clockFindings(host, reply.wallMs, doors.clock.wallMs())
      const bad = reply.findings.filter(({ severity }) => severity !== 'info')
      if (bad.length === 0) return [{ severity: 'ok', code: 'agent-ready', host, message: `${host} is connected and ready (${entries.length} disks)`, next: '' }, ...clocks]
      return [...clocks, ...bad.map(({ severity, text }): CheckFinding => ({ severity: severity === 'error' ? 'error' : 'warning', code: 'agent-selfcheck', host, message: text, next: `Correct it on ${host}, then run \`holdfast check ${host}\`.` }))]
    } finally {
      await connection.close(new Fault('cancelled', 'the check is over'))
    }
  } catch (error) {
    return [faultFinding(faultOf(error), { host })]
  }
}

async function checkSpace(doors: CheckDoors): Promise<CheckFinding[]> {
  const findings: CheckFinding[] = []
  const { state, log } = doors.config.directories
  for (const directory of new Set([state, log])) {
    const { freeBytes } = await doors.disk.space(directory)
    if (freeBytes < STATE_BYTES_MIN) findings.push({ severity: 'error', code: 'disk-full', message: `${directory} has ${formatSize(freeBytes)} free`, next: 'Free space there: the catalog, indexes and logs need it.' })
  }
  const needsHolding = doors.config.disklist.some(({ holding }) => holding === 'required')
  const freeBytes = await doors.holding.freeBytes()
  if (freeBytes > 0) findings.push({ severity: 'ok', code: 'holding-ready', message: `the holding disks have ${formatSize(freeBytes)} free`, next: '' })
  else findings.push({ severity: needsHolding ? 'error' : 'warning', code: 'holding-full', message: 'no holding disk has room', next: 'Run `holdfast flush`, or give the holding disk more room.' })
  return findings
}

async function checkVolumes(doors: CheckDoors): Promise<CheckFinding[]> {
  const wanted = doors.config.storage.volumesPerRun
  const volumes = await doors.forecast(wanted)
  const [first] = volumes
  if (first === undefined) return [faultFinding(new Fault('no-volume', `${doors.config.storage.name} has no volume that may be written`))]
  const ready: CheckFinding = { severity: 'ok', code: 'volume-ready', message: `the next run writes ${volumes.map(({ label, slot, kind }) => `${label} (slot ${slot}, ${kind})`).join(', ')}`, next: '' }
  if (volumes.length >= wanted) return [ready]
  return [ready, { severity: 'warning', code: 'volumes-few', message: `a run may use ${wanted} volumes and only ${volumes.length} may be written`, next: 'Add slots, or lower the retention.' }]
}

/** Rejects only when `signal` aborts. */
export async function check(doors: CheckDoors, isWanted: (host: string, disk: string) => boolean, signal: AbortSignal): Promise<CheckFinding[]> {
  const safely = (work: Promise<CheckFinding[]>): Promise<CheckFinding[]> => work.catch((error: unknown) => [faultFinding(faultOf(error))])
  const hosts = Map.groupBy(doors.config.disklist.filter(({ host, disk, strategy }) => strategy !== 'skip' && isWanted(host, disk)), ({ host }) => host)
  const none: CheckFinding[] = hosts.size > 0 ? [] : [{ severity: 'warning', code: 'disklist-empty', message: 'no disk of the configuration is to be dumped', next: 'Add disks to the configuration.' }]
  const found = await Promise.all([safely(checkSpace(doors)), safely(checkVolumes(doors)), ...[...hosts].map(([host, entries]) => safely(checkHost(host, entries, doors, signal)))])
  signal.throwIfAborted()
  return [...none, ...found.flat()]
}
