// Dump specifications of Amanda's programs: which dumps are meant, as groups of match expressions in the order host, disk, datestamp, level. What a group leaves
// out matches everything. Format: docs/formats/match-expressions.md.

import { matchDatestamp, matchDisk, matchHost, matchLevel } from './match-expression.ts'

export interface DumpSpec {
  readonly host: string
  readonly disk?: string
  readonly datestamp?: string
  readonly level?: string
}

export interface SpeccedDump {
  readonly host: string
  readonly disk: string
  readonly datestamp: string
  readonly level: number
}

export interface SpecForm {
  /** Words of a group: with the level or without. */
  readonly groupSize: 3 | 4
  /** Hosts and disks are taken literally. */
  readonly isExact: boolean
}

/** The groups in `words`. Whether an expression is one shows when a dump is matched with it. */
export function parseDumpSpecs(words: readonly string[], { groupSize, isExact }: SpecForm): DumpSpec[] {
  const specs: DumpSpec[] = []
  const literal = (expression: string): string => (isExact && expression !== '' ? `=${expression}` : expression)
  for (let at = 0; at < words.length; at += groupSize) {
    const [host, disk, datestamp, level] = words.slice(at, at + groupSize)
    if (host === undefined) break
    specs.push({ host: literal(host), ...(disk === undefined ? {} : { disk: literal(disk) }), ...(datestamp === undefined ? {} : { datestamp }), ...(level === undefined ? {} : { level }) })
  }
  return specs
}

/** Whether one of `specs` means `dump`; none at all means every dump. Throws `usage-wrong` for an expression that is none. */
export function matchesSpec(specs: readonly DumpSpec[], dump: SpeccedDump): boolean {
  return specs.length === 0 || specs.some((spec) => matchesOne(spec, dump))
}

/** An empty word says nothing, as one that is left out. */
function isSaid(word: string | undefined): word is string {
  return word !== undefined && word !== ''
}

function matchesOne({ host, disk, datestamp, level }: DumpSpec, dump: SpeccedDump): boolean {
  if (isSaid(host) && !matchHost(host, dump.host)) return false
  if (isSaid(disk) && !matchDisk(disk, dump.disk)) return false
  if (isSaid(datestamp) && !matchDatestamp(datestamp, dump.datestamp)) return false
  return !isSaid(level) || matchLevel(level, String(dump.level))
}
