// Where a name of an archive lies below a target: its directory and its last component, both as bytes (latin1). A name that would leave the target is refused before
// anything is done for it. What a symlink points to is free, because nothing is ever written through one.

import { Fault } from '../../kernel/fault.ts'

export interface Place {
  /** Empty for the top. */
  readonly directory: string
  /** Empty for the top itself. */
  readonly name: string
}

/** A name for people. */
export function shownName(name: string): string {
  return JSON.stringify(Buffer.from(name, 'latin1').toString('utf8').slice(0, 200))
}

/** The parts of a name without `.` and empty ones. */
export function partsOf(name: string): string[] {
  return name.split('/').filter((part) => part !== '' && part !== '.')
}

/** Throws `restore-unsafe`. `what` says for people what has the name. */
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
