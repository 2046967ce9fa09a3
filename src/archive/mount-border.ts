// Where a dump ends: at other file systems and other mounts, unless the settings let it cross.

import type { FileFacts } from '../posix/file-facts.ts'
import type { ArchiveSettings } from './settings.ts'
import { isWithin } from './tree-path.ts'

/** Whether the directory at `path`, which is not the top, lies beyond the border. */
export function isBeyond({ isOneFileSystem, crossed }: ArchiveSettings, path: string, facts: FileFacts, topDev: bigint): boolean {
  if (!isOneFileSystem || crossed.includes(path)) return false
  // A mount of the same file system at another place has the same number.
  if (facts.isMountRoot) return true
  return facts.dev !== topDev && !crossed.some((one) => isWithin(path, one))
}
