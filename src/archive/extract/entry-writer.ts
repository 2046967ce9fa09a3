// Makes the members that are not directories in an open directory: files with their contents, links, devices and fifos. A name that is there is whole: what
// is not made in a fresh directory in one go is made under a temporary name first.

import { OPEN, type AtCalls } from '../../posix/at-calls.ts'
import { errnoText } from '../../posix/errno-text.ts'
import { Fault } from '../../kernel/fault.ts'
import type { AttributeSetter } from './attribute-setter.ts'
import type { Attributes } from './batch.ts'
import { failureKind, newStat, type DirectoryHandle } from './directory-handles.ts'
import type { Claim, NameTaker } from './name-taker.ts'
import type { Outcomes } from './outcomes.ts'

const FILE_FLAGS = OPEN.O_WRONLY | OPEN.O_CREAT | OPEN.O_EXCL | OPEN.O_NOFOLLOW | OPEN.closeOnExec
const REGULAR_BITS = 0o100000
const LINK_BITS = 0o120000
const TEMPORARY_TRIES_MAX = 10_000

/** A file that is being written. */
interface OpenFile {
  readonly fd: number
  readonly dir: DirectoryHandle
  readonly name: Buffer
  readonly path: string
  readonly attributes: Attributes
  readonly size: number
  readonly madeMode: number
  readonly claim: Claim
  /** Where it lies until it is whole; undefined: under its name. */
  readonly temporary: Buffer | undefined
  /** End of what was written. */
  end: number
  bytes: number
}

export class EntryWriter {
  readonly #calls: AtCalls
  readonly #taker: NameTaker
  readonly #setter: AttributeSetter
  readonly #outcomes: Outcomes
  readonly #isDirect: boolean
  readonly #onRenamed: (path: string, actual: string) => void
  #file: OpenFile | undefined
  readonly #statA = newStat()
  readonly #statB = newStat()

  /** `isDirect`: nobody counts on what is half made being recognised, as who resumes does. `onRenamed` is told members that got another name than theirs. */
  constructor(calls: AtCalls, taker: NameTaker, setter: AttributeSetter, outcomes: Outcomes, isDirect: boolean, onRenamed: (path: string, actual: string) => void) {
    this.#calls = calls
    this.#taker = taker
    this.#setter = setter
    this.#outcomes = outcomes
    this.#isDirect = isDirect
    this.#onRenamed = onRenamed
  }

