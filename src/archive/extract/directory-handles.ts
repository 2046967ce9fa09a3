// Open directories of the tree that is being written. A path is entered one component at a time below the handle of its parent, and no link is ever followed, so
// whoever swaps a directory for a link meanwhile gains nothing. Handles stay open while they are in use again and again; a path without a handle is
// entered anew from the nearest ancestor that has one.

import { cName, OPEN, type AtCalls, type AtStat } from '../../posix/at-calls.ts'
import { errnoText } from '../../posix/errno-text.ts'
import { getXattrOf } from '../../posix/xattr.ts'
import type { ExtractProblemCode } from './contract.ts'

export interface DirectoryHandle {
  readonly fd: number
  readonly path: string
  /** Made by this extraction: what is in it is of this archive. */
  readonly isFresh: boolean
  /** The group that new names in it get. */
  readonly newGid: number
  /** New names in it get an access list, whatever the umask says. */
  readonly hasDefaultAcl: boolean
}

export interface EnterFailure {
  readonly code: ExtractProblemCode
  readonly reason: string
}

/** What is done with something in the way of a directory: `undefined` lets it be replaced. */
export type Obstacle = (parent: DirectoryHandle, name: Buffer, isAnnounced: boolean) => EnterFailure | undefined

/** Which components of a path the archive has as directories: only such take the place of something else. `existing`: nothing is made at all. */
export type Announced = 'none' | 'last' | 'all' | 'existing'

/** Descriptors of one thread. */
const HANDLES_MAX = 64
/** Longer paths than this are an attack. */
export const PATH_BYTES_MAX = 64 * 1024
const DIRECTORY_FLAGS = OPEN.O_RDONLY | OPEN.O_DIRECTORY | OPEN.O_NOFOLLOW | OPEN.closeOnExec
const TEMPORARY_MODE = 0o700
/** Tries to enter a name that others change at the same time. */
const TRIES_MAX = 8

export function newStat(): AtStat {
  return { mode: 0, uid: 0, gid: 0, size: 0, mtimeNs: 0n, inode: 0n, device: 0n }
}

export function parentOf(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash < 0 ? '' : path.slice(0, slash)
}

export class DirectoryHandles {
  readonly #calls: AtCalls
  readonly #root: DirectoryHandle
  readonly #gid: number
  readonly #handles = new Map<string, DirectoryHandle>()
  readonly #stat = newStat()
  readonly #onMade: (path: string) => void
  #pinned: DirectoryHandle | undefined

  /** `rootFd` stays the caller's. `onMade` is told directories that were made on the way and that nobody announced. */
  constructor(calls: AtCalls, rootFd: number, isRootFresh: boolean, gid: number, onMade: (path: string) => void) {
    this.#calls = calls
    this.#gid = gid
    this.#onMade = onMade
    this.#root = this.#handleOf(rootFd, '', isRootFresh, undefined)
  }

  /** The handle for `path`, which is made with its parents when it is missing; what is in the way `obstacle` judges. The next call may close it unless it is pinned. */
  enter(path: string, obstacle: Obstacle, announced: Announced): DirectoryHandle | EnterFailure {
    if (path === '') return this.#root
    const known = this.#handles.get(path)
    if (known !== undefined) {
      this.#handles.delete(path)
      this.#handles.set(path, known)
      return known
    }
    if (path.length > PATH_BYTES_MAX) return { code: 'name', reason: `the path is longer than ${PATH_BYTES_MAX} bytes` }
    let at = path.length
    let handle: DirectoryHandle = this.#root
    for (let slash = path.lastIndexOf('/'); slash > 0; slash = path.lastIndexOf('/', slash - 1)) {
      const ancestor = this.#handles.get(path.slice(0, slash))
      at = slash
      if (ancestor !== undefined) {
        handle = ancestor
        break
      }
    }
    // From here on `at` is where the path of `handle` ends.
    at = handle.path.length
    while (at < path.length) {
      const start = at === 0 ? 0 : at + 1
      const slash = path.indexOf('/', start)
      const end = slash < 0 ? path.length : slash
      const isLast = end === path.length
      const isAnnounced = announced === 'all' || (announced === 'last' && isLast)
      const child = this.#step(handle, path.slice(start, end), path.slice(0, end), obstacle, { isAnnounced, isMade: announced !== 'existing', isQuiet: announced !== 'none' && isLast })
      if ('code' in child) return child
      this.#keep(child)
      handle = child
      at = end
    }
    return handle
  }

