// The staging directories of restores that are under way, one small file each (docs/formats/agent-state.md#restores), written before the
// directory is made: so what a crashed restore left can be found and removed, wherever its target was. Only names that a restore gives
// and that stand here are ever removed.

import { readFile, replaceFile, type Disk } from '../kernel/disk.ts'
import { systemErrorCode } from '../kernel/fault.ts'
import type { Random } from '../kernel/random.ts'

const NAME_PREFIX = '.holdfast-restore-'
const NAME_RANDOM_BYTES = 8
const ENTRY_NAME = /^[0-9a-f]{16}$/
const ENTRY_BYTES_MAX = 64 * 1024

export interface StagingLeftover {
  readonly path: string
  /** To be called when `path` is gone. */
  readonly forget: () => Promise<void>
}

/** A name for a staging directory in `parent`, which nobody can guess. */
export function stagingPath(random: Random, parent: string): string {
  return `${parent}/${NAME_PREFIX}${Buffer.from(random.bytes(NAME_RANDOM_BYTES)).toString('hex')}`
}

export class StagingJournal {
  readonly #disk: Disk
  readonly #dir: string
  readonly #pid: number

  constructor(disk: Disk, dir: string, pid: number) {
    this.#disk = disk
    this.#dir = dir
    this.#pid = pid
  }

  /** Notes `path`, made by `stagingPath`, durably. What it resolves to forgets it; to be called when `path` is gone. */
  async note(path: string): Promise<() => Promise<void>> {
    const entry = `${this.#dir}/${path.slice(path.lastIndexOf(NAME_PREFIX) + NAME_PREFIX.length)}`
    await this.#disk.makeDir(this.#dir)
    await replaceFile(this.#disk, entry, Buffer.from(JSON.stringify({ path, pid: this.#pid })))
    return () => this.#disk.remove(entry)
  }

  /** What processes that have ended noted and is still there. Entries of what is gone, and such as nobody wrote whole, are removed. */
  async leftovers(isAlive: (pid: number) => boolean): Promise<StagingLeftover[]> {
    const found: StagingLeftover[] = []
    for (const { name } of await this.#disk.list(this.#dir).catch(noDirectory)) {
      if (!ENTRY_NAME.test(name)) continue
      const entry = `${this.#dir}/${name}`
      const noted = parseEntry(await readFile(this.#disk, entry, ENTRY_BYTES_MAX).catch(() => Buffer.alloc(0)))
      if (noted !== undefined && isAlive(noted.pid)) continue
      const isOurs = noted?.path.endsWith(`/${NAME_PREFIX}${name}`) === true && (await this.#disk.stat(noted.path).catch(() => undefined))?.kind === 'directory'
      if (noted !== undefined && isOurs) found.push({ path: noted.path, forget: () => this.#disk.remove(entry) })
      else await this.#disk.remove(entry).catch(() => undefined)
    }
    return found
  }
}

function noDirectory(error: unknown): [] {
  if (systemErrorCode(error) === 'ENOENT') return []
  throw error
}

function parseEntry(bytes: Buffer): { readonly path: string; readonly pid: number } | undefined {
  try {
    const value: unknown = JSON.parse(bytes.toString('utf8'))
    if (typeof value !== 'object' || value === null || !('path' in value) || !('pid' in value)) return undefined
    const { path, pid } = value
    return typeof path === 'string' && path.startsWith('/') && typeof pid === 'number' ? { path, pid } : undefined
  } catch {
    return undefined
  }
}
