// Findings for people, of groups of lines: one for each cause, not one for each line, disk or client. What followed from another fault is told there.
// Disks of one client are one finding, and so are many clients that were hit by the same. Pure.

import type { DumpName, Evidence, FaultKind, Finding } from '../contract.ts'
import { FaultGroup, keepLine, type PlacedLine } from './fault-group.ts'
import { measureFault } from './join-findings.ts'
import type { LostConnection } from './lost-connection.ts'
import { isSameHost, sourcesOf } from './whose-fault.ts'

/** As many clients are not told apart: what hit them is one thing. */
const HOSTS_MERGED_MIN = 3
const NAMES_SHOWN_MAX = 12
/** Clients that fail within this time fail together. */
const TOGETHER_MS_MAX = 120_000
const SEVERITIES = ['failure', 'warning', 'notice'] as const

interface Followed {
  readonly kind: FaultKind
  readonly count: number
  readonly evidence: readonly Evidence[]
}

/** `2026-11-23 22:25:09`. Undefined for times that no clock shows. */
export function formatTime(atMs: number | undefined): string | undefined {
  // Year 9999 ends there.
  if (atMs === undefined || !Number.isFinite(atMs) || Math.abs(atMs) > 253_402_300_799_000) return undefined
  const text = new Date(atMs).toISOString()
  // Syslog writes no year.
  return text.startsWith('2000-') ? text.slice(5, 19).replace('T', ' ') : text.slice(0, 19).replace('T', ' ')
}

function evidenceOf(lines: readonly PlacedLine[]): Evidence[] {
  return lines.map(({ evidence }) => evidence)
}

function times(count: number): string {
  return count === 1 ? 'once' : `${count} times`
}

function listed(names: readonly string[]): string {
  const more = names.length - NAMES_SHOWN_MAX
  return `${names.slice(0, NAMES_SHOWN_MAX).join(', ')}${more > 0 ? ` and ${more} more` : ''}`
}

function dayOf(run: string): string {
  return `${run.slice(0, 4)}-${run.slice(4, 6)}-${run.slice(6, 8)}`
}

/** Groups of one kind that are one finding. */
function mergedGroups(groups: readonly FaultGroup[]): FaultGroup[][] {
  const byHost: FaultGroup[][] = []
  const unnamed = groups.filter(({ host }) => host === undefined)
  for (const group of groups) {
    const { host } = group
    if (host === undefined) continue
    const known = byHost.find(([first]) => first?.host !== undefined && isSameHost(first.host, host))
    if (known === undefined) byHost.push([group])
    else known.push(group)
  }
  if (byHost.length >= HOSTS_MERGED_MIN) return [groups.toSorted((a, b) => a.firstMs - b.firstMs || 0)]
  return [...byHost, ...unnamed.map((group) => [group])]
}

function followedOf(groups: readonly FaultGroup[]): Followed[] {
  return [...Map.groupBy(groups, ({ kind }) => kind)].map(([kind, ofKind]) => ({ kind, count: ofKind.reduce((sum, { count }) => sum + count, 0), evidence: evidenceOf(ofKind[0]?.lines.slice(0, 1) ?? []) }))
}

function dumpsOf(groups: readonly FaultGroup[]): DumpName[] {
  return groups.flatMap(({ host, disk }) => (host === undefined ? [] : [{ host, ...(disk === undefined ? {} : { disk }) }]))
}

function describeDumps(dumps: readonly DumpName[], all: FaultGroup): string[] {
  const hosts = [...new Set(dumps.map(({ host }) => host))]
  const disks = dumps.flatMap(({ disk }) => disk ?? [])
  if (hosts.length < HOSTS_MERGED_MIN) return disks.length > 1 ? [`It hit ${disks.length} disks: ${listed(disks)}.`] : []
  const apartMs = all.lastMs - all.firstMs
  const together = apartMs >= 0 && apartMs <= TOGETHER_MS_MAX ? [`All within ${(apartMs / 1000).toFixed(1)} s: look for the cause where they have it in common, on the server or on the way to them.`] : []
  return [`It hit ${hosts.length} clients: ${listed(hosts)}.`, ...together]
}

function describeRuns(runs: readonly string[]): string[] {
  const [first] = runs
  const last = runs.at(-1)
  return first === undefined || last === undefined || first === last ? [] : [`In ${runs.length} runs, from ${dayOf(first)} to ${dayOf(last)}.`]
}

function findingOf(groups: readonly FaultGroup[], followers: readonly FaultGroup[], lost: readonly LostConnection[]): Finding[] {
  const [first] = groups
  if (first === undefined) return []
  const { kind } = first
  const dumps = dumpsOf(groups)
  const hosts = new Set(dumps.map(({ host }) => host))
  const host = hosts.size === 1 ? dumps[0]?.host : undefined
  const disk = host !== undefined && groups.length === 1 ? first.disk : undefined
  const all = new FaultGroup(kind, host, disk)
  for (const group of groups) all.absorb(group)
  const lines: PlacedLine[] = []
  // Of many dumps a line of each.
  for (const group of groups) for (const line of group.lines.slice(0, groups.length > 1 ? 1 : undefined)) keepLine(lines, line)
  const { details, measured, confidence, ...inferred } = measureFault({ code: kind.code, host, disk }, lost)
  const followed = followedOf(followers)
  const streams = [...all.streams].toSorted()
  const runs = [...all.runs.keys()].toSorted()
  const firstTime = formatTime(all.firstMs)
  const lastTime = formatTime(all.lastMs)
  return [{
    code: kind.code,
    severity: kind.severity,
    symptom: kind.symptom,
    host: dumps.length === 0 ? inferred.host : host,
    disk: dumps.length <= 1 ? inferred.disk : disk,
    dumps,
    details: [
      ...details,
      // What was measured names them as well.
      ...(streams.length > 0 && details.length === 0 ? [`${streams.length === 1 ? 'The stream' : 'The streams'} that broke: ${streams.join(', ')}.`] : []),
      ...describeDumps(dumps, all),
      ...describeRuns(runs),
      ...followed.map((other) => `What followed from it (${times(other.count)}): ${other.kind.symptom}`),
    ],
    streams,
    runs,
    ...(firstTime === undefined ? {} : { firstTime }),
    ...(lastTime === undefined ? {} : { lastTime }),
    evidence: [...evidenceOf(lines), ...followed.flatMap((other) => other.evidence)],
    count: all.count,
    cause: kind.cause,
    confidence: confidence ?? kind.confidence,
    advice: kind.advice,
    cures: measured === undefined ? kind.cures : (kind.curesFor?.(measured) ?? kind.cures),
    check: kind.check,
    page: `doctor/${kind.code}.md`,
  }]
}

/** What speaks for itself and what followed from it, worst first, then in the order of their times. `groups` are joined already. */
export function findingsOf(groups: readonly FaultGroup[], lost: readonly LostConnection[]): Finding[] {
  const sources = sourcesOf(groups)
  const followers = Map.groupBy(groups, (group) => sources.get(group))
  const byKind = Map.groupBy(followers.get(undefined) ?? [], ({ kind }) => kind)
  const findings = [...byKind.values()].flatMap(mergedGroups).flatMap((merged) => findingOf(merged, merged.flatMap((group) => followers.get(group) ?? []), lost))
  // A cause comes before what it brings; what no clock was read for comes last.
  const timeOf = ({ firstTime = '~' }: Finding): string => firstTime
  return findings.toSorted((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || (timeOf(a) < timeOf(b) ? -1 : timeOf(a) > timeOf(b) ? 1 : b.count - a.count))
}
