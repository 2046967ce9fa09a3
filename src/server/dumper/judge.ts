// What a dump came to, from what the client said and what arrived. Pure. A dump is good only if the client said `end`, no error, and every
// checksum that was given agrees with the bytes at the next hop.

import { Fault } from '../../kernel/fault.ts'
import type { DumpRecord } from '../../catalog/contract.ts'
import type { DiskListEntry } from '../../config/resolved.ts'
import type { MesgSummary } from '../../wire/amanda/mesg-summary.ts'
import type { DumpTotals } from './contract.ts'
import { RetryWanted } from './open-streams.ts'
import type { Sum } from './vault/vault-dump.ts'

/** Why the dump must not be called good; undefined when it may. */
export function judgeDump(summary: MesgSummary, arrived: Sum, entry: DiskListEntry): Fault | undefined {
  const [error] = summary.errors
  if (summary.retry !== undefined) return new RetryWanted({ ...summary.retry, ...(error === undefined ? {} : { message: error }) })
  if (error !== undefined) return new Fault('agent-error', error)
  if (!summary.hasEnd) return new Fault('dump-incomplete', 'the client ended the dump without saying that it was complete')
  if (summary.clientCrc !== undefined && summary.clientCrc !== arrived.text()) return new Fault('dump-crc-differs', `the client sent ${summary.clientCrc}, ${arrived.text()} arrived`)
  const isClientFiltered = (entry.compress.kind !== 'none' && entry.compress.where === 'client') || (entry.encrypt.kind !== 'none' && entry.encrypt.where === 'client')
  if (!isClientFiltered && summary.nativeCrc !== undefined && summary.nativeCrc !== arrived.text()) return new Fault('dump-crc-differs', `the application made ${summary.nativeCrc}, ${arrived.text()} arrived`)
  return undefined
}

/** What the client said about the sizes, or what can be told without it. */
export function totalsOf(summary: MesgSummary, arrived: Sum, stored: Sum): DumpTotals {
  const nativeText = summary.nativeCrc?.slice(summary.nativeCrc.indexOf(':') + 1)
  const nativeBytes = nativeText === undefined ? (summary.originalKib === undefined ? arrived.bytes : summary.originalKib * 1024) : Number(nativeText)
  return {
    nativeBytes,
    storedBytes: stored.bytes,
    originalKib: summary.originalKib ?? Math.ceil(nativeBytes / 1024),
    ...(summary.nativeCrc === undefined ? {} : { nativeCrc: summary.nativeCrc }),
    clientCrc: summary.clientCrc ?? arrived.text(),
    serverCrc: stored.text(),
  }
}

/** Lines the server adds to those of the client. */
export function strangeAdditions(summary: MesgSummary, filterLines: readonly string[], indexFault: Fault | undefined, isCutAtSource = false): string[] {
  return [
    ...filterLines.map((line) => `? server filter: ${line}`),
    ...(indexFault === undefined ? [] : [`? the index of this dump is not kept: ${indexFault.message}`]),
    // Of a dump that is cut at its source, the vault compares the sum of the application itself.
    ...(summary.clientCrc === undefined && !isCutAtSource ? ['? the client sent no checksum of its data'] : []),
  ]
}

/** A line of the client that is kept in the catalog, and how many of them. */
const STRANGE_LINES_MAX = 40
const STRANGE_LINE_CHARACTERS_MAX = 200

/** What the catalog remembers of the client's lines. */
export function strangeLinesOf(lines: readonly string[]): string[] {
  return lines.filter((line) => line.startsWith('?')).slice(0, STRANGE_LINES_MAX).map((line) => line.slice(0, STRANGE_LINE_CHARACTERS_MAX))
}

/** The row of a dump that went well, wherever it is stored. */
export function rowOfGood(record: DumpRecord, totals: DumpTotals, outcome: 'good' | 'strange', lines: readonly string[], endedMs: number): DumpRecord {
  const { originalKib: _originalKib, ...sums } = totals
  return { ...record, ...sums, status: 'complete', outcome, endedMs, strangeLines: strangeLinesOf(lines) }
}
