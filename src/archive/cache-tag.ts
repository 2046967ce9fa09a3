// Directories that say of themselves that they are caches: a file CACHEDIR.TAG that begins with a signature (bford.info/cachedir).

import type { TreeCalls } from '../posix/tree-calls.ts'
import { DIRENT_FILE, type NameList } from './name-list.ts'

export const TAG_NAME = 'CACHEDIR.TAG'
const SIGNATURE = Buffer.from('Signature: 8a477f597d28d172789f06886806bc55')
const NAME = Buffer.from(`${TAG_NAME}\0`)

function hasTag(names: NameList): boolean {
  let low = 0
  let high = names.count
  while (low < high) {
    const middle = (low + high) >> 1
    const order = Buffer.compare(names.nameAt(middle), NAME)
    if (order === 0) return names.typeAt(middle) === DIRENT_FILE
    if (order < 0) low = middle + 1
    else high = middle
  }
  return false
}

/** Whether a file that begins with `start` is a tag. */
export function isCacheTag(start: Buffer): boolean {
  return start.length >= SIGNATURE.length && start.subarray(0, SIGNATURE.length).equals(SIGNATURE)
}

/** Whether the directory, whose sorted names are given, has the tag. A tag that cannot be read is none. */
export function isCacheTagged(calls: TreeCalls, directory: number, names: NameList): boolean {
  if (!hasTag(names)) return false
  try {
    const handle = calls.openFile(directory, NAME)
    try {
      const start = Buffer.alloc(SIGNATURE.length)
      return calls.read(handle, start, 0, start.length, 0) === start.length && isCacheTag(start)
    } finally {
      calls.close(handle)
    }
  } catch {
    return false
  }
}
