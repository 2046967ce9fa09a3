// What happens when a name is there already: the policies of the contract, decided by looking at the name itself, below its directory's handle. New things are made under
// a temporary name and take theirs whole; only below a target that this extraction made are they made in place.

import { type AtCalls, type AtStat } from '../../posix/at-calls.ts'
import { errnoText } from '../../posix/errno-text.ts'
import type { Attributes } from './batch.ts'
import type { ExistingPolicy } from './contract.ts'
import { failureKind, newStat, type DirectoryHandle, type DirectoryHandles, type EnterFailure } from './directory-handles.ts'
import type { Outcomes } from './outcomes.ts'
import { removeTree } from './remove-tree.ts'

export interface TakeOptions {
  readonly existing: ExistingPolicy
  readonly isIncremental: boolean
  readonly isResumed: boolean
}

const KIND_BITS = 0o170000
const DIRECTORY_BITS = 0o040000
const REGULAR_BITS = 0o100000
const LINK_BITS = 0o120000
const BESIDE_MAX = 10_000
const NANOSECONDS = 1_000_000_000n
/** Names of ours that a killed extraction may leave. */
export const TEMPORARY_PREFIX = '.holdfast-part-'
/** As `temporaryName` makes them: another thread may be about to give it its own. */
export const TEMPORARY_NAME = /^\.holdfast-part-\d+-\d+$/

/** How the name is to be taken: `skip` and `failed` are counted already. */
export type Claim = 'free' | 'replace' | 'beside' | 'skip' | 'failed'

export class NameTaker {
  readonly #calls: AtCalls
  readonly #options: TakeOptions
  readonly #outcomes: Outcomes
  readonly #handles: DirectoryHandles
  readonly #writer: number
  readonly #stat = newStat()
  #temporaryCount = 0

  constructor(calls: AtCalls, options: TakeOptions, outcomes: Outcomes, handles: DirectoryHandles, writer: number) {
    this.#calls = calls
    this.#options = options
    this.#outcomes = outcomes
    this.#handles = handles
    this.#writer = writer
  }

  temporaryName(): Buffer {
    return Buffer.from(`${TEMPORARY_PREFIX}${this.#writer}-${this.#temporaryCount++}\0`)
  }

  /** Judges `name` for a member that is not a directory. `kind`: its file type bits; `size` of a file, or the length of a link's target. */
  claim(dir: DirectoryHandle, name: Buffer, path: string, attributes: Attributes, kind: number, size: number): Claim {
    const stat = this.#stat
    if (this.#calls.statAt(dir.fd, name, stat) !== 0) {
      const code = this.#calls.failureCode()
      if (code === 'ENOENT') return 'free'
      this.#outcomes.fail(path, failureKind(code), `Cannot stat: ${errnoText(code)}`)
      return 'failed'
    }
    const mtimeNs = BigInt(attributes.seconds) * NANOSECONDS + BigInt(attributes.nanoseconds)
    if (this.#options.isResumed && isSame(stat, kind, size, mtimeNs)) return this.#skip()
    switch (this.#options.existing) {
      case 'refuse':
        this.#outcomes.fail(path, 'exists', 'is there already')
        return 'failed'
      case 'keep':
        return this.#skip()
      case 'newer':
        return stat.mtimeNs >= mtimeNs ? this.#skip() : this.#clear(dir, name, path)
      case 'beside':
        return 'beside'
      case 'replace':
        return this.#clear(dir, name, path)
    }
  }

  /** Judges what stands in the way of a directory; undefined when it is out of the way. */
  clearForDirectory(dir: DirectoryHandle, name: Buffer, isAnnounced: boolean): EnterFailure | undefined {
    const { existing } = this.#options
    if (!isAnnounced || (existing !== 'replace' && existing !== 'newer')) return obstacleOf(isAnnounced)
    if (this.#calls.unlinkAt(dir.fd, name, false) === 0 || ['ENOENT', 'EISDIR'].includes(this.#calls.failureCode())) return undefined
    return { code: failureKind(this.#calls.failureCode()), reason: `Cannot unlink: ${errnoText(this.#calls.failureCode())}` }
  }

  /** Gives what lies under `temporary` its name. Returns the path it got, or undefined when that failed and it is gone again. */
  settle(dir: DirectoryHandle, temporary: Buffer, name: Buffer, path: string, claim: Claim): string | undefined {
    if (claim === 'beside') return this.#settleBeside(dir, temporary, name, path)
    if (this.#calls.renameAt(dir.fd, temporary, dir.fd, name, claim === 'replace') === 0) return path
    const code = this.#calls.failureCode()
    this.#calls.unlinkAt(dir.fd, temporary, false)
    this.#outcomes.fail(path, failureKind(code), `Cannot rename: ${errnoText(code)}`)
    return undefined
  }

  #settleBeside(dir: DirectoryHandle, temporary: Buffer, name: Buffer, path: string): string | undefined {
    for (let number = 1; number <= BESIDE_MAX; number++) {
      const suffix = `.~restored~${number}~`
      if (this.#calls.renameAt(dir.fd, temporary, dir.fd, Buffer.concat([name.subarray(0, -1), Buffer.from(`${suffix}\0`)]), false) === 0) return `${path}${suffix}`
      if (this.#calls.failureCode() !== 'EEXIST') break
    }
    const code = this.#calls.failureCode()
    this.#calls.unlinkAt(dir.fd, temporary, false)
    this.#outcomes.fail(path, failureKind(code), `Cannot be put beside what is there: ${errnoText(code)}`)
    return undefined
  }

  #skip(): Claim {
    this.#outcomes.skipped++
    return 'skip'
  }

  /** A directory must go before something else can have its name; an incremental dump means it, else it goes only when it is empty. */
  #clear(dir: DirectoryHandle, name: Buffer, path: string): Claim {
    if ((this.#stat.mode & KIND_BITS) !== DIRECTORY_BITS) return 'replace'
    this.#handles.clear(dir)
    const reason = this.#options.isIncremental ? removeTree(this.#calls, dir.fd, name, () => this.temporaryName()) : this.#calls.unlinkAt(dir.fd, name, true) === 0 ? undefined : errnoText(this.#calls.failureCode())
    if (reason === undefined) return 'free'
    this.#outcomes.fail(path, 'exists', `a directory has its name and cannot be removed: ${reason}`)
    return 'failed'
  }
}

function isSame(stat: AtStat, kind: number, size: number, mtimeNs: bigint): boolean {
  const hasSize = kind === REGULAR_BITS || kind === LINK_BITS
  return (stat.mode & KIND_BITS) === kind && stat.mtimeNs === mtimeNs && (!hasSize || stat.size === size)
}

function obstacleOf(isAnnounced: boolean): EnterFailure {
  return isAnnounced ? { code: 'exists', reason: 'something else than a directory has its name' } : { code: 'below-link', reason: 'lies below something that is not a directory, or below a symlink' }
}
