// What an extraction is asked and what it answers. An archive is put below `target`, an existing directory, and nothing is ever written outside it, whatever the
// archive says and whoever changes the tree meanwhile. What cannot be restored is a problem of its member; the rest goes on. Damage of the stream, a name that
// leaves the target, a full disk and a cancelled restore end it with a Fault; what is there then may be extracted again with `isResumed`.

import type { Disk } from '../../kernel/disk.ts'

/**
 * What happens to a name that is there already. `refuse`: it is a problem. `replace`: the old one goes when the new one is whole. `keep`: the member is skipped.
 * `newer`: replaced when the member is newer, else skipped. `beside`: the member is written as `NAME.~restored~N~`. Directories are merged;
 * one that was there keeps its owner, mode and time unless `replace` or `isResumed` is said.
 */
export type ExistingPolicy = 'refuse' | 'replace' | 'keep' | 'newer' | 'beside'

export interface ExtractOptions {
  /** An existing directory. It may itself be reached by links: it is opened once and not looked up again. */
  readonly target: string
  readonly existing: ExistingPolicy
  /** `name`: by user and group name of this machine, by number where a name is unknown. `none`: whoever restores owns everything. */
  readonly owners: 'number' | 'name' | 'none'
  /** Told each path as bytes (latin1) without `./` and without a slash at the end; the top is the empty string. Default: everything. */
  readonly select?: (path: string) => boolean
  /** The path a member gets instead, of the same form; undefined leaves it out. Applied to what `select` took, and to targets of hard links. */
  readonly rename?: (path: string) => string | undefined
  /** Obeys the lists of incremental dumps, as `tar --incremental` does: renames directories, removes what a directory no longer has. */
  readonly isIncremental: boolean
  /** Files that are there with the member's size and time are skipped: an earlier extraction made them. */
  readonly isResumed?: boolean
}

export interface ExtractTools {
  /** Reads the names of users and groups. */
  readonly disk: Disk
  /** Threads that write; 0 writes in the caller's thread. Default: as many as help. */
  readonly threads?: number
}

export interface ExtractCounts {
  /** Members of any kind that are now as the archive has them. */
  readonly restored: number
  /** Members left alone because of `existing` or `isResumed`. Those that were not selected are not counted. */
  readonly skipped: number
  readonly failed: number
  /** Bytes of file contents that were written. */
  readonly bytes: number
}

/**
 * Stable, for the doctor and for scripts. `exists`: refused because of what is there. `link-target`: the first name of a hard link is not there.
 * `attributes`: owner, mode, time, extended attribute or access list.
 */
export type ExtractProblemCode = 'exists' | 'not-permitted' | 'link-target' | 'below-link' | 'name' | 'attributes' | 'not-supported' | 'rename' | 'system'

export interface ExtractProblem {
  /** As bytes (latin1), without `./`; empty for what concerns many members. */
  readonly path: string
  /** For people. */
  readonly reason: string
  readonly code: ExtractProblemCode
  /** `failed`: the member is not there. `strange`: it is, but not as it was. */
  readonly severity: 'failed' | 'strange'
}

export interface ExtractProgress {
  /** Bytes of the archive read so far. */
  readonly archiveBytes: number
  readonly members: number
}

export interface ExtractResult {
  readonly counts: ExtractCounts
  /** Members selected. */
  readonly members: number
  /** Bounded: the last one then says how many were left out. */
  readonly problems: readonly ExtractProblem[]
}
