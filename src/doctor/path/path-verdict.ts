// From the facts of a measurement to what they mean: one sentence about the idle limit, the heartbeat and keepalive to use, and findings in the
// same form as those of logs. Pure.

import type { Finding, Severity } from '../contract.ts'
import { pathClocksApart } from '../kinds/path/path-clocks-apart.ts'
import { pathFiltered } from '../kinds/path/path-filtered.ts'
import { pathIdleLimit } from '../kinds/path/path-idle-limit.ts'
import { pathMtuBlackHole } from '../kinds/path/path-mtu-black-hole.ts'
import { pathNamesDiffer } from '../kinds/path/path-names-differ.ts'
import { pathNat } from '../kinds/path/path-nat.ts'
import { pathProxy } from '../kinds/path/path-proxy.ts'
import { pathUnsteady } from '../kinds/path/path-unsteady.ts'
import type { IdleFacts, IdleLimit, KeptFact, PathFacts } from '../../wire/probe/path-facts.ts'
import type { PathKind } from './path-kind.ts'

export interface Recommended {
  readonly heartbeatMs: number
  /** For TCP keepalive of other programs: both the time before the first probe and the interval. */
  readonly keepaliveMs: number
}

export interface PathVerdict {
  readonly sentence: string
  /** Undefined without a limit: any heartbeat will do. */
  readonly recommended: Recommended | undefined
  readonly findings: readonly Finding[]
}

/** Milliseconds. The least that holdfast.yaml takes, and the least that TCP knows. */
const INTERVAL_MS_MIN = 1000
/** Milliseconds. The heartbeat that is used without a limit: a longer one saves nothing and notices a cut later. */
const HEARTBEAT_MS_MAX = 10_000
/** Milliseconds. A keepalive of more than some minutes is found out too late when a peer has gone. */
const KEEPALIVE_MS_MAX = 120_000
/** Milliseconds. Firewalls count their limits in steps of about a second, so a short one is not known better. */
const GRANULE_MS = 1000
/** Milliseconds. Less is normal between machines that no time service sets. */
const CLOCKS_NOTICE_MS = 2000
const CLOCKS_WARNING_MS = 60_000

/** `4.8 s`, `350 s`, `62 min`. */
export function ageText(milliseconds: number): string {
  if (milliseconds < 9950) return `${(milliseconds / 1000).toFixed(1)} s`
  return milliseconds < 600_000 ? `${Math.round(milliseconds / 1000)} s` : `${Math.round(milliseconds / 60_000)} min`
}

/** Whole seconds, half of the longest silence that was survived or less; of what was seen to keep connections, the longest. */
export function recommendedFor(limit: IdleLimit, idle: Pick<IdleFacts, 'keepalive' | 'heartbeat'>): Recommended {
  const halfMs = Math.floor(limit.lastAliveMs / 2000) * 1000
  return { heartbeatMs: intervalFor(halfMs, idle.heartbeat, HEARTBEAT_MS_MAX), keepaliveMs: intervalFor(halfMs, idle.keepalive, KEEPALIVE_MS_MAX) }
}

function intervalFor(halfMs: number, kept: readonly KeptFact[], mostMs: number): number {
  const tooLongMs = Math.min(Number.POSITIVE_INFINITY, ...kept.filter(({ isAlive }) => !isAlive).map(({ intervalMs }) => intervalMs))
  // Where half the limit was not enough, what was seen to be enough is.
  const savingMs = Math.max(0, ...kept.filter(({ isAlive, intervalMs }) => isAlive && intervalMs < tooLongMs).map(({ intervalMs }) => intervalMs))
  const wantedMs = tooLongMs <= halfMs ? savingMs : halfMs
  return Math.max(INTERVAL_MS_MIN, Math.min(mostMs, wantedMs))
}

function losesText(limit: IdleLimit): string {
  switch (limit.losesFrom) {
    case 'both':
      return 'in both directions'
    case 'dialler':
      return 'from the dialling side to the accepting side only'
    case 'acceptor':
      return 'from the accepting side to the dialling side only'
    case 'unknown':
      return 'from the dialling side (the other direction could not be measured)'
  }
}

