// The lines of an index from an archive alone, for when the index is lost. What a dump says of its base, the archive has in its dumpdirs: a name that a directory
// of the base has and the dumpdir has not is gone. So with the tree of the base at hand the lines are as complete as those that the archiver wrote.

import { Fault } from '../kernel/fault.ts'
import { DumpdirParser, type RenameRecord } from '../wire/tar/dumpdir.ts'
import { formatIndexEntry, type IndexAttributes } from '../wire/tar/index-entry.ts'
import { escapeName, indexLine, indexPathOf } from '../wire/tar/index-line.ts'
import { attributesOf, memberEntry } from '../wire/tar/member-entry.ts'
import { TarMemberReader, type TarMember } from '../wire/tar/member-reader.ts'
import type { TreeAt } from './tree-at.ts'

/** Names of one directory that are held. Of a larger one, nothing is said to be gone. */
const NAMES_MAX = 2_000_000

interface DirectoryList {
  readonly member: TarMember
  /** Escaped. Undefined when it cannot be read. */
  names: Set<string> | undefined
  readonly parser: DumpdirParser
}

/** Stands for the temporary name of renames: no path has it. */
const TEMPORARY = '\0'

export class ArchiveLines {
  readonly #base: TreeAt | undefined
  readonly #add: (line: string) => Promise<void>
  readonly #reader: TarMemberReader
  readonly #moves: (readonly [from: string, to: string])[] = []
  /** What the last piece had. */
  #found: (TarMember | DirectoryList)[] = []
  #list: DirectoryList | undefined

  /** `base`: the tree that the dump was made on, for an incremental. */
  constructor(base: TreeAt | undefined, add: (line: string) => Promise<void>) {
    this.#base = base
    this.#add = add
    this.#reader = base === undefined ? new TarMemberReader((member) => this.#found.push(member)) : new TarMemberReader((member) => this.#begin(member), { data: (piece) => this.#data(piece), end: () => this.#endList() })
  }

  /** Whether the mark of the end has come. */
  get isAtEnd(): boolean {
    return this.#reader.isAtEnd
  }

  /** Throws `wire-malformed` when it is no archive. */
  async push(piece: Uint8Array): Promise<void> {
    this.#reader.push(piece)
    const found = this.#found
    this.#found = []
    for (const each of found) {
      if ('names' in each) await this.#tellDirectory(each)
      else await this.#add(memberEntry(each))
    }
  }

  #begin(member: TarMember): void {
    this.#endList()
    if (member.extras?.hasDumpList !== true) {
      this.#found.push(member)
      return
    }
    const names = new Set<string>()
    const isTop = pathBelowTop(member.name) === ''
    const parser = new DumpdirParser((record) => {
      if (record.kind === 'entry') names.add(escapeName(record.name))
      else if (isTop) this.#move(record)
      if (names.size > NAMES_MAX) throw new Fault('wire-malformed', 'a directory has too many names')
    })
    this.#list = { member, names, parser }
  }

  #move(record: RenameRecord): void {
    if (record.kind === 'move') this.#moves.push([record.from === '' ? TEMPORARY : record.from, record.to === '' ? TEMPORARY : record.to])
  }

  #data(piece: Uint8Array): void {
    if (this.#list?.names !== undefined) this.#attempt(this.#list, (parser) => parser.push(piece))
  }

  #endList(): void {
    const list = this.#list
    this.#list = undefined
    if (list === undefined) return
    if (list.names !== undefined) this.#attempt(list, (parser) => parser.finish())
    this.#found.push(list)
  }

  #attempt(list: DirectoryList, work: (parser: DumpdirParser) => void): void {
    try {
      work(list.parser)
    } catch (error) {
      if (!(error instanceof Fault)) throw error
      list.names = undefined
    }
  }

  /** Where the base had the directory that is at `path` now. */
  async #inBase(path: string): Promise<string | undefined> {
    let at = path
    for (const [from, to] of this.#moves.toReversed()) {
      if (isWithin(at, to)) at = from + at.slice(to.length)
      // It was moved away from there, so what is there now came later.
      else if (isWithin(at, from)) return undefined
    }
    const inBase = indexPathOf(`./${at}`)
    return (await this.#base?.stat(inBase))?.kind === 'directory' ? inBase : undefined
  }

  async #tellDirectory({ member, names }: DirectoryList): Promise<void> {
    const path = pathBelowTop(member.name)
    if (names === undefined) return await this.#add(memberEntry(member))
    const before = await this.#inBase(path)
    await this.#add(formatIndexEntry(indexLine(member), { ...attributesOf(member), ...(await this.#origin(path, before)) }))
    if (before === undefined || this.#base === undefined) return
    const prefix = path === '' ? '/' : `${indexPathOf(`./${path}`)}/`
    for await (const child of this.#base.list(before)) {
      const name = child.path.slice(child.path.lastIndexOf('/') + 1)
      if (!names.has(name)) await this.#add(formatIndexEntry(`${prefix}${name}${child.kind === 'directory' ? '/' : ''}`, GONE))
    }
  }

  async #origin(path: string, before: string | undefined): Promise<Pick<IndexAttributes, 'isOpaque' | 'renamedFrom'>> {
    if (path === '') return {}
    if (before === undefined) return { isOpaque: true }
    const slash = path.lastIndexOf('/')
    const parent = await this.#inBase(slash < 0 ? '' : path.slice(0, slash))
    const implied = parent === undefined ? undefined : `${parent === '/' ? '' : parent}/${escapeName(path.slice(slash + 1))}`
    return before === implied ? {} : { renamedFrom: `${before}/` }
  }
}

const GONE: IndexAttributes = { type: 'w', offset: undefined, spanBytes: 0, size: 0, mtimeNs: 0n, mode: 0, uid: 0, gid: 0, userName: '', groupName: '' }

/** `a/b` of `./a/b/`; empty for the top. */
function pathBelowTop(name: string): string {
  return name.split('/').filter((part) => part !== '' && part !== '.').join('/')
}

function isWithin(path: string, directory: string): boolean {
  return path === directory || path.startsWith(`${directory}/`)
}
