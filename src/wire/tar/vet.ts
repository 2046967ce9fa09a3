// Judges the members of a tar stream before they reach a program that extracts them: no absolute names, no `..`, no hard link to such a
// name. What a symlink points to is free, because nothing may be written through it: whoever extracts over an existing tree also asks
// `parentsOf` and refuses members below a symlink.

import { Fault } from '../../kernel/fault.ts'
import type { TarMember } from './member-reader.ts'

/** A name for people. */
export function shownName(name: string): string {
  return JSON.stringify(Buffer.from(name, 'latin1').toString('utf8').slice(0, 200))
}

function judgeName(name: string, what: string): void {
  const shown = shownName(name)
  if (name.length === 0) throw new Fault('restore-unsafe', `${what} without a name`)
  if (name.startsWith('/')) throw new Fault('restore-unsafe', `${what} ${shown} is absolute`)
  if (partsOf(name).includes('..')) throw new Fault('restore-unsafe', `${what} ${shown} leaves the target`)
}

/** Throws `restore-unsafe` when the member could be written outside the directory it is extracted into. */
export function vetMember(member: TarMember): void {
  judgeName(member.name, 'a member')
  if (member.kind === 'hard-link') judgeName(member.linkName, 'a hard link to')
}

/** The parts of a name, a string of bytes (latin1), without `.` and empty ones. */
export function partsOf(name: string): string[] {
  return name.split('/').filter((part) => part !== '' && part !== '.')
}

/** The directories above a name, outermost first, as `a/b` in bytes (latin1). */
export function parentsOf(name: string): string[] {
  const parts = partsOf(name)
  return parts.slice(0, -1).map((_, index) => parts.slice(0, index + 1).join('/'))
}