function howText({ how, toldTo, isUnprompted }: IdleLimit): string {
  const told = toldTo.length === 2 ? 'both sides have' : `only the ${toldTo[0] === 'acceptor' ? 'accepting' : 'dialling'} side has`
  switch (how) {
    case 'silence':
      return 'what is sent afterwards vanishes, and nobody is told'
    case 'closed':
      return `the connection is ended at that age${isUnprompted ? ', without a packet of either side' : ''}; ${told} seen it`
    case 'reset':
      return `${isUnprompted ? 'at that age' : 'what is sent afterwards is answered by'} a reset${isUnprompted ? ' comes' : ''}; ${told} seen one`
  }
}

function sentenceOf({ outcome, limit, testedMs, reason }: IdleFacts): string {
  switch (outcome) {
    case 'limit':
      return limit === undefined ? 'There is an idle limit.' : `Silent connections are lost between ${ageText(limit.lastAliveMs)} and ${ageText(limit.firstDeadMs)}, ${losesText(limit)}: ${howText(limit)}.`
    case 'none':
      return `No idle limit up to ${ageText(testedMs)}.`
    case 'erratic':
      return `Connections were lost, but at no age in particular; some survived ${ageText(testedMs)} of silence.`
    case 'disturbed':
      return 'The path was cut while it was not idle, so nothing can be said of an idle limit.'
    case 'unmeasured':
      return `The idle limit could not be measured: ${reason ?? 'no connection could be used'}.`
  }
}

function keptText(what: string, kept: readonly KeptFact[], limit: IdleLimit): string[] {
  const asked = kept.filter(({ intervalMs }) => intervalMs <= limit.lastAliveMs / 2)
  const saving = asked.filter(({ isAlive }) => isAlive).map(({ intervalMs }) => intervalMs / 1000)
  const failing = asked.filter(({ isAlive }) => !isAlive).map(({ intervalMs }) => intervalMs / 1000)
  if (asked.length === 0) return [`Whether ${what} saves a connection could not be seen: half the limit is less than a second.`]
  return [
    ...(saving.length > 0 ? [`${what} every ${saving.join(', ')} s kept connections alive beyond the limit.`] : []),
    ...(failing.length > 0 ? [`${what} every ${failing.join(', ')} s did not, although it is half the limit or less.`] : []),
  ]
}

function findingOf(kind: PathKind, details: readonly string[], severity: Severity = kind.severity): Finding {
  const { code, symptom, cause, confidence, advice, cures, check } = kind
  return { code, severity, symptom, host: undefined, disk: undefined, details, evidence: [], count: details.length, cause, confidence, advice, cures, check, page: `doctor/${code}.md` }
}

/** The cures with what was found in the place of words to be filled in. */
function filledIn(finding: Finding, peer: string, { keepaliveMs }: Recommended): Finding {
  const fill = (line: string): string => line.replaceAll('MILLISECONDS', String(keepaliveMs)).replaceAll('SECONDS', String(keepaliveMs / 1000)).replaceAll('HOST', peer)
  return { ...finding, cures: finding.cures.map((cure) => ({ ...cure, ...(cure.commands === undefined ? {} : { commands: cure.commands.map(fill) }) })) }
}

/** A limit that the heartbeat in use is short enough for is no more than worth knowing. */
function idleFindings({ idle, peer }: PathFacts, usedHeartbeatMs: number | undefined): Finding[] {
  const { outcome, limit, keepalive, heartbeat, lostCount, connections } = idle
  if (outcome === 'erratic' || outcome === 'disturbed') return [findingOf(pathUnsteady, [sentenceOf(idle), `${lostCount} of ${connections} silent connections were lost.`])]
  if (outcome !== 'limit' || limit === undefined) return []
  const isShortEnough = usedHeartbeatMs !== undefined && usedHeartbeatMs <= limit.lastAliveMs / 2
  const details = [
    sentenceOf(idle),
    ...(limit.firstDeadMs - limit.lastAliveMs < GRANULE_MS ? ['Firewalls count in steps of about a second, so the limit itself may be a second away from this.'] : []),
    ...(limit.losesFrom === 'unknown' ? [] : [...keptText('TCP keepalive', keepalive, limit), ...keptText('A heartbeat', heartbeat, limit)]),
    ...(isShortEnough ? [`The heartbeat in use (${ageText(usedHeartbeatMs)}) is short enough.`] : []),
  ]
  return [filledIn(findingOf(pathIdleLimit, details, isShortEnough ? 'notice' : pathIdleLimit.severity), peer, recommendedFor(limit, idle))]
}

