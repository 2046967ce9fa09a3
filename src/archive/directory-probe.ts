// The disk as the plan of renames looks at it (snapshot/rename-plan.ts): directories only, and only those that the dump goes into.

import { FileFacts } from '../posix/file-facts.ts'
import type { TreeCalls } from '../posix/tree-calls.ts'
import { isBeyond } from './mount-border.ts'
import { DIRENT_DIRECTORY, DIRENT_UNKNOWN, NameList } from './name-list.ts'
import { OpenDirectories } from './open-directories.ts'
import type { PatternSet } from './patterns/pattern-set.ts'
import type { ArchiveSettings } from './settings.ts'
import type { DirectoryProbe, FactWords } from './snapshot/contract.ts'

export class DiskProbe implements DirectoryProbe {
  readonly #calls: TreeCalls
  readonly #settings: ArchiveSettings
  readonly #excludes: PatternSet | undefined
  readonly #checkStop: () => void
  readonly #directories: OpenDirectories
  readonly #facts = new FileFacts()
  readonly #names = new NameList()
  readonly #topDev: bigint

  /** `checkStop` throws when the dump is over. */
  constructor(calls: TreeCalls, settings: ArchiveSettings, excludes: PatternSet | undefined, checkStop: () => void) {
    this.#calls = calls
    this.#settings = settings
    this.#excludes = excludes
    this.#checkStop = checkStop
    this.#directories = new OpenDirectories(calls, Buffer.from(`${settings.top}\0`, 'latin1'))
    calls.statHandle(this.#directories.open(''), this.#facts)
    this.#topDev = this.#facts.dev
  }

  close(): void {
    this.#directories.close()
  }

  directory(path: string): FactWords | undefined {
    this.#checkStop()
    try {
      if (path === '.') {
        this.#calls.statHandle(this.#directories.open(''), this.#facts)
        return this.#facts
      }
      const slash = path.lastIndexOf('/')
      this.#calls.stat(this.#directories.open(slash < 0 ? '' : path.slice(0, slash)), Buffer.from(`${path.slice(slash + 1)}\0`, 'latin1'), this.#facts)
    } catch {
      return undefined
    }
    if (!this.#facts.isDirectory || isBeyond(this.#settings, path, this.#facts, this.#topDev)) return undefined
    if (this.#settings.isNodumpHonoured && this.#facts.isNodump) return undefined
    return this.#isExcluded(path) ? undefined : this.#facts
  }

  /** It, or a directory above it. */
  #isExcluded(path: string): boolean {
    const excludes = this.#excludes
    if (excludes === undefined) return false
    for (let slash = path.indexOf('/'); slash >= 0; slash = path.indexOf('/', slash + 1)) if (excludes.matches(path.slice(0, slash))) return true
    return excludes.matches(path)
  }

  subdirectories(path: string): readonly string[] {
    if (this.#list(path) === undefined) return []
    const found: string[] = []
    for (let index = 0; index < this.#names.count; index++) {
      const type = this.#names.typeAt(index)
      if (type === DIRENT_DIRECTORY || type === DIRENT_UNKNOWN) found.push(this.#names.textAt(index))
    }
    return found
  }

  linkedFiles(path: string, take: (inode: bigint) => void): void {
    const handle = this.#list(path)
    if (handle === undefined) return
    const look = new FileFacts()
    for (let index = 0; index < this.#names.count; index++) {
      if (this.#names.typeAt(index) === DIRENT_DIRECTORY) continue
      try {
        this.#calls.stat(handle, this.#names.nameAt(index), look)
      } catch {
        continue
      }
      if (!look.isDirectory && look.linkCount > 1) take(look.inode)
    }
  }

  #list(path: string): number | undefined {
    this.#names.clear()
    try {
      const handle = this.#directories.open(path === '.' ? '' : path)
      this.#calls.readNames(handle, this.#names)
      return handle
    } catch {
      return undefined
    }
  }
}
