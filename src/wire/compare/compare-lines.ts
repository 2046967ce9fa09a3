// What goes over the stream of the service `compare`: to the agent, lines of an index with attributes in the order of the tree (wire/tar/index-entry.ts); back,
// one line a difference and at the end one with counts. Format: docs/protocol/compare.md.
//
//   SUM \t SIZE \t PATH            to the agent, behind a line `contents`, when contents are compared
//   WHAT \t PATH \t DETAIL          PATH is escaped as in the index
//   end \t JSON of the counts

import { Fault } from '../../kernel/fault.ts'

/**
 * `missing`: the dump has it and the disk has not. `absent`: the disk has it and the dump has not. `damaged`: content or kind differs though nobody changed it since.
 * `metadata`: only owner, mode or times do. `changed`: something differs, and it was changed after the dump. `unreadable`: it could not be looked at.
 */
export type DifferenceKind = 'missing' | 'absent' | 'damaged' | 'metadata' | 'changed' | 'unreadable'

export interface LiveDifference {
  readonly kind: DifferenceKind
  /** Escaped as in the index. */
  readonly path: string
  readonly detail: string
}

/** `contents`: files whose content was compared and is the same. */
export type CompareCounts = Readonly<Record<DifferenceKind | 'same' | 'contents' | 'told', number>>

/** What a dump holds of a file: src/stream/content-sum.ts. */
export interface SumLine {
  readonly sum: string
  readonly size: number
  /** Escaped as in the index. */
  readonly path: string
}

export type CompareLine = { readonly kind: 'difference'; readonly difference: LiveDifference } | { readonly kind: 'end'; readonly counts: CompareCounts }

const KINDS: readonly DifferenceKind[] = ['missing', 'absent', 'damaged', 'metadata', 'changed', 'unreadable']
const COUNTS: readonly (keyof CompareCounts)[] = [...KINDS, 'same', 'contents', 'told']
const DETAIL_CHARACTERS_MAX = 500
/** `COMPARE since [CONTENT]`: milliseconds since 1970 when the newest dump began. */
const REQUEST = /^COMPARE (\d{1,16})( CONTENT)?\n/
/** Between the lines of the index, which begin with a slash, and the checksums. */
export const SUMS_FOLLOW = 'contents'
const SUM_LINE = /^([0-9a-f]{64})\t(\d{1,16})\t(\/[^\t]*)$/

/** `disks` is a request as selfcheck has it, of one disk. */
export function formatCompareRequest(sinceMs: number, hasContent: boolean, disks: string): string {
  return `COMPARE ${Math.floor(sinceMs)}${hasContent ? ' CONTENT' : ''}\n${disks}`
}

/** Throws `wire-malformed`. */
export function parseCompareRequest(body: string): { readonly sinceMs: number; readonly hasContent: boolean; readonly disks: string } {
  const match = REQUEST.exec(body)
  if (match === null) throw new Fault('wire-malformed', 'compare: the request does not say when the dump was made')
  return { sinceMs: Number(match[1]), hasContent: match[2] !== undefined, disks: body.slice(match[0].length) }
}

export function formatSumLine({ sum, size, path }: SumLine): string {
  return `${sum}\t${size}\t${path}\n`
}

/** Throws `wire-malformed`. */
export function parseSumLine(text: string): SumLine {
  const [, sum, size, path] = SUM_LINE.exec(text) ?? []
  if (sum === undefined || path === undefined || !Number.isSafeInteger(Number(size))) throw new Fault('wire-malformed', `compare: ${JSON.stringify(text.slice(0, 200))} is no checksum of a file`)
  return { sum, size: Number(size), path }
}

export function formatDifference({ kind, path, detail }: LiveDifference): string {
  return `${kind}\t${path}\t${detail.replaceAll(/[\t\n]/g, ' ').slice(0, DETAIL_CHARACTERS_MAX)}\n`
}

export function formatCounts(counts: CompareCounts): string {
  return `end\t${JSON.stringify(counts)}\n`
}

function parseCounts(text: string): CompareCounts {
  let value: unknown
  try {
    value = JSON.parse(text)
  } catch {
    value = undefined
  }
  const counts = value as Readonly<Record<string, unknown>> | null | undefined
  if (typeof counts !== 'object' || counts === null || !COUNTS.every((name) => Number.isSafeInteger(counts[name]) && Number(counts[name]) >= 0)) throw new Fault('wire-malformed', 'compare: the counts of the agent cannot be read')
  return Object.fromEntries(COUNTS.map((name) => [name, Number(counts[name])])) as Record<keyof CompareCounts, number>
}

/** Throws `wire-malformed`. */
export function parseCompareLine(text: string): CompareLine {
  const [word = '', path, ...rest] = text.split('\t')
  if (word === 'end') return { kind: 'end', counts: parseCounts(path ?? '') }
  const kind = KINDS.find((known) => known === word)
  if (kind === undefined || path === undefined) throw new Fault('wire-malformed', `compare: the agent says ${JSON.stringify(text.slice(0, 200))}`)
  return { kind: 'difference', difference: { kind, path, detail: rest.join(' ').slice(0, DETAIL_CHARACTERS_MAX) } }
}
