// What a dump that takes over members from the last one does at a directory (vault/tree-keep.ts): there an unchanged file costs a look at it.

import type { FileFacts } from '../posix/file-facts.ts'
import type { NameList } from './name-list.ts'
import type { PendingGroup } from './unit-messages.ts'

export interface MemberKeep {
  /** Takes the whole directory over, if it is as it was. Else it begins, and all of the below is called for it. */
  takeDirectory(path: string, handle: number, facts: FileFacts): { readonly inside: PendingGroup | undefined; readonly entryCount: number } | undefined
  /** The member of the directory itself was written. */
  endDirectoryMember(): void
  /** Takes over the member of a name that is no directory, if it is as it was: its facts are then in `facts`. `name` ends in a NUL. */
  takeMember(handle: number, names: NameList, index: number, name: Uint8Array, facts: FileFacts): boolean
  /** The member of the record's entry `entry` (-1: it has none) was written or taken over; `isUsable`: it is what the next dump would make of it. */
  endMember(entry: number, isUsable: boolean): void
  /** The directory's record is `record`. */
  endDirectory(record: Uint8Array): void
}
