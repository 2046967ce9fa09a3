// What a disk looked like at a date: the indexes of a restore's chain (see plan.ts) laid over each other. The newest dump that says something of a name is
// right; what it says to be gone, or to have been renamed, is followed into the dumps below it. A dump whose index has names only says nothing of what is
// gone. Nothing is gathered: memory does not depend on how many names there are. Format and meaning: docs/formats/index-file.md.

import type { DumpRecord } from '../catalog/contract.ts'
import { Fault } from '../kernel/fault.ts'
import type { IndexAttributes } from '../wire/tar/index-entry.ts'
import { openIndex, type IndexPlace } from './browse.ts'
import { attributesIn, kindOf, TreeLayer, type Statement, type StatementCursor } from './tree-layer.ts'

export type TreeKind = 'file' | 'directory' | 'symlink' | 'hard-link' | 'character-device' | 'block-device' | 'fifo'

export interface TreeEntry {
  /** Escaped as in the index, begins with `/`, without a slash at the end; the top is `/`. */
  readonly path: string
  /** Where only names are known, `directory` or `file`. */
  readonly kind: TreeKind
  /** The dump of the chain that holds it: for a directory, the newest that has it. */
  readonly dump: DumpRecord
  /** Its path in that dump, of the same form: another one when a directory above it was renamed since. */
  readonly memberPath: string
  /** Undefined where the dump's index has names only, and for a directory that is known only from what lies in it. */
  readonly attributes: IndexAttributes | undefined
}

export interface TreeAt extends AsyncDisposable {
  /** Dumps of the chain without an index: what only they hold is not seen. */
  readonly withoutIndex: readonly DumpRecord[]
  /** What lies directly in `directory`, in order of the names' bytes, where that of a directory has a slash at its end. Nothing when there is no such directory. */
  list(directory: string): AsyncGenerator<TreeEntry>
  stat(path: string): Promise<TreeEntry | undefined>
  /** `directory` itself and all below it: each directory before what is in it, names in the order of `list`. */
  walk(directory: string): AsyncGenerator<TreeEntry>
}

/** Where the content of a directory lies in one dump, which may know it under another name. */
interface Source {
  /** Place in the chain; the newest is the highest. */
  readonly layer: number
  /** Ends in a slash. */
  readonly prefix: string
}

/** An entry, and for a directory where its content lies, newest first. */
interface Node {
  readonly entry: TreeEntry
  readonly sources: readonly Source[]
}

/** Renames that are followed for one name. More are not those of a disk. */
const LOOKUPS_MAX = 10_000

interface Budget {
  lookups: number
}

/** Opens the indexes of `chain`, full first. Rejects with `index-damaged`. */
export async function openTreeAt(place: IndexPlace, chain: readonly DumpRecord[]): Promise<TreeAt> {
  const layers: TreeLayer[] = []
  const withoutIndex: DumpRecord[] = []
  try {
    for (const dump of chain) {
      const reader = await openIndex(place, dump)
      if (reader === undefined) withoutIndex.push(dump)
      else layers.push(new TreeLayer(dump, reader))
    }
  } catch (error) {
    for (const layer of layers) await layer[Symbol.asyncDispose]()
    throw error
  }
  return new LayeredTree(layers, withoutIndex)
}

class LayeredTree implements TreeAt {
  readonly withoutIndex: readonly DumpRecord[]
  readonly #layers: readonly TreeLayer[]

  constructor(layers: readonly TreeLayer[], withoutIndex: readonly DumpRecord[]) {
    this.#layers = layers
    this.withoutIndex = withoutIndex
  }

