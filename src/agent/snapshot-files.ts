// The snapshots that an application keeps: one file for each recorded dump of a disk, named by level and run, so that an incremental is made against exactly the
// dump the server names and a dump the server lost is never built on. A snapshot is `.new` until its dump ended well. Layout: ROOT/HOST/DISK/LEVEL.RUN, host and
// disk escaped so that no two names meet and none leaves the directory. What is in the files is the application's.

import { createHash } from 'node:crypto'
import { parentOf, type Disk } from '../kernel/disk.ts'
import { Fault, systemErrorCode } from '../kernel/fault.ts'

export interface Snapshot {
  readonly level: number
  readonly run: string
}

export interface SnapshotDraft {
  /** The file that the dump's snapshot is written to. */
  readonly path: string
  /** What the dump builds on, and its file; undefined for a full. */
  readonly base: Snapshot | undefined
  readonly basePath: string | undefined
}

/** The dump a snapshot is wanted for. */
export interface DraftOrder {
  readonly host: string
  readonly disk: string
  /** The directory that is dumped. */
  readonly device: string
  readonly level: number
  readonly run: string
  readonly baseRun?: string | undefined
}

/** Of each level: the last dump, the one that is being replaced, and one more for a server that lost some. */
const KEPT_PER_LEVEL = 3
/** Of dumps into a vault: the base of the next dump, and that before it, for a vault that lost the last. */
export const KEPT_VAULT_DUMPS = 2
const NAME_BYTES_MAX = 200
const SNAPSHOT_NAME = /^(\d)\.(\d{14})$/
/** Of a dump that was handed over, and of which it is not known whether it counts. */
const HELD_NAME = /^0\.(\d{14})\.held$/

/** `name` as one component of a path; different names give different components. */
function escapeComponent(name: string): string {
  const escaped = [...Buffer.from(name)]
    .map((byte, index) => {
      const character = String.fromCharCode(byte)
      const isPlain = /[A-Za-z0-9_-]/.test(character) || (character === '.' && index > 0)
      return isPlain ? character : `%${byte.toString(16).padStart(2, '0')}`
    })
    .join('')
  // `%sha` is no escape, so a digest can never be taken for a name.
  return escaped.length > NAME_BYTES_MAX ? `%sha256-${createHash('sha256').update(name).digest('hex')}` : escaped === '' ? '%empty' : escaped
}

/** Runs as 14 digits, so that names sort by time. */
function normalRun(run: string): string {
  if (!/^\d{8}(\d{6})?$/.test(run)) throw new Fault('wire-malformed', `run ${JSON.stringify(run)} is not a timestamp`)
  return run.padEnd(14, '0')
}

/** Makes the file of a draft from that of its base, for an application whose program changes it in place. */
export type PrepareDraft = (basePath: string, path: string, order: DraftOrder) => Promise<void>

export class SnapshotFiles {
  readonly #disk: Disk
  readonly #root: string
  readonly #prepare: PrepareDraft | undefined
  readonly #keptPerLevel: number

  /** `root`: the directory of one application. */
  constructor(disk: Disk, root: string, prepare?: PrepareDraft, keptPerLevel = KEPT_PER_LEVEL) {
    this.#keptPerLevel = keptPerLevel
    this.#disk = disk
    this.#root = root
    this.#prepare = prepare
  }

  /**
   * A place for the snapshot of a dump at `level`. Rejects with `base-missing` when level > 0 and the base is unknown here, or cannot be built on. Drafts with
   * the same `purpose`, disk, level and run must not be used at once.
   */
  async draft(order: DraftOrder, purpose: 'new' | 'estimate'): Promise<SnapshotDraft> {
    const { host, disk, level, run, baseRun } = order
    const dir = this.#dirOf(host, disk)
    const base = level === 0 ? undefined : await this.#findBase(dir, disk, level, baseRun)
    await this.#disk.makeDir(dir)
    const path = `${dir}/${level}.${normalRun(run)}.${purpose}`
    await this.#disk.remove(path)
    const basePath = base === undefined ? undefined : `${dir}/${base.level}.${base.run}`
    if (basePath !== undefined) await this.#prepare?.(basePath, path, order)
    return { path, base, basePath }
  }

  /** What `work` makes of a draft that is needed no longer than that. */
  async forEstimate<T>(order: DraftOrder, work: (draft: SnapshotDraft) => Promise<T>): Promise<T> {
    const draft = await this.draft(order, 'estimate')
    try {
      return await work(draft)
    } finally {
      await this.discard(draft)
    }
  }

  /** What `work` makes of a draft that is its own from then on; when it fails the draft is gone. */
  async forDump<T>(order: DraftOrder, work: (draft: SnapshotDraft) => Promise<T>): Promise<T> {
    const draft = await this.draft(order, 'new')
    try {
      return await work(draft)
    } catch (error) {
      await this.discard(draft)
      throw error
    }
  }

