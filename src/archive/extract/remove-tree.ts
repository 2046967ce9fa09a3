// Removes a name below an open directory with all that is in it, never following a link. The depth of a tree costs no descriptors: what lies deeper than a bound is first
// moved up beside the top.

import { cName, namesIn, OPEN, type AtCalls } from '../../posix/at-calls.ts'
import { errnoText } from '../../posix/errno-text.ts'

const DEPTH_MAX = 32
const FLAGS = OPEN.O_RDONLY | OPEN.O_DIRECTORY | OPEN.O_NOFOLLOW | OPEN.closeOnExec

/** Returns why it could not be removed; undefined when it is gone. `temporaryName` gives names that nobody uses. */
export function removeTree(calls: AtCalls, dir: number, name: Buffer, temporaryName: () => Buffer): string | undefined {
  const waiting: Buffer[] = [name]
  let reason: string | undefined
  for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) reason ??= removeLevel(calls, dir, dir, next, 0, waiting, temporaryName)
  return reason
}

/**
 * Removes a name that was listed a moment ago as a directory or as something else, and nothing that another thread has put in its place since: the kernel unlinks no
 * directory, and removes nothing else as one. Returns as `removeTree` does.
 */
export function removeListed(calls: AtCalls, dir: number, name: Buffer, isDirectory: boolean, temporaryName: () => Buffer): string | undefined {
  const other = isDirectory ? 'ENOTDIR' : 'EISDIR'
  const reasonOf = (code: string): string | undefined => (code === 'ENOENT' || code === other ? undefined : errnoText(code))
  if (calls.unlinkAt(dir, name, isDirectory) === 0) return undefined
  const code = calls.failureCode()
  if (!isDirectory || (code !== 'ENOTEMPTY' && code !== 'EEXIST')) return reasonOf(code)
  const waiting: Buffer[] = []
  const reason = removeFull(calls, dir, dir, name, 0, waiting, temporaryName)
  for (const moved of waiting) removeTree(calls, dir, moved, temporaryName)
  return reason === errnoText(other) ? undefined : reason
}

function removeLevel(calls: AtCalls, top: number, dir: number, name: Buffer, depth: number, waiting: Buffer[], temporaryName: () => Buffer): string | undefined {
  if (calls.unlinkAt(dir, name, false) === 0 || calls.failureCode() === 'ENOENT') return undefined
  if (!['EISDIR', 'EPERM'].includes(calls.failureCode())) return errnoText(calls.failureCode())
  if (calls.unlinkAt(dir, name, true) === 0 || calls.failureCode() === 'ENOENT') return undefined
  if (calls.failureCode() === 'ENOTDIR') return 'Operation not permitted'
  if (depth >= DEPTH_MAX) {
    const moved = temporaryName()
    if (calls.renameAt(dir, name, top, moved, true) !== 0) return errnoText(calls.failureCode())
    waiting.push(moved)
    return undefined
  }
  return removeFull(calls, top, dir, name, depth, waiting, temporaryName)
}

/** A directory that is not empty. */
function removeFull(calls: AtCalls, top: number, dir: number, name: Buffer, depth: number, waiting: Buffer[], temporaryName: () => Buffer): string | undefined {
  const fd = calls.openAt(dir, name, FLAGS, 0)
  if (fd < 0) return errnoText(calls.failureCode())
  let reason: string | undefined
  try {
    for (const entry of namesIn(fd)) reason ??= removeLevel(calls, top, fd, cName(entry.name), depth + 1, waiting, temporaryName)
  } catch (error) {
    reason = error instanceof Error ? error.message : String(error)
  } finally {
    calls.close(fd)
  }
  if (reason !== undefined) return reason
  return calls.unlinkAt(dir, name, true) === 0 || calls.failureCode() === 'ENOENT' ? undefined : errnoText(calls.failureCode())
}
