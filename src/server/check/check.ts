// Looks before a run for what would make it fail: this machine, agents, their own selfcheck, keys, volumes, and what the catalog says of
// runs before. Every check gives findings with what to do; none changes anything, and one that fails itself is a finding too.

import { withTimeout, type Clock } from '../../kernel/clock.ts'
import { Fault, faultOf } from '../../kernel/fault.ts'
import { silentLog } from '../../kernel/log.ts'
import type { CatalogReader } from '../../catalog/contract.ts'
import type { DiskListEntry, ResolvedConfig } from '../../config/resolved.ts'
import { formatDuration, formatSize } from '../../config/units.ts'
import type { Vault } from '../../storage/vault/contract.ts'
import type { HoldingArea } from '../../storage/holding/contract.ts'
import type { Transport } from '../../transport/contract.ts'
import { OUR_FEATURES } from '../../wire/amanda/features.ts'
import { formatRequest } from '../../wire/amanda/request.ts'
import { parseSelfcheckReply, type SelfcheckFinding } from '../../wire/amanda/selfcheck-reply.ts'
import type { AgentAdmin } from '../agents/agent-admin.ts'
import type { CheckFinding } from '../control/contract.ts'
import { dleOfEntry } from '../dumper/dle-of-entry.ts'
import { connectTo, requestReply } from '../dumper/open-streams.ts'
import type { VolumeForecast } from '../taper/contract.ts'
import { notEnrolled, versionFindings } from './config/agents-away.ts'
import { CHECKS_BEFORE_RUN } from './config/config-checks.ts'
import { groupByDisk } from './config/facts.ts'
import { checkServerHost, safely, type MachineParts } from './host/host-checks.ts'
import { runServerScripts, type ServerPoint } from '../scripts/server-scripts.ts'
import { holdingBytesMax, holdingRoom } from './storage/room.ts'

export interface CheckDoors extends MachineParts {
  readonly config: ResolvedConfig
  readonly clock: Clock
  readonly catalog: Pick<CatalogReader, 'dumps' | 'runs'>
  readonly transport: Transport
  readonly holding: HoldingArea
  readonly agents: AgentAdmin
  /** The user this server runs as. */
  readonly userId?: number | undefined
  /** Of this server. */
  readonly version: string
  /** Undefined: the storage is none. */
  readonly vault?: { readonly vault: Pick<Vault, 'stats' | 'planPrune'> }
  readonly forecast: (count: number) => Promise<readonly VolumeForecast[]>
}

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

/** What the agent itself found. Good news has no code. */
function saidFindings(host: string, said: readonly SelfcheckFinding[]): CheckFinding[] {
  return said.flatMap(({ severity, text, code, disk }) => {
    if (severity === 'info' && code === undefined) return []
    return [{ severity: severity === 'info' ? 'note' : severity, code: code ?? 'agent-selfcheck', host, ...(disk === undefined ? {} : { disk }), message: text.replace(/\.$/, ''), next: `Correct it on ${host}, then run \`holdfast check ${host}\`.` } as const]
  })
}

/** Why the agent of `host` cannot be asked, if so. */
function enrolmentFinding(host: string, agents: AgentAdmin): CheckFinding | undefined {
  const known = agents.list().find((agent) => agent.host === host)
  if (known === undefined) return notEnrolled(host)
  if (known.keyFingerprints.length > 0) return undefined
  return { severity: 'error', code: 'key-revoked', host, message: `every key of ${host} is revoked`, next: `Run \`holdfast agents token ${host}\` here and \`holdfast agent enrol TOKEN\` on the host.` }
}

async function checkHost(host: string, entries: readonly DiskListEntry[], doors: CheckDoors, signal: AbortSignal): Promise<CheckFinding[]> {
  const auth = entries[0]?.auth
  const missing = auth === undefined ? enrolmentFinding(host, doors.agents) : undefined
  if (missing !== undefined) return [missing]
  try {
    const connection = await connectTo(doors.transport, doors.clock, host, doors.config.limits.connectTimeoutMs, signal)
    try {
      const body = formatRequest('selfcheck', { features: OUR_FEATURES, hostname: host, config: doors.config.name }, entries.map((entry) => dleOfEntry(entry, [])))
      const reply = parseSelfcheckReply(await withTimeout(doors.clock, SELFCHECK_MS, `the selfcheck of ${host}`, (inner) => requestReply(connection, 'selfcheck', body, inner), signal))
      const found = [...clockFindings(host, reply.wallMs, doors.clock.wallMs()), ...(auth === undefined ? versionFindings(host, reply.version, doors.version) : []), ...saidFindings(host, reply.findings)]
      const isReady = reply.findings.every(({ severity }) => severity === 'info')
      return isReady ? [{ severity: 'ok', code: 'agent-ready', host, message: auth === undefined ? `${host} is connected and ready (${entries.length} disks)` : `${host} answers over ${auth} as Amanda ${reply.version ?? 'of unknown version'} and is ready (${entries.length} disks)`, next: '' }, ...found] : found
    } finally {
      await connection.close(new Fault('cancelled', 'the check is over'))
    }
  } catch (error) {
    return [faultFinding(faultOf(error), { host })]
  }
}

