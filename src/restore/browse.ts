// Looks into the index files of dumps: what a directory held at a date, and where a name was dumped. The index of an incremental names
// only what it dumped, so a directory is the union over the chain of a restore; what was deleted between the levels is still listed, as Amanda does.

import { indexPath } from '../catalog/index-file/index-format.ts'
import { IndexReader } from '../catalog/index-file/index-reader.ts'
import type { CatalogReader, DumpRecord } from '../catalog/contract.ts'
import type { Disk } from '../kernel/disk.ts'
import { systemErrorCode } from '../kernel/fault.ts'

export interface IndexPlace {
  readonly disk: Disk
  /** Where index files lie. */
  readonly directory: string
}

export interface ListedName {
  /** Escaped as in the index; a directory ends in `/`. */
  readonly line: string
  /** The newest dump of the chain that has it. */
  readonly dump: DumpRecord
}

export interface Listing {
  readonly names: readonly ListedName[]
  /** Dumps of the chain without an index. */
  readonly withoutIndex: readonly DumpRecord[]
  /** More names than the limit. */
  readonly isCut: boolean
}

const NAMES_MAX = 1_000_000

/** What lies in `directory` (`/a/b`, escaped) at the end of `chain` (see plan.ts). */
export async function listDirectory(place: IndexPlace, chain: readonly DumpRecord[], directory: string, limit = NAMES_MAX): Promise<Listing> {
  const names = new Map<string, DumpRecord>()
  const withoutIndex: DumpRecord[] = []
  let isCut = false
  for (const dump of chain) {
    await using reader = await openIndex(place, dump)
    if (reader === undefined) {
      withoutIndex.push(dump)
      continue
    }
    for await (const line of reader.list(directory)) {
      if (names.size >= limit && !names.has(line)) isCut = true
      else names.set(line, dump)
    }
  }
  const sorted = [...names].map(([line, dump]) => ({ line, dump })).toSorted((a, b) => (a.line < b.line ? -1 : 1))
  return { names: sorted, withoutIndex, isCut }
}

/** The index of a dump; undefined when it has none. The caller closes it. Rejects with `index-damaged`. */
export async function openIndex(place: IndexPlace, dump: DumpRecord): Promise<IndexReader | undefined> {
  try {
    return await IndexReader.open(place.disk, indexPath(place.directory, dump))
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined
    throw error
  }
}

export interface FindWish {
  readonly host?: string
  readonly disk?: string
  /** A glob: `*` and `?` match within a name, `**` also slashes. Without a slash it is matched with the last part of a path, else with all of it. */
  readonly pattern: string
}

/** Every place where a name that matches was dumped, newest run first. Stops when the caller does or `signal` aborts. */
export async function* findNames(place: IndexPlace, catalog: CatalogReader, wish: FindWish, signal: AbortSignal): AsyncGenerator<ListedName> {
  const matches = globMatcher(wish.pattern)
  const prefix = wish.pattern.startsWith('/') ? (/^[^*?[\\]*/.exec(wish.pattern)?.[0] ?? '') : ''
  const dumps = await catalog.dumps({ ...(wish.host === undefined ? {} : { host: wish.host }), ...(wish.disk === undefined ? {} : { disk: wish.disk }) })
  for (const dump of dumps) {
    if (dump.status !== 'complete' && dump.status !== 'partial') continue
    await using reader = await openIndex(place, dump)
    if (reader === undefined) continue
    for await (const line of reader.linesFrom(prefix)) {
      if (!line.startsWith(prefix) || signal.aborted) break
      if (matches(line)) yield { line, dump }
    }
    if (signal.aborted) return
  }
}

function globMatcher(pattern: string): (line: string) => boolean {
  const source = pattern.replace(/\*\*|\*|\?|[^*?]+/g, (token) => {
    if (token === '**') return '.*'
    if (token === '*') return '[^/]*'
    if (token === '?') return '[^/]'
    return token.replace(/[.+^${}()|[\]\\]/g, '\\$&')
  })
  const whole = new RegExp(`^${source}/?$`)
  if (pattern.includes('/')) return (line) => whole.test(line)
  return (line) => {
    const end = line.endsWith('/') ? line.length - 1 : line.length
    return whole.test(line.slice(line.lastIndexOf('/', end - 1) + 1))
  }
}

/** Writes all lines of an index in order to `write`, as Amanda's `-sorted` files hold them. */
export async function exportIndex(reader: IndexReader, write: (text: string) => Promise<void>): Promise<void> {
  let text = ''
  for await (const line of reader.linesFrom()) {
    text += `${line}\n`
    if (text.length < EXPORT_BYTES) continue
    await write(text)
    text = ''
  }
  if (text !== '') await write(text)
}

const EXPORT_BYTES = 64 * 1024
