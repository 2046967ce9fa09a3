// Whether the base's directories are all where they were, and no others have come: nothing can have been renamed then, and the walk that plans renames
// (rename-walk.ts) is not needed. Unlike that walk it is done in parts, by all threads at once. A part alone says nothing: together they must have a record for
// each directory that one of them names.

import { KIND_DIRECTORY, type DirectoryProbe, type DirectoryRecord, type RenameFindings } from './contract.ts'
import { joinPath } from './rename-walk.ts'

export interface ScanFindings {
  /** None of the part's directories is another now, or has a new one in it. One that is gone does not count: it is nowhere else. */
  readonly isInPlace: boolean
  /** Records of the part, and directories that they name. */
  readonly directories: number
  readonly named: number
}

function hasNewDirectory(record: DirectoryRecord, probe: DirectoryProbe): boolean {
  const { path } = record
  for (const name of probe.subdirectories(path)) {
    const bytes = Buffer.from(name, 'latin1')
    const index = record.find(bytes, 0, bytes.length)
    if ((index < 0 || record.kindAt(index) !== KIND_DIRECTORY) && probe.directory(joinPath(path, name)) !== undefined) return true
  }
  return false
}

/** Ends early when the answer is no. */
export function scanBase(records: Iterable<DirectoryRecord>, probe: DirectoryProbe): ScanFindings {
  let directories = 0
  let named = 0
  for (const record of records) {
    directories++
    for (let index = 0; index < record.count; index++) if (record.kindAt(index) === KIND_DIRECTORY) named++
    const facts = probe.directory(record.path)
    if (facts === undefined) continue
    const isInPlace = record.hasInodeOf(facts) && (record.isUnchangedDirectory(facts) || !hasNewDirectory(record, probe))
    if (!isInPlace) return { isInPlace, directories, named }
  }
  return { isInPlace: true, directories, named }
}

/** What planRenames would find, when the parts tell that nothing was renamed. */
export function findingsOf(parts: readonly ScanFindings[]): RenameFindings | undefined {
  const isInPlace = parts.every((part) => part.isInPlace)
  const directories = parts.reduce((sum, part) => sum + part.directories, 0)
  const named = parts.reduce((sum, part) => sum + part.named, 0)
  // The top has a record and no name.
  return isInPlace && directories === named + 1 ? { records: [], moves: [], linksApart: [] } : undefined
}
