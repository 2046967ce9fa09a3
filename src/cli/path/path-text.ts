// The result of a measurement as people read it, and the line of progress while it goes on.

import type { Finding } from '../../doctor/contract.ts'
import { ageText, type PathVerdict } from '../../doctor/path/path-verdict.ts'
import { formatDuration, formatSize } from '../../config/units.ts'
import type { PathFacts, PathProgress, ReachFacts } from '../../wire/probe/path-facts.ts'
import { cureLines, isCureFor } from '../cure-lines.ts'
import { printable } from '../text-table.ts'

export interface PathResult {
  readonly facts: PathFacts
  readonly verdict: PathVerdict
  readonly applied?: { readonly file: string; readonly changes: readonly string[] }
}

export function progressText({ step, elapsedMs, totalMs }: PathProgress, columns: number): string {
  const leftMs = Math.max(0, totalMs - elapsedMs)
  const percent = Math.min(99, Math.floor((100 * elapsedMs) / Math.max(1, totalMs)))
  return `measuring: ${step}  ${formatDuration(Math.round(elapsedMs / 1000) * 1000)}  ${percent} %  at most ${formatDuration(Math.ceil(leftMs / 1000) * 1000)} more`.slice(0, Math.max(0, columns - 1))
}

function reachLine({ what, from, to, end, elapsedMs, isOpen, text }: ReachFacts): string {
  const how = end === 'connected' ? `comes up (${elapsedMs} ms)` : end === 'timed-out' ? 'no answer' : `${end}${text === '' ? '' : `: ${text}`}`
  return `  ${what} from the ${from === 'dialler' ? 'dialling' : 'accepting'} side to ${printable(to)}${isOpen ? '' : ', a port that nobody opened'}: ${printable(how)}`
}

function factLines(facts: PathFacts): string[] {
  const { dialler, acceptor, names, roundTrip, clock, throughput, mtu, reach, unmeasured, program, kind } = facts
  const ofPeer = program === undefined ? '' : ` (${program})`
  const lines = [printable(kind === 'agent' ? `Dialling side: ${dialler}${ofPeer}. Accepting side: ${acceptor}.` : `Dialling side: ${dialler}. Accepting side: ${acceptor}${ofPeer}.`)]
  for (const { address, names: found, isConsistent } of names) lines.push(printable(`  ${address}: ${found.length === 0 ? 'no name' : `${found.join(', ')}${isConsistent === true ? ', which leads back' : ', which does not lead back'}`}`))
  lines.push(...reach.map(reachLine))
  if (roundTrip !== undefined) lines.push(`  Round trip: ${roundTrip.minMs} ms at best, ${roundTrip.medianMs} ms as a rule${roundTrip.loadedMs === undefined ? '' : `, ${roundTrip.loadedMs} ms when the path is filled`}`)
  for (const { from, bytes, elapsedMs } of throughput) lines.push(`  Throughput from the ${from === 'dialler' ? 'dialling' : 'accepting'} side: ${formatSize(Math.round((bytes * 1000) / elapsedMs))}/s`)
  for (const { from, isBlackHole, passesBytes } of mtu) lines.push(`  Packets from the ${from === 'dialler' ? 'dialling' : 'accepting'} side: ${isBlackHole ? `large ones vanish, of ${passesBytes} bytes pass` : 'of every size pass'}`)
  if (clock !== undefined) lines.push(`  Clock of the accepting side: ${clock.offsetMs >= 0 ? '+' : ''}${clock.offsetMs} ms (within ${clock.errorMs} ms)`)
  lines.push(...unmeasured.map((what) => `  Not measured: ${printable(what)}.`))
  return lines
}

function findingLines({ code, severity, symptom, details, cause, confidence, advice, cures, check }: Finding): string[] {
  return [
    `${severity.toUpperCase()} ${code}`,
    `  ${symptom}.`,
    ...details.map((detail) => `  ${printable(detail)}`),
    `  Cause (${confidence}): ${cause}`,
    `  First: ${advice}`,
    ...cureLines(cures.filter((cure) => isCureFor(cure, process.platform))),
    `  To see whether it helped: ${check}`,
    '',
  ]
}

export function pathText({ facts, verdict, applied }: PathResult): string {
  const { recommended, sentence, findings } = verdict
  const lines = [
    ...factLines(facts),
    '',
    ...findings.flatMap(findingLines),
    sentence,
    recommended === undefined ? 'The heartbeat need not be changed.' : `Recommended: a heartbeat of ${ageText(recommended.heartbeatMs)}; for other programs TCP keepalive after ${ageText(recommended.keepaliveMs)} and every ${ageText(recommended.keepaliveMs)}.`,
    ...(applied === undefined ? [] : applied.changes.length === 0 ? [`${printable(applied.file)} needs no change.`] : [`${printable(applied.file)} was changed: ${applied.changes.join(', ')}. Restart the server to use it.`]),
  ]
  return `${lines.join('\n')}\n`
}
