// What an incremental dump says a directory held: records of a letter and a name, each ended by a NUL, and one more NUL at the end. `Y`: in this archive; `N`: not
// changed; `D`: a directory; `R` and `T`: a directory that was renamed, from and to; `X`: where a temporary name may be made for a circle of renames. Names
// of `R`, `T` and `X` are paths below the top. Format: docs/formats/tar.md.

import { Fault } from '../../kernel/fault.ts'

export type DumpListKind = 'Y' | 'N' | 'D' | 'R' | 'T' | 'X'

const KINDS = 'YNDRTX'

/** Calls `visit` with each record, names as bytes (latin1). Throws `wire-malformed`. */
export function readDumpList(list: Buffer, visit: (kind: DumpListKind, name: string) => void): void {
  for (let at = 0; at < list.length && list[at] !== 0; ) {
    const end = list.indexOf(0, at)
    const kind = String.fromCharCode(list[at] ?? 0)
    if (end < 0 || !KINDS.includes(kind)) throw new Fault('wire-malformed', 'tar: the list of a dump directory is damaged')
    visit(kind as DumpListKind, list.toString('latin1', at + 1, end))
    at = end + 1
  }
}

/** A directory to be moved; an empty name stands for the temporary one. */
export interface DumpRename {
  readonly from: string
  readonly to: string
  /** The directory of the temporary name. */
  readonly temporaryIn: string
}

const RENAMES_MAX = 1_000_000

/** The renames of a list, in the order in which they are to be made. Throws `wire-malformed`. */
export function renamesOf(list: Buffer): DumpRename[] {
  const renames: DumpRename[] = []
  let temporaryIn = ''
  let from: string | undefined
  readDumpList(list, (kind, name) => {
    if ((kind === 'T') !== (from !== undefined)) throw new Fault('wire-malformed', 'tar: a rename of a dump directory lacks a name')
    if (kind === 'X') temporaryIn = name
    else if (kind === 'R') from = name
    else if (kind === 'T') {
      if (renames.length >= RENAMES_MAX) throw new Fault('wire-malformed', 'tar: a dump directory has too many renames')
      renames.push({ from: from ?? '', to: name, temporaryIn })
      from = undefined
    }
  })
  if (from !== undefined) throw new Fault('wire-malformed', 'tar: a rename of a dump directory lacks a name')
  return renames
}
