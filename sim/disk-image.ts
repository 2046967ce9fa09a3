// What is on a simulated disk: the page cache that programs see, and what is durable. A write is durable after `sync` of its file, a name
// after `syncDir` of its directory, a rename is all or nothing. A power cut keeps what is durable and any part of the rest: none, the
// first so many changes, or any of them, writes torn at sectors. It knows paths and bytes, not time and not faults.

import type { FileStat } from '../src/kernel/disk.ts'
import type { Random } from '../src/kernel/random.ts'

const SECTOR_BYTES = 512

/** What survives of the changes that were not synced. `names`: all names and no bytes, as file systems do that keep a journal of names alone. */
export type Survival = 'none' | 'first' | 'any' | 'names'

interface PendingWrite {
  readonly at: number
  /** Undefined: a truncation to `at`. */
  readonly bytes: Uint8Array | undefined
}

/** Bytes that grow. */
class Content {
  bytes: Buffer = Buffer.alloc(0)
  length = 0
  /** The buffer belongs to another content. */
  #isShared = false

  write(at: number, piece: Uint8Array): void {
    const end = at + piece.length
    this.#own()
    if (end > this.bytes.length) {
      const grown = Buffer.alloc(Math.max(end, this.bytes.length * 2))
      this.bytes.copy(grown, 0, 0, this.length)
      this.bytes = grown
    }
    this.bytes.set(piece, at)
    this.length = Math.max(this.length, end)
  }

  truncate(length: number): void {
    this.#own()
    if (length < this.length) this.bytes.fill(0, length, this.length)
    else if (length > this.bytes.length) this.write(length - 1, new Uint8Array(1))
    this.length = length
  }

  apply(change: PendingWrite): void {
    if (change.bytes === undefined) this.truncate(change.at)
    else this.write(change.at, change.bytes)
  }

  become(other: Content): void {
    this.bytes = Buffer.from(other.bytes.subarray(0, other.length))
    this.length = other.length
    this.#isShared = false
  }

  /** As `become`, but without a copy until this one is written to. `other` must not change meanwhile. */
  borrow(other: Content): void {
    this.bytes = other.bytes
    this.length = other.length
    this.#isShared = true
  }

  #own(): void {
    if (this.#isShared) this.become(this)
  }
}

let inodeCount = 0

export class Inode {
  readonly number = ++inodeCount
  /** Grows whenever the durable content changes. */
  durableVersion = 0
  readonly kind: FileStat['kind']
  readonly mode: number
  readonly target: string
  modifiedMs: number
  readonly cache = new Content()
  readonly durable = new Content()
  pending: PendingWrite[] = []
  /** Changes of content so far, and how many of them are durable. */
  changeCount = 0
  syncedCount = 0
  entries = new Map<string, Inode>()
  durableEntries = new Map<string, Inode>()

  constructor(kind: FileStat['kind'], mode: number, modifiedMs: number, target = '') {
    this.kind = kind
    this.mode = mode
    this.modifiedMs = modifiedMs
    this.target = target
  }

  write(at: number, piece: Uint8Array): void {
    // A copy, also of a Buffer, whose own slice would share.
    const bytes = Uint8Array.prototype.slice.call(piece)
    this.cache.write(at, bytes)
    this.pending.push({ at, bytes })
    this.changeCount += 1
  }

  truncate(length: number): void {
    this.cache.truncate(length)
    this.pending.push({ at: length, bytes: undefined })
    this.changeCount += 1
  }

  /** The first `count` changes since the file was made are durable. */
  sync(count: number): void {
    const fresh = Math.max(0, count - this.syncedCount)
    this.durableVersion += fresh
    for (const change of this.pending.splice(0, fresh)) this.durable.apply(change)
    this.syncedCount += fresh
  }
}

interface NameChange {
  readonly dir: Inode
  readonly name: string
  readonly inode: Inode | undefined
}

export class DiskImage {
  root = new Inode('directory', 0o755, 0)
  /** Changes of names that are not durable, oldest first; each is all or nothing. */
  #changes: (readonly NameChange[])[] = []

  find(path: string): Inode | undefined {
    let at: Inode | undefined = this.root
    for (const name of path.split('/')) {
      if (name === '') continue
      at = at.entries.get(name)
      if (at === undefined) return undefined
    }
    return at
  }

  change(changes: readonly NameChange[]): void {
    for (const { dir, name, inode } of changes) {
      if (inode === undefined) dir.entries.delete(name)
      else dir.entries.set(name, inode)
    }
    this.#changes.push(changes)
  }

