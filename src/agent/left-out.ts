// What the settings of a disk leave out of its dumps: exclude and include lists, and for our own archiver tagged caches and the nodump flag. For the comparison of a
// disk with its dumps, which asks only about names that are on the disk and in no dump.

import { isCacheTag, TAG_NAME } from '../archive/cache-tag.ts'
import { chosenPaths } from '../archive/chosen-paths.ts'
import { PatternSet } from '../archive/patterns/pattern-set.ts'
import type { ArchiveSettings } from '../archive/settings.ts'
import { hasNodump } from '../posix/file-flags.ts'
import type { LiveEntry } from '../posix/live-entry.ts'
import { openLiveFile } from '../posix/live-file.ts'

const TAG_BYTES = 64

/** All paths are bytes (latin1), names below the top have no slash at either end. */
export class LeftOut {
  readonly #settings: ArchiveSettings
  readonly #isOurs: boolean
  readonly #excludes: PatternSet
  readonly #chosen: ReturnType<typeof chosenPaths>
  /** The directory that was asked about last, and whether it is a cache that is skipped. */
  #cache: { readonly directory: string; readonly isTagged: boolean } | undefined

  /** `isOurs`: our own archiver makes the dumps. */
  constructor(settings: ArchiveSettings, isOurs: boolean) {
    this.#settings = settings
    this.#isOurs = isOurs
    this.#excludes = new PatternSet(settings.excludes)
    this.#chosen = settings.includes === undefined ? undefined : chosenPaths(settings.includes)
  }

  /** Whether `name`, which lies at `path` and is in no dump, was never meant to be in one. */
  async has(name: string, path: Uint8Array, live: LiveEntry): Promise<boolean> {
    const chosen = this.#chosen?.(name)
    // GNU tar dumps what was chosen without the directories on the way.
    if (chosen === 'out' || (chosen === 'passage' && !this.#isOurs)) return true
    if (this.#excludes.matches(name)) return true
    if (!this.#isOurs) return false
    if (this.#settings.isCacheSkipped && (await this.#isInCache(name, path))) return true
    return this.#settings.isNodumpHonoured && (live.kind === 'file' || live.kind === 'directory') && (await isNodump(path))
  }

  async #isInCache(name: string, path: Uint8Array): Promise<boolean> {
    const bytes = Buffer.from(path)
    const base = name.slice(name.lastIndexOf('/') + 1)
    if (base === TAG_NAME) return false
    const directory = bytes.subarray(0, bytes.length - base.length).toString('latin1')
    if (this.#cache?.directory !== directory) this.#cache = { directory, isTagged: await isTagged(Buffer.from(directory + TAG_NAME, 'latin1')) }
    return this.#cache.isTagged
  }
}

async function isTagged(tag: Buffer): Promise<boolean> {
  try {
    await using file = await openLiveFile(tag)
    if (file === undefined || !(await file.look()).isFile) return false
    const start = Buffer.alloc(TAG_BYTES)
    return isCacheTag(start.subarray(0, await file.read(start, 0)))
  } catch {
    return false
  }
}

async function isNodump(path: Uint8Array): Promise<boolean> {
  try {
    await using file = await openLiveFile(path)
    return file !== undefined && hasNodump(file.fd)
  } catch {
    return false
  }
}
