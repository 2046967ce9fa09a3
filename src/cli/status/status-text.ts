// The state of the server as text: a row a dump as amstatus shows it, the holding disk, volumes and agents. Pure over the snapshot.

import { formatDuration, formatSize } from '../../config/units.ts'
import type { AgentStatus, DumpProgress, MailOutcome, RunProgress, StatusSnapshot, WaitReason } from '../../server/control/contract.ts'
import { adviceLines, doctorNotes, noteLines, wrapText } from '../doctor-notes.ts'
import { formatRun } from '../run-text.ts'
import { formatTable, printable } from '../text-table.ts'

const WAIT_WORDS: Readonly<Record<WaitReason, string>> = {
  'all-dumpers-busy': 'other dumps go first',
  'host-busy': 'another dump of the host goes first',
  'spindle-busy': 'another dump of the same spindle goes first',
  'no-bandwidth': 'other dumps take all that the interface may carry',
  'no-holding-space': 'there is no room on the holding disk',
  'retry-delay': 'a pause before the next attempt',
  'start-time': 'its start time has not come',
  'volume-busy': 'another dump is written to the volume',
}

/** `35 %`, or an empty word when nobody knows how much there is. */
function share(dump: DumpProgress): string {
  if (dump.estimatedBytes === undefined || dump.estimatedBytes === 0) return ''
  return ` (${Math.min(100, Math.floor((100 * dump.bytes) / dump.estimatedBytes))} %)`
}

function linkWords(dump: DumpProgress, nowMs: number): string {
  const words: string[] = []
  if (dump.link.state === 'down' && dump.link.downSinceMs !== undefined) words.push(`link down for ${formatDuration(Math.max(0, nowMs - dump.link.downSinceMs))}, waiting for it`)
  if (dump.link.cuts > 0) words.push(`${dump.link.cuts} cut${dump.link.cuts === 1 ? '' : 's'}, ${dump.link.resumes} resumed`)
  return words.length === 0 ? '' : `; ${words.join('; ')}`
}

/** What a dump does now, in words. */
export function dumpState(dump: DumpProgress, nowMs: number): string {
  switch (dump.phase) {
    case 'estimating':
      return 'estimating'
    case 'waiting':
      return dump.waitReason === undefined ? 'waiting' : `waiting: ${WAIT_WORDS[dump.waitReason]}`
    case 'connecting':
      return `waiting for the agent${linkWords(dump, nowMs)}`
    case 'dumping': {
      const left = (dump.estimatedBytes ?? 0) - dump.bytes
      const eta = left > 0 && dump.bytesPerSecond > 0 ? `, ETA ${formatDuration(Math.ceil(left / dump.bytesPerSecond) * 1000)}` : ''
      return `dumping${share(dump)} ${formatSize(Math.round(dump.bytesPerSecond))}/s${eta}${linkWords(dump, nowMs)}`
    }
    case 'finishing':
      return 'finishing'
    case 'held':
      return 'dump done, wait for writing'
    case 'taping':
      return `writing to volume, ${formatSize(dump.tapedBytes)} done`
    case 'done':
      return doneState(dump)
  }
}

function doneState(dump: DumpProgress): string {
  const why = dump.message === undefined ? '' : `: ${dump.message}`
  switch (dump.status) {
    case 'failed':
      return `failed${why}`
    case 'partial':
      return `partial${why}`
    default:
      return `${dump.outcome === 'strange' ? 'strange, ' : ''}${dump.tapedBytes > 0 || dump.to === 'volume' || dump.to === 'vault' ? 'dump done, written' : 'dump done'}`
  }
}

export function formatRunProgress(run: RunProgress, nowMs: number): string {
  const head = `Run ${formatRun(run.run.id)} (${run.run.reason}), ${run.phase}, since ${formatDuration(Math.max(0, nowMs - run.run.startedMs))}\n`
  const degraded = run.degraded === undefined ? '' : `Volumes cannot be written: ${run.degraded.message}. ${run.degraded.next}\n`
  const notes = noteLines(doctorNotes(run.dumps)).map((line) => `${line}\n`).join('')
  const rows = run.dumps.map((dump) => [`${dump.host}:${/[\s"]/.test(dump.disk) ? JSON.stringify(dump.disk) : dump.disk}`, String(dump.level), formatSize(dump.bytes), dumpState(dump, nowMs)])
  return head + degraded + (rows.length === 0 ? '' : formatTable([{ title: 'DLE' }, { title: 'L' }, { title: 'SIZE', align: 'right' }, { title: 'STATE' }], rows)) + notes
}

