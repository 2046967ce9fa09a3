// Goes along a stream of index lines in tree order and the disk at once. Holds the names of the directories that are open and nothing else, so memory follows the
// largest directories, not the number of files. Then, when asked to, the checksums of contents. Only looks; never writes.

import { systemErrorCode } from '../kernel/fault.ts'
import { linkTarget, lookAt, namesIn, type LiveEntry } from '../posix/live-entry.ts'
import { parseSumLine, SUMS_FOLLOW, type CompareCounts, type DifferenceKind, type LiveDifference } from '../wire/compare/compare-lines.ts'
import { parseIndexEntry, type IndexAttributes } from '../wire/tar/index-entry.ts'
import { escapeName, unescapeName } from '../wire/tar/index-line.ts'
import { compareEntry } from './compare-entry.ts'
import type { LeftOut } from './left-out.ts'
import { compareContent } from './live-content.ts'

/** Differences that are told of each kind; all are counted. */
const TOLD_MAX = 200

interface OpenDirectory {
  /** Bytes (latin1) below the top, with a slash at the end; empty for the top. */
  readonly prefix: string
  /** Names on the disk that no line has told of yet. */
  readonly names: Set<string>
}

export class LiveComparer {
  readonly #device: string
  readonly #sinceNs: bigint
  readonly #tell: (difference: LiveDifference) => Promise<void>
  readonly #counts: Record<keyof CompareCounts, number> = { missing: 0, absent: 0, damaged: 0, metadata: 0, changed: 0, unreadable: 0, same: 0, contents: 0, told: 0 }
  readonly #open: OpenDirectory[] = []
  readonly #leftOut: LeftOut
  #topDevice: bigint | undefined
  #isTreeDone = false

  constructor(device: string, sinceNs: bigint, leftOut: LeftOut, tell: (difference: LiveDifference) => Promise<void>) {
    this.#device = device.replace(/\/+$/, '')
    this.#sinceNs = sinceNs
    this.#leftOut = leftOut
    this.#tell = tell
  }

  /** One line of the index; behind the mark, checksums. Throws `wire-malformed`. */
  async take(text: string): Promise<void> {
    if (this.#isTreeDone) return await this.#takeSum(text)
    if (text === SUMS_FOLLOW) return await this.#endTree()
    const { line, attributes } = parseIndexEntry(text)
    const name = unescapeName(line).toString('latin1').replace(/^\/+|\/+$/g, '')
    await this.#leaveUnless(name)
    const innermost = this.#open.at(-1)
    if (innermost !== undefined) innermost.names.delete(name.slice(innermost.prefix.length))
    await this.#guarded(name, () => this.#compare(name, attributes, line.endsWith('/')))
  }

  /** After the last line. */
  async finish(): Promise<CompareCounts> {
    await this.#endTree()
    return this.#counts
  }

  async #endTree(): Promise<void> {
    while (this.#open.length > 0) await this.#leave()
    this.#isTreeDone = true
  }

  async #takeSum(text: string): Promise<void> {
    const wanted = parseSumLine(text)
    const name = unescapeName(wanted.path).toString('latin1').replace(/^\/+|\/+$/g, '')
    await this.#guarded(name, async () => {
      const verdict = await compareContent(this.#pathOf(name), wanted, this.#sinceNs)
      if (verdict === 'same') this.#counts.contents++
      else if (verdict !== undefined) await this.#found(verdict.kind, name, verdict.detail)
    })
  }

  #pathOf(name: string): Buffer {
    return Buffer.concat([Buffer.from(this.#device), Buffer.from(`/${name}`, 'latin1')])
  }

  async #found(kind: DifferenceKind, name: string, detail: string): Promise<void> {
    if (++this.#counts[kind] > TOLD_MAX) return
    this.#counts.told++
    await this.#tell({ kind, path: `/${escapeName(name)}`, detail })
  }

  /** What cannot be looked at is told, and the comparison goes on. */
  async #guarded(name: string, look: () => Promise<void>): Promise<void> {
    try {
      await look()
    } catch (error) {
      const code = systemErrorCode(error)
      if (code === undefined) throw error
      await this.#found('unreadable', name, code)
    }
  }

  async #compare(name: string, recorded: IndexAttributes | undefined, isDirectory: boolean): Promise<void> {
    const live = await lookAt(this.#pathOf(name))
    if (live === undefined) return await this.#compareMissing(name)
    this.#topDevice ??= live.device
    // A mount point: what the dump knows is the directory below it.
    const isElsewhere = live.device !== this.#topDevice
    const verdict = recorded === undefined || isElsewhere ? undefined : compareEntry(recorded, live, live.kind === 'symlink' ? await linkTarget(this.#pathOf(name)) : undefined, this.#sinceNs)
    if (verdict === undefined) this.#counts.same++
    else await this.#found(verdict.kind, name, verdict.detail)
    if (isDirectory && live.kind === 'directory' && !isElsewhere) this.#open.push({ prefix: name === '' ? '' : `${name}/`, names: new Set(await namesIn(this.#pathOf(name))) })
  }

  /** It was removed after the dump if its directory, or one above, was changed since. */
  async #compareMissing(name: string): Promise<void> {
    const parent = name.includes('/') ? name.slice(0, name.lastIndexOf('/')) : ''
    const above = await this.#nearestAbove(parent)
    const isSince = above === undefined || above.ctimeNs >= this.#sinceNs
    await this.#found(isSince ? 'changed' : 'missing', name, isSince ? 'removed since the dump' : 'it is not on the disk, and its directory was not changed since the dump')
  }

  async #nearestAbove(name: string): Promise<LiveEntry | undefined> {
    for (let at = name; ; at = at.includes('/') ? at.slice(0, at.lastIndexOf('/')) : '') {
      const live = await lookAt(this.#pathOf(at))
      if (live !== undefined || at === '') return live
    }
  }

  async #leaveUnless(name: string): Promise<void> {
    for (let innermost = this.#open.at(-1); innermost !== undefined && !name.startsWith(innermost.prefix); innermost = this.#open.at(-1)) await this.#leave()
  }

  /** The innermost directory is over: what is left of its names is in no dump. */
  async #leave(): Promise<void> {
    const directory = this.#open.pop()
    for (const left of directory?.names ?? []) {
      const name = `${directory?.prefix}${left}`
      await this.#guarded(name, async () => {
        const live = await lookAt(this.#pathOf(name))
        // Gone meanwhile, no part of any archive, or not meant to be in one.
        if (live === undefined || live.kind === 'socket' || (await this.#leftOut.has(name, this.#pathOf(name), live))) return
        if (live.ctimeNs >= this.#sinceNs) await this.#found('changed', name, 'new since the dump')
        else await this.#found('absent', name, 'it is older than the dump, which has it not')
      })
    }
  }
}
