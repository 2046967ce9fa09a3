// Where a name of an archive lies below the target: its directory and its last component, both as bytes (latin1). A name that would leave the target is refused before
// anything is done for it.

import { Fault } from '../../kernel/fault.ts'
import { partsOf, shownName } from '../../wire/tar/vet.ts'

export interface Place {
  /** Empty for the top. */
  readonly directory: string
  /** Empty for the top itself. */
  readonly name: string
}

/** Throws `restore-unsafe`. `what` names the kind of name for people. */
export function placeOf(archiveName: string, what: string): Place {
  if (archiveName === '') throw new Fault('restore-unsafe', `${what} without a name`)
  if (archiveName.startsWith('/')) throw new Fault('restore-unsafe', `${what} ${shownName(archiveName)} is absolute`)
  const parts = partsOf(archiveName)
  if (parts.includes('..')) throw new Fault('restore-unsafe', `${what} ${shownName(archiveName)} leaves the target`)
  const name = parts.pop() ?? ''
  return { directory: parts.join('/'), name }
}

export function joinPath(directory: string, name: string): string {
  return directory === '' ? name : name === '' ? directory : `${directory}/${name}`
}