/** What the keep rules would do stands here before they do it. */
async function checkVault({ vault, config, clock }: CheckDoors): Promise<CheckFinding[]> {
  const { storage } = config
  if (vault === undefined || storage.kind !== 'vault') return []
  const { dumps, storedBytes } = await vault.vault.stats()
  const plan = storage.keep === undefined ? undefined : await vault.vault.planPrune(storage.keep, clock.wallMs())
  const rules = plan === undefined ? 'there are no keep rules, so nothing is ever removed' : `the keep rules keep ${plan.kept.length} of them and remove ${plan.removed.length} (\`holdfast vault prune --dry-run\` says which)`
  return [{ severity: 'ok', code: 'vault-ready', message: `the vault ${storage.directory} is open with ${dumps} dumps in ${formatSize(storedBytes)}; ${rules}`, next: '' }]
}

async function checkVolumes(doors: CheckDoors): Promise<CheckFinding[]> {
  const { storage } = doors.config
  if (storage.kind === 'vault') return []
  const wanted = storage.volumesPerRun
  const volumes = await doors.forecast(wanted)
  const [first] = volumes
  if (first === undefined) return [{ severity: 'error', code: 'no-volume', message: `${storage.name} has no volume that may be written`, next: 'Add slots or volumes, or lower the retention of the storage; `holdfast doctor storage` shows what is in each slot.' }]
  const ready: CheckFinding = { severity: 'ok', code: 'volume-ready', message: `the next run writes ${volumes.map(({ label, slot, kind }) => `${label} (slot ${slot}, ${kind})`).join(', ')}`, next: '' }
  if (volumes.length >= wanted) return [ready]
  return [ready, { severity: 'warning', code: 'volumes-few', message: `a run may use ${wanted} volumes and only ${volumes.length} may be written`, next: 'Add slots, or lower the retention.' }]
}

/** What the catalog says of the disks of `config`. */
async function checkHistory(doors: CheckDoors): Promise<CheckFinding[]> {
  const { config, clock, catalog, disk } = doors
  const [dumps, runs, holdingBytes] = await Promise.all([catalog.dumps(), catalog.runs(), holdingBytesMax(config, disk)])
  const facts = { config, nowMs: clock.wallMs(), version: doors.version, dumps, dumpsByDisk: groupByDisk(dumps), runs, agents: [], nextVolumes: [], holdingBytes }
  return CHECKS_BEFORE_RUN.flatMap((each) => each(facts))
}

/** What failed of the scripts that run here; what they print is no finding. */
async function amcheckScripts(when: 'pre' | 'post', entries: readonly DiskListEntry[], doors: CheckDoors, signal: AbortSignal): Promise<CheckFinding[]> {
  const run = new Date(doors.clock.wallMs()).toISOString().replace(/\D/g, '').slice(0, 14)
  const points = ['', 'host-', 'dle-'].map((scope) => `${when}-${scope}amcheck` as ServerPoint)
  const findings: CheckFinding[] = []
  for (const point of when === 'pre' ? points : points.toReversed()) {
    const { fault } = await runServerScripts(point, entries, run, [], { ...doors, log: silentLog }, signal)
    if (fault !== undefined) findings.push(faultFinding(fault))
  }
  return findings
}

/** Rejects only when `signal` aborts. */
export async function check(doors: CheckDoors, isWanted: (host: string, disk: string) => boolean, signal: AbortSignal): Promise<CheckFinding[]> {
  const hosts = Map.groupBy(doors.config.disklist.filter(({ host, disk, strategy }) => strategy !== 'skip' && isWanted(host, disk)), ({ host }) => host)
  const none: CheckFinding[] = hosts.size > 0 ? [] : [{ severity: 'warning', code: 'disklist-empty', message: 'no disk of the configuration is to be dumped', next: 'Add disks to the configuration.' }]
  const chosen = { ...doors, config: { ...doors.config, disklist: [...hosts.values()].flat() } }
  const entries = chosen.config.disklist
  const before = await amcheckScripts('pre', entries, doors, signal)
  const checks = [checkServerHost(doors, signal), ...(doors.config.storage.kind === 'vault' ? [] : [holdingRoom(doors.config, doors.holding)]), checkVolumes(doors), checkVault(doors), checkHistory(chosen), ...[...hosts].map(([host, ofHost]) => checkHost(host, ofHost, doors, signal))]
  const found = await Promise.all(checks.map(safely))
  const after = await amcheckScripts('post', entries, doors, new AbortController().signal)
  signal.throwIfAborted()
  return [...none, ...before, ...found.flat(), ...after]
}