function reachFindings({ reach }: PathFacts): Finding[] {
  // Where no port was opened, a refusal is what shows that packets pass.
  const isUnopened = (from: string): boolean => !reach.some((fact) => fact.from === from && fact.isOpen)
  const closed = reach.filter(({ from, isOpen, end }) => (isOpen ? end !== 'connected' && end !== 'key-mismatch' : isUnopened(from) && (end === 'timed-out' || end === 'unreachable')))
  if (closed.length === 0) return []
  const words = { 'timed-out': 'no answer: dropped', refused: 'refused although the port is open', unreachable: 'unreachable', reset: 'reset', closed: 'closed at once', failed: 'failed', connected: '', 'key-mismatch': '' } as const
  return [findingOf(pathFiltered, closed.map(({ what, from, to, end, text }) => `${what} from the ${from} to ${to}: ${words[end]}${end === 'failed' ? ` (${text})` : ''}.`))]
}

function otherFindings(facts: PathFacts): Finding[] {
  const { mtu, translation, proxy, names, clock } = facts
  const holes = mtu.filter(({ isBlackHole }) => isBlackHole)
  const wrongNames = names.filter(({ isConsistent }) => isConsistent !== true)
  const apartMs = clock === undefined ? 0 : Math.abs(clock.offsetMs) - clock.errorMs
  return [
    ...(holes.length === 0 ? [] : [findingOf(pathMtuBlackHole, holes.map(({ from, passesBytes, failsBytes }) => `From the ${from}: packets of about ${passesBytes} bytes pass, of ${failsBytes} not.`))]),
    ...(proxy.length === 0 ? [] : [findingOf(pathProxy, proxy.map((sign) => `${sign.charAt(0).toUpperCase()}${sign.slice(1)}.`))]),
    ...reachFindings(facts),
    ...(apartMs < CLOCKS_NOTICE_MS || clock === undefined ? [] : [findingOf(pathClocksApart, [`The accepting side's clock is ${ageText(Math.abs(clock.offsetMs))} ${clock.offsetMs > 0 ? 'ahead' : 'behind'} (within ${clock.errorMs} ms).`], apartMs < CLOCKS_WARNING_MS ? 'notice' : 'warning')]),
    ...(translation.length === 0 ? [] : [findingOf(pathNat, translation.map(({ what, own, seen }) => `${what.charAt(0).toUpperCase()}${what.slice(1)} is ${own}; the other end sees ${seen}.`))]),
    ...(wrongNames.length === 0 ? [] : [findingOf(pathNamesDiffer, wrongNames.map(({ address, names: found, error }) => (found.length === 0 ? `${address} leads to no name${error === undefined ? '' : ` (${error})`}.` : `${address} leads to ${found.join(', ')}, which does not lead back.`)))]),
  ]
}

const SEVERITIES: readonly Severity[] = ['failure', 'warning', 'notice']

/** `usedHeartbeatMs`: of the configuration that the path is for; undefined: there is none. */
export function judgePath(facts: PathFacts, usedHeartbeatMs: number | undefined): PathVerdict {
  const { idle } = facts
  const findings = [...idleFindings(facts, usedHeartbeatMs), ...otherFindings(facts)].toSorted((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity))
  return { sentence: sentenceOf(idle), recommended: idle.outcome === 'limit' && idle.limit !== undefined ? recommendedFor(idle.limit, idle) : undefined, findings }
}
