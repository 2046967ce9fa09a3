// Which members of which dumps give back what is wanted of a tree at a date. The memory is sixteen bytes a member (place-list.ts) and the names that need
// another: those of hard links whose first name is not wanted.

import type { DumpRecord } from '../../catalog/contract.ts'
import { Fault } from '../../kernel/fault.ts'
import type { TreeAt, TreeEntry } from '../tree-at.ts'
import type { NameMatcher } from './glob.ts'
import { PlaceList } from './place-list.ts'
import { bytesOfIndexPath, directoriesAbove, indexPathOf, outermost } from './tree-path.ts'

export interface ExtractionWish {
  /** Bytes, from the top; each with all below it. */
  readonly paths: readonly string[]
  /** What is left out, a directory with all below it. */
  readonly excludes: readonly NameMatcher[]
  /** Asked for files: whether what an earlier extraction made is there already. */
  readonly isThere?: (path: string, entry: TreeEntry) => Promise<boolean>
  /** Told every entry that will be restored. */
  readonly onEntry?: (entry: TreeEntry) => void
}

export interface DumpShare {
  readonly dump: DumpRecord
  readonly places: PlaceList
  /** Directories of this dump in which members of later dumps lie: they are set once more at the end. */
  readonly again: PlaceList
}

interface Rename {
  readonly to: string
  readonly dump: DumpRecord
}

export interface ExtractionPlan {
  /** Full first. Dumps of which nothing is wanted are left out. */
  readonly shares: readonly DumpShare[]
  /** Entries that are restored, directories above the wanted ones not counted. */
  readonly entryCount: number
  /** Of files, as they are restored. */
  readonly fileBytes: number
  /** Of members: what has to be read at least. */
  readonly memberBytes: number
  /** Members that are there already. */
  readonly skippedCount: number
  /** Names of members (bytes, without the leading slash) that are put somewhere else. */
  readonly renames: ReadonlyMap<string, Rename>
  /** Wanted, but not in the tree. */
  readonly missing: readonly string[]
  /** Some dump tells too little of its members: whole levels have to be read. */
  readonly needsLevels: boolean
}

/** Hard links whose first name is not wanted. Each costs a look-up and a name in memory. */
const RENAMES_MAX = 1_000_000

/** `openOne` opens the tree of one dump alone. Rejects with `cancelled`, `index-damaged` or `restore-target`. */
export async function planExtraction(tree: TreeAt, chain: readonly DumpRecord[], openOne: (dump: DumpRecord) => Promise<TreeAt>, wish: ExtractionWish, signal: AbortSignal): Promise<ExtractionPlan> {
  await using planner = new ExtractionPlanner(tree, chain, openOne, wish)
  const missing: string[] = []
  for (const path of outermost(wish.paths)) {
    signal.throwIfAborted()
    if (!(await planner.addPath(path, signal))) missing.push(path)
  }
  return planner.finish(missing)
}

class ExtractionPlanner implements AsyncDisposable {
  readonly #tree: TreeAt
  readonly #chain: readonly DumpRecord[]
  readonly #openOne: (dump: DumpRecord) => Promise<TreeAt>
  readonly #wish: ExtractionWish
  readonly #shares = new Map<string, DumpShare>()
  readonly #order = new Map<string, number>()
  readonly #single = new Map<string, TreeAt>()
  readonly #renames = new Map<string, Rename>()
  /** Directories from the top to where the walk is. */
  #above: { readonly path: string; readonly entry: TreeEntry }[] = []
  readonly #addedAbove = new Set<string>()
  #entryCount = 0
  #fileBytes = 0
  #skippedCount = 0
  #needsLevels = false

  constructor(tree: TreeAt, chain: readonly DumpRecord[], openOne: (dump: DumpRecord) => Promise<TreeAt>, wish: ExtractionWish) {
    this.#tree = tree
    this.#chain = chain
    this.#openOne = openOne
    this.#wish = wish
    for (const [index, dump] of chain.entries()) this.#order.set(dump.id, index)
    this.#needsLevels = tree.withoutIndex.length > 0
  }

