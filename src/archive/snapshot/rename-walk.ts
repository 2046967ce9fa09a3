// Looks for directories of the base that lie elsewhere now: a walk over the directories of the disk alone, which reads a directory only where its times are not
// those of the base. What it finds are candidates; whether a move can be carried out is for rename-order.ts.

import { compareTreePaths } from './compare-tree-paths.ts'
import type { DirectoryProbe, DirectoryRecord, FactWords, SnapshotSource } from './contract.ts'
import { KIND_DIRECTORY } from './contract.ts'
import { STATX_DEV_MAJOR, STATX_DEV_MINOR, STATX_INODE } from './record-layout.ts'
import type { Move } from './rename-order.ts'

/** More moves, or more new directories, are not kept in memory. */
const MOVES_MAX = 20_000
const FRESH_MAX = 100_000

export interface WalkFindings {
  /** In tree order of the new paths. */
  readonly moves: readonly Move[]
  /** Directories that the base has not, in tree order; undefined when they are too many. */
  readonly fresh: readonly string[] | undefined
}

export function joinPath(directory: string, name: string): string {
  return directory === '.' ? name : `${directory}/${name}`
}

interface Frame {
  readonly path: string
  /** Where the base has this directory. */
  readonly base: string | undefined
  readonly names: Iterator<string>
}

const wide = (words: Int32Array, low: number, high: number): bigint => (BigInt((words[high] ?? 0) >>> 0) << 32n) | BigInt((words[low] ?? 0) >>> 0)
const devOf = ({ words }: FactWords): bigint => wide(words, STATX_DEV_MINOR, STATX_DEV_MAJOR)
const inodeOf = ({ words }: FactWords): bigint => wide(words, STATX_INODE, STATX_INODE + 1)

/** At once: the record is lent. */
function directoriesOf(record: DirectoryRecord): Iterator<string> {
  const names: string[] = []
  for (let index = 0; index < record.count; index++) if (record.kindAt(index) === KIND_DIRECTORY) names.push(record.textAt(index))
  return names.values()
}

class RenameWalk {
  readonly #base: SnapshotSource
  readonly #probe: DirectoryProbe
  readonly #moves: Move[] = []
  readonly #taken = new Set<string>()
  #fresh: string[] | undefined = []
  /** Number of the top's file system in the base and now: it may be another after a restart of the machine. */
  #topDev: { readonly base: bigint; readonly now: bigint } | undefined

  constructor(base: SnapshotSource, probe: DirectoryProbe) {
    this.#base = base
    this.#probe = probe
  }

  run(): WalkFindings {
    const stack: Frame[] = []
    const enter = (path: string, candidate: string | undefined): void => {
      const frame = this.#enter(path, candidate)
      if (frame !== undefined) stack.push(frame)
    }
    enter('.', '.')
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      const next = top.names.next()
      if (next.done === true) stack.pop()
      else enter(joinPath(top.path, next.value), top.base === undefined ? undefined : joinPath(top.base, next.value))
    }
    return { moves: this.#moves.toSorted((a, b) => compareTreePaths(a.to, b.to)), fresh: this.#fresh }
  }

  #enter(path: string, candidate: string | undefined): Frame | undefined {
    const facts = this.#probe.directory(path)
    if (facts === undefined) return undefined
    let record = candidate === undefined ? undefined : this.#base.directory(candidate)
    if (path === '.') this.#topDev = record === undefined ? undefined : { base: record.dev, now: devOf(facts) }
    let isMoved = false
    if (path !== '.' && record?.hasInodeOf(facts) !== true) {
      const from = this.#movedFrom(facts, path)
      isMoved = from !== undefined
      record = from === undefined ? undefined : this.#base.directory(from)
    }
    // A move is a change of the directory itself, after which its times tell nothing about its names.
    if (record !== undefined && !isMoved && record.isUnchangedDirectory(facts)) return { path, base: record.path, names: directoriesOf(record) }
    if (record === undefined) this.#addFresh(path)
    return { path, base: record?.path, names: this.#probe.subdirectories(path).toSorted()[Symbol.iterator]() }
  }

  /** Where the base has the directory that is at `path` now, if it is not there any more. */
  #movedFrom(facts: FactWords, path: string): string | undefined {
    if (this.#moves.length >= MOVES_MAX) return undefined
    const dev = devOf(facts)
    const inode = inodeOf(facts)
    const from = this.#base.pathOfInode(this.#topDev?.now === dev ? this.#topDev.base : dev, inode)
    if (from === undefined || from === '.' || this.#taken.has(from)) return undefined
    // Still where it was: what is here is another way to it.
    const there = this.#probe.directory(from)
    if (there !== undefined && inodeOf(there) === inode && devOf(there) === dev) return undefined
    this.#taken.add(from)
    this.#moves.push({ from, to: path })
    return from
  }

  #addFresh(path: string): void {
    if (this.#fresh === undefined) return
    if (this.#fresh.length >= FRESH_MAX) this.#fresh = undefined
    else this.#fresh.push(path)
  }
}

export function walkForRenames(base: SnapshotSource, probe: DirectoryProbe): WalkFindings {
  return new RenameWalk(base, probe).run()
}