  /** All changes of names that `dir` has a part in are durable. */
  syncDir(dir: Inode): void {
    const isIn = (changes: readonly NameChange[]): boolean => changes.some((change) => change.dir === dir)
    for (const changes of this.#changes.filter(isIn)) applyDurably(changes)
    this.#changes = this.#changes.filter((changes) => !isIn(changes))
  }

  /** Sum of the lengths of all files that have a name. */
  usedBytes(): number {
    let bytes = 0
    for (const [, inode] of this.files()) bytes += inode.cache.length
    return bytes
  }

  /** Path → file, of all files that have a name. */
  files(): Map<string, Inode> {
    return filesIn(this.root, (dir) => dir.entries)
  }

  /** As `files`, of what a power cut with survival `none` would leave. */
  durableFiles(): Map<string, Inode> {
    return filesIn(this.root, (dir) => dir.durableEntries)
  }

  /** The power goes. What is left is also what the page cache holds from now on. */
  powerCut(survival: Survival, random: Random): void {
    for (const changes of survival === 'names' ? this.#changes : survivors(this.#changes, survival, random)) applyDurably(changes)
    this.#changes = []
    const seen = new Set<Inode>()
    const visit = (inode: Inode): void => {
      if (seen.has(inode)) return
      seen.add(inode)
      inode.entries = new Map(inode.durableEntries)
      for (const child of inode.entries.values()) visit(child)
      if (inode.kind !== 'file' || inode.pending.length === 0) return
      for (const change of survivors(inode.pending, survival, random)) tear(inode.durable, change, survival, random)
      inode.pending = []
      inode.durableVersion += 1
      inode.syncedCount = inode.changeCount
      inode.cache.become(inode.durable)
    }
    visit(this.root)
  }

  /**
   * What a power cut with survival `none` would leave, to look at while this one stands still: all directories, and the files whose paths
   * are wanted. Changes of the copy stay in it.
   */
  durableCopy(isWanted: (path: string) => boolean = () => true): DiskImage {
    const copy = new DiskImage()
    // A file may have two names for a while: a rename is two changes of two directories.
    const copies = new Map<Inode, Inode>()
    const copyOf = (inode: Inode): Inode => {
      const known = copies.get(inode)
      if (known !== undefined) return known
      const made = new Inode(inode.kind, inode.mode, inode.modifiedMs, inode.target)
      copies.set(inode, made)
      made.durable.borrow(inode.durable)
      made.cache.borrow(inode.durable)
      return made
    }
    const visit = (from: Inode, to: Inode, prefix: string): void => {
      for (const [name, child] of from.durableEntries) {
        const path = `${prefix}/${name}`
        if (child.kind !== 'directory' && !isWanted(path)) continue
        const made = copyOf(child)
        to.durableEntries.set(name, made)
        to.entries.set(name, made)
        if (child.kind === 'directory') visit(child, made, path)
      }
    }
    visit(this.root, copy.root, '')
    return copy
  }

  /** As `durableCopy`, in memory of its own: it stays as it is while this one changes. */
  keptCopy(): DiskImage {
    const copy = this.durableCopy()
    for (const { cache, durable } of copy.files().values()) for (const content of [cache, durable]) content.become(content)
    return copy
  }
}

function filesIn(root: Inode, entriesOf: (dir: Inode) => ReadonlyMap<string, Inode>): Map<string, Inode> {
  const found = new Map<string, Inode>()
  const visit = (dir: Inode, prefix: string): void => {
    for (const [name, inode] of entriesOf(dir)) {
      if (inode.kind === 'directory') visit(inode, `${prefix}/${name}`)
      else if (inode.kind === 'file') found.set(`${prefix}/${name}`, inode)
    }
  }
  visit(root, '')
  return found
}

function applyDurably(changes: readonly NameChange[]): void {
  for (const { dir, name, inode } of changes) {
    if (inode === undefined) dir.durableEntries.delete(name)
    else dir.durableEntries.set(name, inode)
  }
}

function survivors<T>(changes: readonly T[], survival: Survival, random: Random): readonly T[] {
  if (survival === 'none' || survival === 'names' || changes.length === 0) return []
  if (survival === 'first') return changes.slice(0, random.int(changes.length + 1))
  return changes.filter(() => random.int(2) === 0)
}

/** Writes `change`, or only some of its sectors. */
function tear(content: Content, change: PendingWrite, survival: Survival, random: Random): void {
  if (change.bytes === undefined || survival === 'first' || random.int(4) > 0) return content.apply(change)
  for (let at = 0; at < change.bytes.length; at += SECTOR_BYTES) {
    if (random.int(2) === 0) content.write(change.at + at, change.bytes.subarray(at, at + SECTOR_BYTES))
  }
}