  /** False when it is not in the tree. */
  async addPath(path: string, signal: AbortSignal): Promise<boolean> {
    if ((await this.#tree.stat(indexPathOf(path))) === undefined) return this.#needsLevels
    this.#above = []
    for (const above of directoriesAbove(path)) {
      const entry = await this.#tree.stat(indexPathOf(above))
      if (entry === undefined) continue
      this.#above.push({ path: above, entry })
      if (this.#addedAbove.has(above)) continue
      this.#addedAbove.add(above)
      this.#addMember(entry)
    }
    let excluded: string | undefined
    for await (const entry of this.#tree.walk(indexPathOf(path))) {
      if (signal.aborted) throw new Fault('cancelled', 'the restore was cancelled')
      const name = bytesOfIndexPath(entry.path)
      if (excluded !== undefined && name.startsWith(excluded)) continue
      if (this.#wish.excludes.some((matches) => matches(name))) {
        if (entry.kind === 'directory') excluded = name === '/' ? '/' : `${name}/`
        continue
      }
      await this.#addEntry(name, entry)
    }
    return true
  }

  async #addEntry(name: string, entry: TreeEntry): Promise<void> {
    while (this.#above.length > 0 && !isBelow(name, this.#above.at(-1)?.path ?? '/')) this.#above.pop()
    if (entry.kind === 'file' && this.#wish.isThere !== undefined && (await this.#wish.isThere(name, entry))) {
      this.#skippedCount++
      return
    }
    this.#wish.onEntry?.(entry)
    this.#entryCount++
    if (entry.kind === 'file') this.#fileBytes += entry.attributes?.size ?? 0
    if (entry.attributes === undefined && entry.kind !== 'directory') this.#needsLevels = true
    if (entry.kind === 'hard-link' && !(await this.#isWanted(entry))) await this.#addFirstName(name, entry)
    else this.#addMember(entry)
    const parent = this.#above.at(-1)
    if (parent !== undefined && this.#placeOf(parent.entry.dump) < this.#placeOf(entry.dump)) this.#add(parent.entry, 'again')
    if (entry.kind === 'directory') this.#above.push({ path: name, entry })
  }

  /** Whether the name that has the data of a hard link is extracted as well, by its dump. */
  async #isWanted(entry: TreeEntry): Promise<boolean> {
    const target = entry.attributes?.target
    if (target === undefined) return true
    const name = bytesOfIndexPath(target)
    const isBelowWish = this.#wish.paths.some((path) => path === name || isBelow(name, path))
    if (!isBelowWish || this.#isExcluded(name)) return false
    // A link is dumped again when one of its names is replaced, so this is a tree that cannot be: only the levels as they are say what it means.
    if ((await this.#tree.stat(target))?.dump.id !== entry.dump.id) this.#needsLevels = true
    return true
  }

  #isExcluded(name: string): boolean {
    return [...directoriesAbove(name), name, '/'].some((path) => this.#wish.excludes.some((matches) => matches(path)))
  }

  /** The data of a link `name` is that of a name which is not wanted: its member is put here, and other links lead here. */
  async #addFirstName(name: string, entry: TreeEntry): Promise<void> {
    const target = entry.attributes?.target ?? ''
    const first = bytesOfIndexPath(target).slice(1)
    const known = this.#renames.get(first)
    if (known !== undefined) {
      // The link itself, whose target is where the data went.
      if (known.dump === entry.dump) this.#addMember(entry)
      else this.#needsLevels = true
      return
    }
    const found = await (await this.#treeOf(entry.dump)).stat(target)
    if (found?.attributes?.offset === undefined) {
      // The member says itself that its first name is not there.
      this.#addMember(entry)
      return
    }
    if (this.#renames.size >= RENAMES_MAX) throw new Fault('restore-target', `more than ${RENAMES_MAX} hard links lead out of the wanted paths`, { next: 'Restore all of the disk into a directory and take from it what you need.' })
    this.#renames.set(first, { to: name.slice(1), dump: entry.dump })
    this.#shareOf(entry.dump).places.add(found.attributes.offset, found.attributes.spanBytes)
    this.#fileBytes += found.attributes.size
  }

  async #treeOf(dump: DumpRecord): Promise<TreeAt> {
    const open = this.#single.get(dump.id) ?? (await this.#openOne(dump))
    this.#single.set(dump.id, open)
    return open
  }

  #addMember(entry: TreeEntry): void {
    this.#add(entry, 'places')
  }

  #add(entry: TreeEntry, list: 'places' | 'again'): void {
    const { attributes } = entry
    if (attributes?.offset !== undefined) this.#shareOf(entry.dump)[list].add(attributes.offset, attributes.spanBytes)
  }

  #placeOf(dump: DumpRecord): number {
    return this.#order.get(dump.id) ?? 0
  }

  #shareOf(dump: DumpRecord): DumpShare {
    let share = this.#shares.get(dump.id)
    if (share === undefined) {
      share = { dump, places: new PlaceList(), again: new PlaceList() }
      this.#shares.set(dump.id, share)
    }
    return share
  }

  finish(missing: readonly string[]): ExtractionPlan {
    const shares = this.#chain.flatMap((dump) => this.#shares.get(dump.id) ?? [])
    const memberBytes = shares.reduce((sum, { places, again }) => sum + places.spanBytes + again.spanBytes, 0)
    return { shares, entryCount: this.#entryCount, fileBytes: this.#fileBytes, memberBytes, skippedCount: this.#skippedCount, renames: this.#renames, missing, needsLevels: this.#needsLevels }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const tree of this.#single.values()) await tree[Symbol.asyncDispose]()
  }
}

function isBelow(path: string, directory: string): boolean {
  return directory === '/' ? path !== '/' : path.startsWith(`${directory}/`)
}