  /** Keeps one handle open whatever is entered, until another one is pinned. */
  pin(handle: DirectoryHandle | undefined): void {
    this.#pinned = handle
  }

  /** Forgets and closes everything but `keep`: paths are about to mean something else. */
  clear(keep?: DirectoryHandle): void {
    for (const handle of this.#handles.values()) if (handle !== keep) this.#calls.close(handle.fd)
    this.#handles.clear()
    if (keep !== undefined && keep !== this.#root) this.#handles.set(keep.path, keep)
    this.#pinned = keep
  }

  #step(parent: DirectoryHandle, name: string, path: string, obstacle: Obstacle, how: { readonly isAnnounced: boolean; readonly isMade: boolean; readonly isQuiet: boolean }): DirectoryHandle | EnterFailure {
    const calls = this.#calls
    const bytes = cName(name)
    let isMade = false
    const make = (): boolean => {
      if (calls.mkdirAt(parent.fd, bytes, TEMPORARY_MODE) !== 0) return false
      isMade = true
      if (!how.isQuiet) this.#onMade(path)
      return true
    }
    if (parent.isFresh && how.isMade) make()
    for (let tries = 0; tries < TRIES_MAX; tries++) {
      const fd = calls.openAt(parent.fd, bytes, DIRECTORY_FLAGS, 0)
      if (fd >= 0) return this.#handleOf(fd, path, isMade || parent.isFresh, parent)
      const code = calls.failureCode()
      if (code === 'ENOENT' && how.isMade) {
        if (!make() && calls.failureCode() !== 'EEXIST') return { code: failureKind(calls.failureCode()), reason: `Cannot mkdir: ${errnoText(calls.failureCode())}` }
      } else if (code === 'ENOTDIR' || code === 'ELOOP') {
        const refusal = obstacle(parent, bytes, how.isAnnounced)
        if (refusal !== undefined) return refusal
      } else return { code: failureKind(code), reason: `Cannot open: ${errnoText(code)}` }
    }
    return { code: 'system', reason: 'the directory changes while it is restored' }
  }

  #handleOf(fd: number, path: string, isFresh: boolean, parent: DirectoryHandle | undefined): DirectoryHandle {
    // A directory that was made here takes after its parent.
    if (isFresh && parent !== undefined) return { fd, path, isFresh, newGid: parent.newGid, hasDefaultAcl: parent.hasDefaultAcl }
    const isKnown = this.#calls.statOf(fd, this.#stat) === 0
    return { fd, path, isFresh, newGid: isKnown && (this.#stat.mode & 0o2000) !== 0 ? this.#stat.gid : this.#gid, hasDefaultAcl: getXattrOf(fd, 'system.posix_acl_default') !== undefined }
  }

  #keep(handle: DirectoryHandle): void {
    this.#handles.set(handle.path, handle)
    if (this.#handles.size <= HANDLES_MAX) return
    for (const oldest of this.#handles.values()) {
      if (oldest === this.#pinned || oldest === handle) continue
      this.#handles.delete(oldest.path)
      this.#calls.close(oldest.fd)
      return
    }
  }
}

export function failureKind(code: string): ExtractProblemCode {
  if (code === 'EPERM' || code === 'EACCES' || code === 'EROFS') return 'not-permitted'
  if (code === 'ENAMETOOLONG' || code === 'EILSEQ') return 'name'
  if (code === 'ENOTSUP' || code === 'EOPNOTSUPP' || code === 'ENOSYS') return 'not-supported'
  return code === 'EEXIST' || code === 'ENOTEMPTY' || code === 'EISDIR' ? 'exists' : 'system'
}