  async discard(draft: SnapshotDraft): Promise<void> {
    await this.#disk.remove(draft.path)
  }

  /** Makes the draft a base; durable when it resolves. Then forgets old ones. */
  async keep(draft: SnapshotDraft): Promise<void> {
    const dir = parentOf(draft.path)
    {
      await using file = await this.#disk.open(draft.path, 'update')
      await file.sync()
    }
    await this.#disk.rename(draft.path, draft.path.replace(/\.(new|held)$/, ''))
    await this.#disk.syncDir(dir)
    for (const parent of [parentOf(dir), this.#root]) await this.#disk.syncDir(parent)
    await this.#prune(dir)
  }

  /**
   * The dump of the draft, a full, is handed over, but whether it counts will be said later, maybe only to the next dump (`ofRun`): until then the file outlives this
   * process. Durable when it resolves.
   */
  async hold(draft: SnapshotDraft): Promise<SnapshotDraft> {
    const held = { ...draft, path: draft.path.replace(/\.new$/, '.held') }
    await this.#disk.rename(draft.path, held.path)
    await this.#disk.syncDir(parentOf(held.path))
    return held
  }

  /** The file of the full dump of `run`, also when that was held; what else was held is gone. Undefined: it is unknown here. */
  async ofRun({ host, disk }: Pick<DraftOrder, 'host' | 'disk'>, run: string): Promise<string | undefined> {
    const dir = this.#dirOf(host, disk)
    const wanted = normalRun(run)
    for (const name of await this.#list(dir)) {
      const held = HELD_NAME.exec(name)
      if (held === null) continue
      if (held[1] === wanted) await this.keep({ path: `${dir}/${name}`, base: undefined, basePath: undefined })
      else await this.#disk.remove(`${dir}/${name}`)
    }
    const found = (await this.#snapshots(dir)).find((snapshot) => snapshot.level === 0 && snapshot.run === wanted)
    return found === undefined ? undefined : `${dir}/0.${wanted}`
  }

  /** Removes what dumps and estimates of an earlier life left. Only while none runs. */
  async sweep(): Promise<number> {
    let removed = 0
    for (const host of await this.#list(this.#root)) {
      for (const disk of await this.#list(`${this.#root}/${host}`)) {
        const dir = `${this.#root}/${host}/${disk}`
        for (const name of await this.#list(dir)) {
          if (SNAPSHOT_NAME.test(name) || HELD_NAME.test(name)) continue
          await this.#disk.remove(`${dir}/${name}`)
          removed++
        }
      }
    }
    return removed
  }

  #dirOf(host: string, disk: string): string {
    return `${this.#root}/${escapeComponent(host)}/${escapeComponent(disk)}`
  }

  async #list(dir: string): Promise<string[]> {
    try {
      return (await this.#disk.list(dir)).map((entry) => entry.name)
    } catch (error) {
      if (systemErrorCode(error) === 'ENOENT' || systemErrorCode(error) === 'ENOTDIR') return []
      throw error
    }
  }

  /** Newest first. */
  async #snapshots(dir: string): Promise<Snapshot[]> {
    const found = (await this.#list(dir)).flatMap((name) => {
      const match = SNAPSHOT_NAME.exec(name)
      return match === null ? [] : [{ level: Number(match[1]), run: match[2] ?? '' }]
    })
    return found.toSorted((a, b) => (a.run < b.run ? 1 : a.run > b.run ? -1 : b.level - a.level))
  }

  async #findBase(dir: string, disk: string, level: number, baseRun: string | undefined): Promise<Snapshot> {
    const lower = (await this.#snapshots(dir)).filter((snapshot) => snapshot.level < level)
    if (baseRun !== undefined) {
      const wanted = normalRun(baseRun)
      const base = lower.find((snapshot) => snapshot.run === wanted)
      if (base === undefined) throw new Fault('base-missing', `there is no snapshot here of the dump of ${disk} in run ${baseRun}, which level ${level} is to build on`)
      return base
    }
    // A server that names no base means the newest dump of the next lower level there is.
    const highest = Math.max(...lower.map((snapshot) => snapshot.level))
    const base = lower.find((snapshot) => snapshot.level === highest)
    if (base === undefined) throw new Fault('base-missing', `there is no snapshot here of any dump of ${disk} below level ${level}`)
    return base
  }

  async #prune(dir: string): Promise<void> {
    const seen = new Map<number, number>()
    for (const { level, run } of await this.#snapshots(dir)) {
      const count = (seen.get(level) ?? 0) + 1
      seen.set(level, count)
      if (count > this.#keptPerLevel) await this.#disk.remove(`${dir}/${level}.${run}`)
    }
  }
}
