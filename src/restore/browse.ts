// Looks into the index files of single dumps: where a name was dumped, and all names for programs of Amanda. What a disk looked like at a date is in
// tree-at.ts.

import { indexPath } from '../catalog/index-file/index-format.ts'
import { IndexReader } from '../catalog/index-file/index-reader.ts'
import type { CatalogReader, DumpRecord } from '../catalog/contract.ts'
import type { Disk } from '../kernel/disk.ts'
import { systemErrorCode } from '../kernel/fault.ts'
import { plainIndexLine } from '../wire/tar/index-entry.ts'
import type { TreeEntry } from './tree-at.ts'
import { attributesIn, kindOf } from './tree-layer.ts'

export interface IndexPlace {
  readonly disk: Disk
  /** Where index files lie. */
  readonly directory: string
  /** Makes those that are not there but can be made. */
  readonly missing?: MissingIndexes
}

export interface MissingIndexes {
  /** The path of the index; undefined when the dump can have none. Rejects with what reading the dump rejects with. */
  make(dump: DumpRecord): Promise<string | undefined>
}

/** The index of a dump; undefined when it has none. The caller closes it. Rejects with `index-damaged`, and as making it does. */
export async function openIndex(place: IndexPlace, dump: DumpRecord): Promise<IndexReader | undefined> {
  try {
    return await IndexReader.open(place.disk, indexPath(place.directory, dump))
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error
  }
  const made = await place.missing?.make(dump)
  return made === undefined ? undefined : await IndexReader.open(place.disk, made)
}

export interface FindWish {
  readonly host?: string
  readonly disk?: string
  /** A glob: `*` and `?` match within a name, `**` also slashes. Without a slash it is matched with the last part of a path, else with all of it. */
  readonly pattern: string
}

/** Every place where a name that matches was dumped, newest run first. Stops when the caller does or `signal` aborts. */
export async function* findNames(place: IndexPlace, catalog: CatalogReader, wish: FindWish, signal: AbortSignal): AsyncGenerator<TreeEntry> {
  const matches = globMatcher(wish.pattern)
  const prefix = wish.pattern.startsWith('/') ? (/^[^*?[\\]*/.exec(wish.pattern)?.[0] ?? '') : ''
  const dumps = await catalog.dumps({ ...(wish.host === undefined ? {} : { host: wish.host }), ...(wish.disk === undefined ? {} : { disk: wish.disk }) })
  for (const dump of dumps) {
    if (dump.status !== 'complete' && dump.status !== 'partial') continue
    await using reader = await openIndex(place, dump)
    if (reader === undefined) continue
    for await (const line of reader.linesFrom(prefix)) {
      if (!line.startsWith(prefix) || signal.aborted) break
      const name = plainIndexLine(line)
      if (!matches(name)) continue
      const attributes = attributesIn(line)
      if (attributes?.type === 'w') continue
      const path = name.length > 1 && name.endsWith('/') ? name.slice(0, -1) : name
      yield { path, kind: name.endsWith('/') ? 'directory' : (kindOf(attributes) ?? 'file'), dump, memberPath: path, attributes }
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

/** Writes the names of an index in order to `write`, as Amanda's `-sorted` files hold them: without attributes, each once, nothing of what is gone. */
export async function exportIndex(reader: IndexReader, write: (text: string) => Promise<void>): Promise<void> {
  let text = ''
  let last: string | undefined
  for await (const line of reader.linesFrom()) {
    const name = plainIndexLine(line)
    if (name === last || line.startsWith('w', name.length + 1)) continue
    last = name
    text += `${name}\n`
    if (text.length < EXPORT_BYTES) continue
    await write(text)
    text = ''
  }
  if (text !== '') await write(text)
}

const EXPORT_BYTES = 64 * 1024
