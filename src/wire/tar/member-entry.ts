// The line of the index, with attributes, for a member of a tar stream that somebody else made: what its header tells. Such a stream does not say what of
// its base is gone. Format: docs/formats/index-file.md.

import { formatIndexEntry, type IndexAttributes, type IndexEntryType } from './index-entry.ts'
import { escapeName, indexLine, indexPathOf } from './index-line.ts'
import type { MemberKind, TarMember } from './member-reader.ts'

const TYPES: Readonly<Record<MemberKind, IndexEntryType>> = {
  file: 'f',
  'hard-link': 'h',
  symlink: 'l',
  'character-device': 'c',
  'block-device': 'b',
  directory: 'd',
  fifo: 'p',
  other: 'f',
}

/** Times beyond a hundred billion years are damage; the line has no room for them. */
const SECONDS_MAX = 10n ** 18n
const NANOSECONDS = 1_000_000_000n

function timeInRange(ns: bigint): bigint {
  const seconds = ns / NANOSECONDS
  return seconds > -SECONDS_MAX && seconds < SECONDS_MAX ? ns : 0n
}

export function attributesOf(member: TarMember): IndexAttributes {
  const { kind, offset, spanBytes, size, mode, uid, gid, userName, groupName, linkName } = member
  const target = kind === 'symlink' ? escapeName(linkName) : kind === 'hard-link' ? indexPathOf(linkName) : undefined
  return {
    type: TYPES[kind],
    offset,
    spanBytes,
    size: kind === 'directory' ? 0 : size,
    mtimeNs: timeInRange(member.mtimeNs),
    mode,
    // As the system call would take them.
    uid: uid >>> 0,
    gid: gid >>> 0,
    userName,
    groupName,
    ...(target === undefined ? {} : { target }),
  }
}

/** Without the newline. */
export function memberEntry(member: TarMember): string {
  return formatIndexEntry(indexLine(member), attributesOf(member))
}
