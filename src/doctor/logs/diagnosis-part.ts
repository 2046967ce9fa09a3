// What the lines of some of the files say, as plain values that can come from another thread; and the diagnosis of several such parts. It is the same
// whatever files are in which part: what comes first and what is left out is decided by the places of the lines. Pure.

import type { Diagnosis } from '../contract.ts'
import { FAULT_KINDS } from '../kinds.ts'
import { connectionsLostAtOnce } from '../kinds/network/connections-lost-at-once.ts'
import { joinGroupParts, type FaultGroup, type GroupPart, type PlacedLine } from './fault-group.ts'
import { FaultGroups } from './fault-groups.ts'
import { findingsOf } from './finding.ts'
import { joinedCodes } from './join-findings.ts'
import type { LeftStuck, LostConnection } from './lost-connection.ts'
import { joinVague } from './whose-fault.ts'

export const UNKNOWN_MAX = 40
/** Silences are numbers; of many thousand the first say enough. */
export const LOST_MAX = 2000

const KINDS_BY_CODE = new Map(FAULT_KINDS.map((kind) => [kind.code, kind]))

export interface DiagnosisPart {
  /** In the order of their places. */
  readonly groups: readonly GroupPart[]
  /** The first of the failures that no kind explains. */
  readonly unknown: readonly PlacedLine[]
  readonly unknownCount: number
  readonly lost: readonly LostConnection[]
  readonly stuck: readonly LeftStuck[]
}

/** What `parts` say together. Each has whole files. */
export function diagnosisOf(parts: readonly DiagnosisPart[]): Pick<Diagnosis, 'findings' | 'unknown' | 'unknownCount'> {
  const byFile = (a: { readonly file: number }, b: { readonly file: number }): number => a.file - b.file
  const lost = parts.flatMap((part) => part.lost).toSorted(byFile).slice(0, LOST_MAX)
  const stuck = parts.flatMap((part) => part.stuck).toSorted(byFile).slice(0, LOST_MAX)
  const unknown = parts.flatMap((part) => part.unknown).toSorted((a, b) => a.place - b.place).slice(0, UNKNOWN_MAX)
  const groups = namedTogether(joinedGroups(parts.flatMap((part) => part.groups)), lost, stuck)
  return { findings: findingsOf(joinVague(groups), lost), unknown: unknown.map(({ evidence }) => evidence), unknownCount: parts.reduce((sum, part) => sum + part.unknownCount, 0) }
}

function joinedGroups(parts: readonly GroupPart[]): readonly FaultGroup[] {
  const groups = new FaultGroups()
  const partsOf = new Map<FaultGroup, [GroupPart, ...GroupPart[]]>()
  for (const part of parts.toSorted((a, b) => a.place - b.place)) {
    const kind = KINDS_BY_CODE.get(part.code)
    if (kind === undefined) continue
    const group = groups.of(kind, part.host, part.disk)
    const known = partsOf.get(group)
    if (known === undefined) partsOf.set(group, [part])
    else known.push(part)
  }
  for (const [group, ofGroup] of partsOf) group.absorb(joinGroupParts(ofGroup))
  return groups.all()
}

/** Faults that are another one when they are seen beside each other get its name. */
function namedTogether(groups: readonly FaultGroup[], lost: readonly LostConnection[], stuck: readonly LeftStuck[]): readonly FaultGroup[] {
  const codes = joinedCodes(groups.map(({ kind: { code }, host, disk }) => ({ code, host, disk })), lost, stuck)
  const named = new FaultGroups()
  for (const [index, group] of groups.entries()) {
    const kind = KINDS_BY_CODE.get(codes[index] ?? '') ?? group.kind
    named.of(kind, group.host, kind === connectionsLostAtOnce ? undefined : group.disk).absorb(group)
  }
  return named.all()
}
