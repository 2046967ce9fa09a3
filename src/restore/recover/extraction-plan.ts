// Which members of which dumps give back what is wanted of a tree at a date. The memory is sixteen bytes a member (place-list.ts), and names where a member has
// another one now (dump-share.ts).

import type { DumpRecord } from '../../catalog/contract.ts'
import { Fault } from '../../kernel/fault.ts'
import type { TreeAt, TreeEntry } from '../tree-at.ts'
import { DumpShare } from './dump-share.ts'
import type { NameMatcher } from './glob.ts'
import { bytesOfIndexPath, directoriesAbove, indexPathOf, outermost } from './tree-path.ts'

export interface ExtractionWish {
  /** Bytes, from the top; each with all below it. */
  readonly paths: readonly string[]
  /** What is left out, a directory with all below it. */
  readonly excludes: readonly NameMatcher[]
  /** Asked for files: whether what an earlier extraction made is there already. */
  readonly isThere?: (path: string, entry: TreeEntry) => Promise<boolean>
  /** Told every entry that will be restored; awaited, so that it may print. */
  readonly onEntry?: (path: string, entry: TreeEntry) => Promise<void>
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
  /** Wanted, but not in the tree. */
  readonly missing: readonly string[]
  /** Some dump tells too little of its members: whole levels have to be read. */
  readonly needsLevels: boolean
}

export interface PlanDoors {
  /** Opens the tree of one dump alone. */
  readonly openOne: (dump: DumpRecord) => Promise<TreeAt>
  /** Whether the index of a dump says what was deleted since its base. */
  readonly tellsDeletions: (dump: DumpRecord) => Promise<boolean>
}

/** Rejects with `cancelled` or `index-damaged`, and as the doors do. */
export async function planExtraction(tree: TreeAt, chain: readonly DumpRecord[], doors: PlanDoors, wish: ExtractionWish, signal: AbortSignal): Promise<ExtractionPlan> {
  const planner = new ExtractionPlanner(tree, chain, wish, signal)
  const missing: string[] = []
  for (const path of outermost(wish.paths)) if (!(await planner.addPath(path))) missing.push(path)
  return await planner.finish(missing, doors)
}

class ExtractionPlanner {
  readonly #tree: TreeAt
  readonly #wish: ExtractionWish
  readonly #signal: AbortSignal
  /** By the id of the dump, in the order of the chain. */
  readonly #shares = new Map<string, DumpShare>()
  readonly #addedAbove = new Set<string>()
  #entryCount = 0
  #fileBytes = 0
  #skippedCount = 0
  #needsLevels = false
  #hasDirectories = false

  constructor(tree: TreeAt, chain: readonly DumpRecord[], wish: ExtractionWish, signal: AbortSignal) {
    this.#tree = tree
    this.#wish = wish
    this.#signal = signal
    for (const dump of chain) this.#shares.set(dump.id, new DumpShare(dump))
    this.#needsLevels = tree.withoutIndex.length > 0
  }

  /** False when it is not in the tree. */
  async addPath(path: string): Promise<boolean> {
    // What a dump without an index holds is seen only when it is restored.
    if ((await this.#tree.stat(indexPathOf(path))) === undefined) return this.#needsLevels
    await this.#addAbove(path)
    let excluded: string | undefined
    for await (const entry of this.#tree.walk(indexPathOf(path))) {
      if (this.#signal.aborted) throw new Fault('cancelled', 'the restore was cancelled')
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

  /** Directories above a wanted name get their own mode, owner and time. The top does not: it is whatever the target is. */
  async #addAbove(path: string): Promise<void> {
    for (const above of directoriesAbove(path)) {
      if (this.#addedAbove.has(above)) continue
      this.#addedAbove.add(above)
      const entry = await this.#tree.stat(indexPathOf(above))
      if (entry !== undefined) this.#shares.get(entry.dump.id)?.add(above, entry)
    }
  }

  async #addEntry(path: string, entry: TreeEntry): Promise<void> {
    const own = this.#shares.get(entry.dump.id)
    if (own === undefined) throw new Fault('index-damaged', `${path} is of a dump that is not in its chain`)
    if (entry.kind === 'file' && (await this.#wish.isThere?.(path, entry)) === true) {
      this.#skippedCount++
      own.skip(entry)
      return
    }
    await this.#wish.onEntry?.(path, entry)
    this.#entryCount++
    this.#hasDirectories ||= entry.kind === 'directory'
    if (entry.kind === 'file') this.#fileBytes += entry.attributes?.size ?? 0
    if (entry.attributes === undefined && entry.kind !== 'directory') this.#needsLevels = true
    own.add(path, entry)
  }

  async finish(missing: readonly string[], { openOne, tellsDeletions }: PlanDoors): Promise<ExtractionPlan> {
    const shares = [...this.#shares.values()]
    // A name that is asked for is given, be it deleted or not; what a directory had must be right.
    for (const { dump } of shares) if (this.#hasDirectories && !this.#needsLevels) this.#needsLevels = !(await tellsDeletions(dump))
    for (const share of shares) {
      if (!share.hasLinks || this.#needsLevels) continue
      await using own = await openOne(share.dump)
      this.#fileBytes += await share.resolveLinks(own)
    }
    const used = shares.filter(({ places }) => places.count > 0)
    const memberBytes = used.reduce((sum, { places }) => sum + places.spanBytes, 0)
    return { shares: used, entryCount: this.#entryCount, fileBytes: this.#fileBytes, memberBytes, skippedCount: this.#skippedCount, missing, needsLevels: this.#needsLevels }
  }
}
