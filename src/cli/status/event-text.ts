// What happens in the server, one line an event, for whoever watches a run. Pure. Progress has no line: it is shown by the progress line.

import { formatDuration, formatSize } from '../../config/units.ts'
import type { DumpProgress, MailOutcome, ServerEvent } from '../../server/control/contract.ts'
import { doctorNotes, noteLines } from '../doctor-notes.ts'
import { formatRun } from '../run-text.ts'
import { printable } from '../text-table.ts'

/** Shorter pauses are those of any busy link. */
const IDLE_MS_WORTH_TELLING = 1000

function nameOf(dump: DumpProgress): string {
  return `${dump.host}:${dump.disk} level ${dump.level}`
}

function endWords(dump: DumpProgress): string {
  const seconds = ((dump.endedMs ?? 0) - (dump.startedMs ?? dump.endedMs ?? 0)) / 1000
  const rate = seconds > 0 ? `, ${formatSize(Math.round(dump.bytes / seconds))}/s` : ''
  const codes = (dump.doctorCodes ?? []).map((code) => ` [${code}]`).join('')
  const cuts = dump.link.cuts > 0 ? `, ${dump.link.cuts} cuts survived` : ''
  switch (dump.status) {
    case 'failed':
      return `FAILED: ${dump.message ?? 'no reason was given'}${codes}`
    case 'partial':
      return `PARTIAL, ${formatSize(dump.bytes)} kept: ${dump.message ?? 'no reason was given'}${codes}`
    default:
      return `${dump.outcome === 'strange' ? 'STRANGE' : 'done'}, ${formatSize(dump.bytes)}${vaultWords(dump)}${rate}${cuts}${codes}`
  }
}

/** What of a dump into a vault was work. */
function vaultWords({ readBytes, unchangedBytes, sentBytes }: DumpProgress): string {
  if (sentBytes === undefined) return ''
  const words = [...(readBytes === undefined ? [] : [`${formatSize(readBytes)} read`]), ...(unchangedBytes === undefined ? [] : [`${formatSize(unchangedBytes)} unchanged`]), `${formatSize(sentBytes)} ${readBytes === undefined ? 'new' : 'sent'}`]
  return ` (${words.join(', ')})`
}

function mailWords({ run, status, message }: MailOutcome): string | undefined {
  switch (status) {
    case 'sent':
      return `the report of run ${formatRun(run)} was mailed`
    case 'not-wanted':
      return undefined
    case 'failed':
      return `warning: the report of run ${formatRun(run)} could not be mailed: ${message ?? 'no reason was given'} [report-not-mailed]`
  }
}

function prunedWords({ removed, kept, freedBytes, isDryRun }: Extract<ServerEvent, { kind: 'vault-pruned' }>): string {
  if (isDryRun) return `the keep rules of the vault are new: ${removed} dumps would be removed and ${kept} kept; the next run does so (\`holdfast vault prune --dry-run\` says which)`
  return `vault pruned: ${removed} dumps removed, ${kept} kept, ${formatSize(freedBytes)} freed`
}

/** Of several lines when it is not one; those are printable already. */
function words(event: ServerEvent): string | undefined {
  switch (event.kind) {
    case 'snapshot':
    case 'dump-progress':
    case 'path-progress':
    case 'vault-progress':
    case 'vault-held':
    case 'run-phase':
      return undefined
    case 'recovered':
      return event.actions.length === 0 ? undefined : ['cleaned up after an unclean end:', ...event.actions.map((action) => `  ${action.message}`)].map((line) => printable(line)).join('\n')
    case 'run-queued':
      return `run ${formatRun(event.queued.run)} waits in line`
    case 'run-started':
      return `run ${formatRun(event.run.id)} started`
    case 'run-ended': {
      const { summary } = event
      const places = summary.inVault > 0 ? [`${summary.inVault} in the vault`] : [`${summary.taped} on volumes`, `${summary.leftOnHolding} on the holding disk`]
      const counts = `run ${formatRun(summary.run)} ended: ${summary.good} good, ${summary.strange} strange, ${summary.partial} partial, ${summary.failed} failed, ${places.join(', ')}`
      return [printable(counts), ...noteLines(doctorNotes(summary.dumps))].join('\n')
    }
    case 'report-mailed':
      return mailWords(event.mail)
    case 'dump-changed':
      return event.dump.phase === 'dumping' ? `${nameOf(event.dump)}: dumping (${event.dump.reason})${event.dump.attempt > 1 ? `, attempt ${event.dump.attempt}` : ''}` : undefined
    case 'dump-ended':
      return `${nameOf(event.dump)}: ${endWords(event.dump)}`
    case 'agent-connected':
      return `agent ${event.host} is connected`
    case 'agent-disconnected':
      return `agent ${event.host} is gone: ${event.reason}`
    case 'link-down':
      return `${event.host}: link lost (${event.reason}${event.text === undefined ? '' : `: ${event.text}`})${event.idleMs === undefined || event.idleMs < IDLE_MS_WORTH_TELLING ? '' : ` after ${formatDuration(event.idleMs)} without traffic`}; its dumps wait`
    case 'link-up':
      return `${event.host}: ${event.resumed ? `link back${event.downMs === undefined ? '' : ` after ${formatDuration(event.downMs)}`}, resumed, ${formatSize(event.bytesResent)} sent again` : 'link up'}`
    case 'path-learned':
      return `${event.host}: this path forgets idle links; the heartbeat is now ${formatDuration(event.heartbeatMs)}`
    case 'volume-started':
      return `volume ${event.label} in slot ${event.slot}`
    case 'volume-ended':
      return `volume ${event.label} closed with ${formatSize(event.bytes)}`
    case 'degraded':
      return `volumes cannot be written: ${event.fault.message}. ${event.fault.next}`
    case 'warning':
      return `warning: ${event.host === undefined ? '' : `${event.host}: `}${event.message} [${event.code}]`
    case 'vault-pruned':
      return prunedWords(event)
    case 'stopping':
      return 'the server is stopping'
  }
}

/** The line for `event` with its end; undefined when it has none. */
export function formatEvent(event: ServerEvent): string | undefined {
  const text = words(event)
  return text === undefined ? undefined : `${event.kind === 'recovered' || event.kind === 'run-ended' ? text : printable(text)}\n`
}
