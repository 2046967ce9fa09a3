// Gives a file or directory, through its descriptor, the owner, attributes, mode and time of its member, with as few system calls as it takes. The order matters: a change
// of owner clears set-id bits and capabilities, an access list changes the mode, and everything changes the time.

import { type AtCalls } from '../../posix/at-calls.ts'
import { errnoText } from '../../posix/errno-text.ts'
import { removeXattrOf, setXattr, setXattrOf } from '../../posix/xattr.ts'
import { systemErrorCode } from '../../kernel/fault.ts'
import type { Attributes } from './batch.ts'
import type { DirectoryHandle } from './directory-handles.ts'
import { failureKind } from './directory-handles.ts'
import type { Outcomes } from './outcomes.ts'

/** Who restores. */
export interface Identity {
  readonly uid: number
  readonly gid: number
  readonly umask: number
  /** Modes of directories keep it out of none. */
  readonly isMaster: boolean
}

const SET_IDS = 0o6000
const UNCHANGED = 0xffff_ffff
export const ACL_ACCESS = 'system.posix_acl_access'
export const ACL_DEFAULT = 'system.posix_acl_default'

export class AttributeSetter {
  readonly #calls: AtCalls
  readonly #identity: Identity
  readonly #hasOwners: boolean
  readonly #outcomes: Outcomes

  constructor(calls: AtCalls, identity: Identity, hasOwners: boolean, outcomes: Outcomes) {
    this.#calls = calls
    this.#identity = identity
    this.#hasOwners = hasOwners
    this.#outcomes = outcomes
  }

  /** Whether a new name in `dir` needs another owner than it gets. */
  needsOwner(attributes: Attributes, dir: DirectoryHandle): boolean {
    return this.#hasOwners && (attributes.uid !== this.#identity.uid || attributes.gid !== dir.newGid)
  }

  /**
   * The mode to make a file with: never more than it is to have, nothing for its group while it has the wrong one and others could come by, all for the owner while
   * attributes are set. Into directories that this extraction made nobody else comes before they are finished.
   */
  creationMode(attributes: Attributes, dir: DirectoryHandle): number {
    if (attributes.xattrs.length > 0) return 0o600
    return attributes.mode & (this.needsOwner(attributes, dir) && (!dir.isFresh || dir.path === '') ? 0o700 : 0o777)
  }

  /** Of a file that was made in `dir` with `madeMode`. */
  setFile(fd: number, path: string, attributes: Attributes, dir: DirectoryHandle, madeMode: number): void {
    let { mode } = attributes
    if (this.needsOwner(attributes, dir)) {
      if (!this.#setOwner(this.#calls.chownOf(fd, attributes.uid, attributes.gid), path, () => this.#calls.chownOf(fd, UNCHANGED, attributes.gid))) mode = this.#withoutSetIds(mode)
    }
    if (dir.hasDefaultAcl) this.#dropInherited(fd, path, attributes)
    this.#setXattrs((name, value) => setXattrOf(fd, name, value), path, attributes)
    if (dir.hasDefaultAcl || attributes.xattrs.length > 0 || (madeMode & ~this.#identity.umask) !== mode) this.#check(this.#calls.chmodOf(fd, mode), path, 'change mode')
    this.#check(this.#calls.setTimeOf(fd, attributes.seconds, attributes.nanoseconds), path, 'set time')
  }

  /** Of a directory, whose owner and attributes are whatever they are. */
  setDirectory(fd: number, path: string, attributes: Attributes, dir: DirectoryHandle, owner: { readonly uid: number; readonly gid: number }): void {
    let { mode } = attributes
    if (this.#hasOwners && (attributes.uid !== owner.uid || attributes.gid !== owner.gid)) {
      if (!this.#setOwner(this.#calls.chownOf(fd, attributes.uid, attributes.gid), path, () => this.#calls.chownOf(fd, UNCHANGED, attributes.gid))) mode = this.#withoutSetIds(mode)
    }
    if (dir.hasDefaultAcl || !dir.isFresh) this.#dropInherited(fd, path, attributes)
    this.#setXattrs((name, value) => setXattrOf(fd, name, value), path, attributes)
    this.#check(this.#calls.chmodOf(fd, mode), path, 'change mode')
    this.#check(this.#calls.setTimeOf(fd, attributes.seconds, attributes.nanoseconds), path, 'set time')
  }

  /** Of a link or node, by its name; a link has no mode. */
  setNamed(name: Uint8Array, path: string, attributes: Attributes, dir: DirectoryHandle, hasMode: boolean): void {
    let { mode } = attributes
    if (this.needsOwner(attributes, dir)) {
      const isOwned = this.#setOwner(this.#calls.chownAt(dir.fd, name, attributes.uid, attributes.gid), path, () => this.#calls.chownAt(dir.fd, name, UNCHANGED, attributes.gid))
      if (!isOwned && hasMode) mode = this.#withoutSetIds(mode)
    }
    if (attributes.xattrs.length > 0) {
      const place = Buffer.concat([Buffer.from(`/proc/self/fd/${dir.fd}/`), name.subarray(0, -1)])
      this.#setXattrs((each, value) => setXattr(place, each, value), path, attributes)
    }
    if (hasMode) this.#check(this.#calls.chmodAt(dir.fd, name, mode), path, 'change mode')
    this.#check(this.#calls.setTimeAt(dir.fd, name, attributes.seconds, attributes.nanoseconds), path, 'set time')
  }

  #setOwner(result: number, path: string, setGroupOnly: () => number): boolean {
    if (result === 0) return true
    const code = this.#calls.failureCode()
    if (code !== 'EPERM' && code !== 'EINVAL') this.#outcomes.strange(path, failureKind(code), `Cannot change owner: ${errnoText(code)}`)
    else {
      setGroupOnly()
      this.#outcomes.owners++
    }
    return false
  }

  /** Rights of an owner are not given to somebody else. */
  #withoutSetIds(mode: number): number {
    if ((mode & SET_IDS) !== 0) this.#outcomes.setIds++
    return mode & ~SET_IDS
  }

  /** What a file has from its directory and not from the archive. */
  #dropInherited(fd: number, path: string, attributes: Attributes): void {
    for (const name of [ACL_ACCESS, ACL_DEFAULT]) {
      if (attributes.xattrs.some((each) => each.name === name)) continue
      try {
        removeXattrOf(fd, name)
      } catch (error) {
        const code = systemErrorCode(error) ?? 'EIO'
        if (name === ACL_ACCESS || code !== 'EACCES') this.#outcomes.strange(path, 'attributes', `Cannot remove ${name}: ${errnoText(code)}`)
      }
    }
  }

  #setXattrs(set: (name: string, value: Uint8Array) => void, path: string, attributes: Attributes): void {
    for (const { name, value } of attributes.xattrs) {
      try {
        set(name, value)
      } catch (error) {
        this.#outcomes.strange(path, 'attributes', `Cannot set ${name}: ${errnoText(systemErrorCode(error) ?? 'EIO')}`)
      }
    }
  }

  #check(result: number, path: string, what: string): void {
    if (result !== 0) this.#outcomes.strange(path, 'attributes', `Cannot ${what}: ${errnoText(this.#calls.failureCode())}`)
  }
}
