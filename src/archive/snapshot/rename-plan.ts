// Plans which directories of the base a dump carries along as renamed, and answers what of the base lies where. Without a plan the dump would be right as well,
// with what was moved as gone and new.

import type { RenameRecord } from '../../wire/tar/dumpdir.ts'
import { KIND_DIRECTORY, type DirectoryProbe, type FactWords, type RenameFindings, type RenamePlan, type SnapshotSource } from './contract.ts'
import { MovedPaths } from './moved-paths.ts'
import { STATX_INODE } from './record-layout.ts'
import { orderMoves, parentPath } from './rename-order.ts'
import { joinPath, walkForRenames } from './rename-walk.ts'

/** More are not kept: then every file with several names is dumped. */
const LINKS_MAX = 100_000
/** Answers about the base that are kept. */
const KNOWN_MAX = 50_000

/** What the base has at a path, remembered: moves ask for the same directories again and again. */
function lookUp(base: SnapshotSource): (path: string) => 'directory' | 'other' | undefined {
  const known = new Map<string, 'directory' | 'other' | undefined>()
  return (path) => {
    if (path === '.') return 'directory'
    if (known.has(path)) return known.get(path)
    const record = base.directory(parentPath(path))
    const name = Buffer.from(path.slice(path.lastIndexOf('/') + 1), 'latin1')
    const index = record?.find(name, 0, name.length) ?? -1
    const kind = record === undefined || index < 0 ? undefined : record.kindAt(index) === KIND_DIRECTORY ? 'directory' : 'other'
    if (known.size >= KNOWN_MAX) known.clear()
    known.set(path, kind)
    return kind
  }
}

/** Inodes of files with several names in new directories; those whose move was given up are new with all below them. */
function gatherLinks(probe: DirectoryProbe, fresh: readonly string[] | undefined, givenUp: readonly string[]): bigint[] | undefined {
  if (fresh === undefined) return undefined
  const links = new Set<bigint>()
  const gather = (path: string): boolean => {
    probe.linkedFiles(path, (inode) => {
      if (links.size <= LINKS_MAX) links.add(inode)
    })
    return links.size <= LINKS_MAX
  }
  for (const path of fresh) if (!gather(path)) return undefined
  const waiting = [...givenUp]
  for (let path = waiting.pop(); path !== undefined; path = waiting.pop()) {
    if (!gather(path)) return undefined
    for (const name of probe.subdirectories(path)) {
      const below = joinPath(path, name)
      if (probe.directory(below) !== undefined) waiting.push(below)
    }
  }
  return [...links]
}

/** Looks at the directories of the disk once. Takes as long as that; for a worker thread. Throws `base-missing` for a damaged base. */
export function planRenames(base: SnapshotSource, probe: DirectoryProbe): RenameFindings {
  const { moves, fresh } = walkForRenames(base, probe)
  const { records, done, givenUp } = orderMoves(moves, lookUp(base))
  return { records, moves: done.map(({ from, to }) => [from, to] as const), linksApart: gatherLinks(probe, fresh, givenUp) }
}

export class RenamePlanView implements RenamePlan {
  readonly records: readonly RenameRecord[]
  readonly #moved = new MovedPaths()
  readonly #linksApart: ReadonlySet<bigint> | undefined

  constructor({ records, moves, linksApart }: RenameFindings) {
    this.records = records
    for (const [from, to] of moves) this.#moved.move(from, to)
    this.#linksApart = linksApart === undefined ? undefined : new Set(linksApart)
  }

  basePathOf(path: string): string | undefined {
    return this.#moved.baseAt(path)
  }

  movedFrom(path: string): string | undefined {
    return this.#moved.movedTo(path)
  }

  isLinkApart({ words }: FactWords): boolean {
    if (this.#linksApart === undefined) return true
    if (this.#linksApart.size === 0) return false
    return this.#linksApart.has((BigInt((words[STATX_INODE + 1] ?? 0) >>> 0) << 32n) | BigInt((words[STATX_INODE] ?? 0) >>> 0))
  }
}