function agentRow(agent: AgentStatus, nowMs: number): string[] {
  const seen = agent.lastSeenMs === undefined ? 'never' : `${formatDuration(Math.max(0, nowMs - agent.lastSeenMs))} ago`
  return [agent.host, agent.isConnected ? 'connected' : `away, seen ${seen}`, agent.roundTripMs === undefined ? '' : formatDuration(agent.roundTripMs), String(agent.cuts), formatSize(agent.bytesResent), agent.version ?? '']
}

const AGENT_COLUMNS = [{ title: 'AGENT' }, { title: 'STATE' }, { title: 'RTT', align: 'right' }, { title: 'CUTS', align: 'right' }, { title: 'SENT AGAIN', align: 'right' }, { title: 'VERSION' }] as const

export function formatAgents(agents: readonly AgentStatus[], nowMs: number): string {
  if (agents.length === 0) return 'No agent is enrolled. `holdfast agents token HOST` makes a token for one.\n'
  return formatTable(AGENT_COLUMNS, agents.map((agent) => agentRow(agent, nowMs)))
}

/** One line when all is well; what to do when it is not. */
function mailLines({ run, status, message }: MailOutcome): string[] {
  switch (status) {
    case 'sent':
      return [`The report of run ${formatRun(run)} was mailed`]
    case 'not-wanted':
      return []
    case 'failed':
      return [...wrapText(`The report of run ${formatRun(run)} could not be mailed: ${printable(message ?? 'no reason was given')}`, '', 2), ...adviceLines('report-not-mailed')]
  }
}

function vaultLine({ dumps, storedBytes, nativeBytes }: NonNullable<StatusSnapshot['vault']>): string {
  const factor = storedBytes > 0 ? `, ${(nativeBytes / storedBytes).toFixed(1)} times as much` : ''
  return `Vault: ${dumps} dumps, ${formatSize(storedBytes)} stored for ${formatSize(nativeBytes)} of dumps${factor}\n`
}

export function formatStatus(status: StatusSnapshot): string {
  const { nowMs } = status
  const lines = [`${status.name}: server ${status.version}, up ${formatDuration(Math.max(0, nowMs - status.startedMs))}${status.isStopping ? ', stopping' : ''}\n`]
  if (status.current !== undefined) lines.push(`\n${formatRunProgress(status.current, nowMs)}`)
  else if (status.lastRun !== undefined) {
    const last = status.lastRun
    lines.push(`Last run ${formatRun(last.run)}: ${last.good} good, ${last.strange} strange, ${last.partial} partial, ${last.failed} failed, ${formatSize(last.storedBytes)}\n`)
    lines.push(...noteLines(doctorNotes(last.dumps)).map((line) => `${line}\n`))
  } else lines.push('No run yet. `holdfast dump` starts one.\n')
  for (const queued of status.queue) lines.push(`Next in line: ${queued.kind} ${formatRun(queued.run)} (${queued.reason})\n`)
  if (status.lastMail !== undefined) lines.push(...mailLines(status.lastMail).map((line) => `${line}\n`))
  if (status.nextRunMs !== undefined) lines.push(`Next run by the schedule in ${formatDuration(Math.max(0, status.nextRunMs - nowMs))}\n`)
  if (status.vault !== undefined) lines.push(vaultLine(status.vault))
  if (status.vault === undefined || status.holding.dumps > 0) lines.push(`Holding disk: ${status.holding.dumps} dumps, ${formatSize(status.holding.heldBytes)} held, ${formatSize(status.holding.freeBytes)} free\n`)
  const loaded = status.volumes.find((volume) => volume.isLoaded)
  const reusable = status.volumes.filter((volume) => volume.isReusable).length
  if (status.vault === undefined) lines.push(`Volumes: ${status.volumes.length} labelled, ${reusable} may be reused${loaded === undefined ? '' : `, ${loaded.label} is being written`}\n`)
  lines.push(`\n${formatAgents(status.agents, nowMs)}`)
  return lines.join('')
}