  async *list(directory: string): AsyncGenerator<TreeEntry> {
    const node = await this.#find(this.#layers.length, directory, { lookups: 0 })
    if (node !== undefined) for await (const { entry } of this.#children(node)) yield entry
  }

  async stat(path: string): Promise<TreeEntry | undefined> {
    return (await this.#find(this.#layers.length, path, { lookups: 0 }))?.entry
  }

  async *walk(directory: string): AsyncGenerator<TreeEntry> {
    const top = await this.#find(this.#layers.length, directory, { lookups: 0 })
    if (top === undefined) return
    yield top.entry
    const open = [this.#children(top)]
    for (let innermost = open.at(-1); innermost !== undefined; innermost = open.at(-1)) {
      const next = await innermost.next()
      if (next.done === true) {
        open.pop()
        continue
      }
      yield next.value.entry
      if (next.value.sources.length > 0) open.push(this.#children(next.value))
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const layer of this.#layers) await layer[Symbol.asyncDispose]()
  }

  /** What is at `path` after the first `count` dumps of the chain. */
  async #find(count: number, path: string, budget: Budget): Promise<Node | undefined> {
    if (++budget.lookups > LOOKUPS_MAX) throw new Fault('index-damaged', `the indexes of ${describe(this.#layers)} rename without end`)
    let node = await this.#top(count)
    for (const name of path.split('/')) {
      if (name === '' || node === undefined) continue
      const found: [Source, readonly Statement[]][] = []
      for (const source of node.sources) {
        const statements = (await this.#layers[source.layer]?.statements(source.prefix, name)) ?? []
        if (statements.length > 0) found.push([source, statements])
      }
      node = await this.#combine(node.entry.path, name, found, budget)
    }
    return node
  }

  async #top(count: number): Promise<Node | undefined> {
    const sources: Source[] = []
    let dump: DumpRecord | undefined
    let attributes: IndexAttributes | undefined
    for (let layer = count - 1; layer >= 0; layer--) {
      const each = this.#layers[layer]
      const line = await each?.topLine()
      const own = line === undefined ? undefined : attributesIn(line)
      if (dump === undefined || (attributes === undefined && own !== undefined)) {
        attributes = own
        dump = each?.dump
      }
      sources.push({ layer, prefix: '/' })
    }
    return dump === undefined ? undefined : { entry: { path: '/', kind: 'directory', dump, memberPath: '/', attributes }, sources }
  }

  /** What `name` is, from what the dumps say of it, newest first; undefined when it is gone. */
  async #combine(parent: string, name: string, found: readonly (readonly [Source, readonly Statement[]])[], budget: Budget): Promise<Node | undefined> {
    const sources: Source[] = []
    const path = parent === '/' ? `/${name}` : `${parent}/${name}`
    let entry: TreeEntry | undefined
    for (const [source, statements] of found) {
      const layer = this.#layers[source.layer]
      if (layer === undefined) continue
      const directory = statements.find((statement) => statement.isDirectory && !statement.isGone)
      if (directory === undefined) {
        const leaf = statements.find((statement) => !statement.isGone)
        if (leaf === undefined || entry !== undefined) break
        return { entry: leafEntry(path, layer.dump, source.prefix + name, leaf.line), sources: [] }
      }
      const attributes = directory.line === undefined ? undefined : attributesIn(directory.line)
      // The newest that knows it tells what it is like.
      if (entry === undefined || (entry.attributes === undefined && attributes !== undefined)) entry = { path, kind: 'directory', dump: layer.dump, memberPath: source.prefix + name, attributes }
      sources.push({ layer: source.layer, prefix: `${source.prefix}${name}/` })
      if (attributes?.renamedFrom !== undefined) {
        const base = await this.#find(source.layer, attributes.renamedFrom, budget)
        sources.push(...(base?.sources ?? []))
        break
      }
      if (attributes?.isOpaque === true || directory.replacesBase || statements.length > 1) break
    }
    return entry === undefined ? undefined : { entry, sources }
  }

  async *#children(node: Node): AsyncGenerator<Node> {
    const cursors: (readonly [Source, StatementCursor])[] = []
    for (const source of node.sources) {
      const cursor = await this.#layers[source.layer]?.open(source.prefix)
      if (cursor?.head !== undefined) cursors.push([source, cursor])
    }
    // Names that some dump has as no directory, while a directory of that name may still come. Each is the beginning of the next, so they are few.
    const leaves: Leaf[] = []
    for (;;) {
      const key = leastKey(cursors)
      if (key === undefined) return
      for (let last = leaves.at(-1); last !== undefined && key > `${last.name}/`; last = leaves.at(-1)) leaves.pop()
      const name = key.endsWith('/') ? key.slice(0, -1) : key
      const before = leaves.at(-1)?.name === name ? leaves.at(-1) : undefined
      const found: [Source, Statement[]][] = []
      const heads = new Map<number, Statement>()
      const isOf = new Set<StatementCursor>()
      for (const [source, cursor] of cursors) {
        const statements: Statement[] = []
        const earlier = before?.statements.get(source.layer)
        if (earlier !== undefined) statements.push(earlier)
        if (cursor.head !== undefined && cursor.key === key) {
          statements.push(cursor.head)
          heads.set(source.layer, cursor.head)
          isOf.add(cursor)
        }
        if (statements.length > 0) found.push([source, statements])
      }
      for (const cursor of isOf) await cursor.advance()
      const isLeaf = !key.endsWith('/')
      const waits = isLeaf && (await hasNewerDirectory(cursors, name, heads))
      if (isLeaf) leaves.push({ name, statements: heads, isDecided: !waits })
      if (waits) continue
      const child = await this.#combine(node.entry.path, name, found, { lookups: 0 })
      if (child !== undefined && (isLeaf || before?.isDecided !== true || child.entry.kind === 'directory')) yield child
    }
  }
}

/** What was said of a name without slash. */
interface Leaf {
  readonly name: string
  readonly statements: ReadonlyMap<number, Statement>
  /** Nothing that comes later says otherwise. */
  readonly isDecided: boolean
}

function describe(layers: readonly TreeLayer[]): string {
  const dump = layers[0]?.dump
  return dump === undefined ? 'a disk' : `${dump.host} ${dump.disk}`
}

function leastKey(cursors: readonly (readonly [Source, StatementCursor])[]): string | undefined {
  let least: string | undefined
  for (const [, cursor] of cursors) if (cursor.head !== undefined && (least === undefined || cursor.key < least)) least = cursor.key
  return least
}

/** Whether the dump that decides over a file has a directory of that name too, or a newer one has one, there or gone: all is known when the directory's line comes. */
async function hasNewerDirectory(cursors: readonly (readonly [Source, StatementCursor])[], name: string, heads: ReadonlyMap<number, Statement>): Promise<boolean> {
  for (const [{ layer }, cursor] of cursors) {
    const directory = await cursor.directory(name)
    if (heads.has(layer)) return directory?.isGone === false
    if (directory !== undefined) return true
  }
  return false
}

function leafEntry(path: string, dump: DumpRecord, memberPath: string, line: string | undefined): TreeEntry {
  const attributes = line === undefined ? undefined : attributesIn(line)
  return { path, kind: kindOf(attributes) ?? 'file', dump, memberPath, attributes }
}