  /** Begins a file; `isWhole` when its contents come at once. */
  beginFile(dir: DirectoryHandle, name: Buffer, path: string, attributes: Attributes, size: number, isWhole: boolean): void {
    const madeMode = this.#setter.creationMode(attributes, dir)
    let fd = -1
    let claim: Claim = 'free'
    let temporary: Buffer | undefined
    if (dir.isFresh && this.#isDirect) {
      fd = this.#calls.openAt(dir.fd, name, FILE_FLAGS, madeMode)
      if (fd < 0 && this.#calls.failureCode() !== 'EEXIST') return this.#cannot('open', path)
    }
    if (fd < 0) {
      claim = this.#taker.claim(dir, name, path, attributes, REGULAR_BITS, size)
      if (claim === 'skip' || claim === 'failed') return
      const made = this.#temporarily((each) => (fd = this.#calls.openAt(dir.fd, each, FILE_FLAGS, madeMode)))
      if (made === undefined) return this.#cannot('open', path)
      temporary = made
    }
    // What outlives the batch is copied out of it.
    const isLent = !isWhole
    this.#file = { fd, dir, name: isLent ? Buffer.from(name) : name, path, attributes: isLent ? keepAttributes(attributes) : attributes, size, madeMode, claim, temporary, end: 0, bytes: 0 }
  }

  /** Contents for the file that was begun; nothing when it was refused. */
  data(data: Buffer, position: number): void {
    const file = this.#file
    if (file === undefined || data.length === 0) return
    if (this.#calls.writeAll(file.fd, data, position) !== 0) {
      const code = this.#calls.failureCode()
      this.abandon()
      if (code === 'ENOSPC' || code === 'EDQUOT') throw new Fault('disk-full', `the restore stops at ${JSON.stringify(shown(file.path))}: ${errnoText(code)}`)
      if (code === 'EIO') throw new Fault('disk-error', `the restore stops at ${JSON.stringify(shown(file.path))}: ${errnoText(code)}`)
      this.#outcomes.fail(file.path, failureKind(code), `Cannot write: ${errnoText(code)}`)
      return
    }
    file.end = position + data.length
    file.bytes += data.length
  }

  endFile(): void {
    const file = this.#file
    if (file === undefined) return
    this.#file = undefined
    const { fd, dir, path, temporary } = file
    if (file.end < file.size && this.#calls.truncateOf(fd, file.size) !== 0) {
      const code = this.#calls.failureCode()
      this.#calls.close(fd)
      this.#calls.unlinkAt(dir.fd, temporary ?? file.name, false)
      this.#outcomes.fail(path, failureKind(code), `Cannot extend to ${file.size} bytes: ${errnoText(code)}`)
      return
    }
    this.#setter.setFile(fd, path, file.attributes, dir, file.madeMode)
    this.#calls.close(fd)
    if (temporary !== undefined && !this.#settle(dir, temporary, file.name, path, file.claim)) return
    this.#outcomes.restored++
    this.#outcomes.bytes += file.bytes
  }

  /** The file that is being written goes. */
  abandon(): void {
    const file = this.#file
    this.#file = undefined
    if (file === undefined) return
    this.#calls.close(file.fd)
    this.#calls.unlinkAt(file.dir.fd, file.temporary ?? file.name, false)
  }

  get isWriting(): boolean {
    return this.#file !== undefined
  }

  symlink(dir: DirectoryHandle, name: Buffer, path: string, attributes: Attributes, target: Buffer): void {
    this.#make(dir, name, path, attributes, LINK_BITS, target.length - 1, 'create symlink', (each) => this.#calls.symlinkAt(target, dir.fd, each), (each) => this.#setter.setNamed(each, path, attributes, dir, false))
  }

  node(dir: DirectoryHandle, name: Buffer, path: string, attributes: Attributes, kind: number, major: number, minor: number): void {
    this.#make(dir, name, path, attributes, kind, 0, 'mknod', (each) => this.#calls.mknodAt(dir.fd, each, kind | (attributes.mode & 0o700), major, minor), (each) => this.#setter.setNamed(each, path, attributes, dir, true))
  }

  /** Returns false when the target is not there yet; nothing is counted then. */
  hardLink(dir: DirectoryHandle, name: Buffer, path: string, targetDir: DirectoryHandle, target: Buffer): boolean {
    const calls = this.#calls
    if (calls.statAt(targetDir.fd, target, this.#statA) !== 0) return false
    if (calls.statAt(dir.fd, name, this.#statB) === 0 && this.#statA.inode === this.#statB.inode && this.#statA.device === this.#statB.device) {
      this.#outcomes.restored++
      return true
    }
    const time = this.#statA.mtimeNs
    const attributes: Attributes = { mode: 0, uid: 0, gid: 0, seconds: Number(time / 1_000_000_000n), nanoseconds: Number(((time % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n), xattrs: [] }
    this.#make(dir, name, path, attributes, REGULAR_BITS, this.#statA.size, 'hard link', (each) => calls.linkAt(targetDir.fd, target, dir.fd, each), () => undefined)
    return true
  }

  #make(dir: DirectoryHandle, name: Buffer, path: string, attributes: Attributes, kind: number, size: number, what: string, make: (name: Buffer) => number, finish: (name: Buffer) => void): void {
    if (dir.isFresh && this.#isDirect) {
      if (make(name) === 0) {
        finish(name)
        this.#outcomes.restored++
        return
      }
      if (this.#calls.failureCode() !== 'EEXIST') return this.#cannot(what, path)
    }
    const claim = this.#taker.claim(dir, name, path, attributes, kind, size)
    if (claim === 'skip' || claim === 'failed') return
    const temporary = this.#temporarily(make)
    if (temporary === undefined) return this.#cannot(what, path)
    finish(temporary)
    if (this.#settle(dir, temporary, name, path, claim)) this.#outcomes.restored++
  }

  #settle(dir: DirectoryHandle, temporary: Buffer, name: Buffer, path: string, claim: Claim): boolean {
    const actual = this.#taker.settle(dir, temporary, name, path, claim)
    if (actual !== undefined && actual !== path) this.#onRenamed(path, actual)
    return actual !== undefined
  }

  /** The temporary name under which `make` made something. */
  #temporarily(make: (name: Buffer) => number): Buffer | undefined {
    for (let tries = 0; tries < TEMPORARY_TRIES_MAX; tries++) {
      const name = this.#taker.temporaryName()
      if (make(name) >= 0) return name
      if (this.#calls.failureCode() !== 'EEXIST') return undefined
    }
    return undefined
  }

  #cannot(what: string, path: string): void {
    const code = this.#calls.failureCode()
    if (code === 'ENOSPC' || code === 'EDQUOT') throw new Fault('disk-full', `the restore stops at ${JSON.stringify(shown(path))}: ${errnoText(code)}`)
    this.#outcomes.fail(path, failureKind(code), `Cannot ${what}: ${errnoText(code)}`)
  }
}

function shown(path: string): string {
  return Buffer.from(path, 'latin1').toString('utf8')
}

function keepAttributes(attributes: Attributes): Attributes {
  return { ...attributes, xattrs: attributes.xattrs.map(({ name, value }) => ({ name, value: Buffer.from(value) })) }
}
