// The index of one dump of a chain, seen as what it says of the names in a directory. A name may stand there as a file, as a directory, or as gone; one
// dump may say two of it, as when a directory took the place of a file.

import type { DumpRecord } from '../catalog/contract.ts'
import type { IndexCursor } from '../catalog/index-file/index-cursor.ts'
import type { IndexReader } from '../catalog/index-file/index-reader.ts'
import { parseIndexEntry, plainIndexLine, type IndexAttributes, type IndexEntryType } from '../wire/tar/index-entry.ts'
import type { TreeKind } from './tree-at.ts'

/** What a dump says of one name in one form: with a slash at its end or without. */
export interface Statement {
  /** Escaped, without slash. */
  readonly name: string
  readonly isDirectory: boolean
  /** The line of what is there; undefined when it is gone, or a directory that only stands in longer lines. */
  readonly line: string | undefined
  /** Nothing of this form is there. */
  readonly isGone: boolean
  /** Nothing of what the base had under the name is there, whatever the attributes say. */
  readonly replacesBase: boolean
}

export class TreeLayer implements AsyncDisposable {
  readonly dump: DumpRecord
  readonly #reader: IndexReader

  constructor(dump: DumpRecord, reader: IndexReader) {
    this.dump = dump
    this.#reader = reader
  }

  /** The statements about what lies in the directory `prefix`, which ends in a slash, in order of the lines. */
  async open(prefix: string): Promise<StatementCursor> {
    const statements = new StatementCursor(await this.#at(prefix), prefix, this)
    await statements.advance()
    return statements
  }

  /** What is said of `name` in `prefix`: first without slash, then with it. */
  async statements(prefix: string, name: string): Promise<readonly Statement[]> {
    if (!isName(name)) return []
    const path = prefix + name
    const cursor = await this.#at(path)
    const leaf = cursor.line !== undefined && plainIndexLine(cursor.line) === path ? await takeStatement(cursor, prefix, path) : undefined
    await cursor.seek(`${path}/`)
    const directory = cursor.line?.startsWith(`${path}/`) === true ? await takeStatement(cursor, prefix, `${path}/`) : undefined
    return [leaf, directory].filter((statement) => statement !== undefined)
  }

  /** The line of the top of the disk. */
  async topLine(): Promise<string | undefined> {
    const cursor = await this.#at('/')
    return cursor.line !== undefined && plainIndexLine(cursor.line) === '/' ? (await takeOwnLines(cursor, '/')).line : undefined
  }

  async #at(name: string): Promise<IndexCursor> {
    const cursor = this.#reader.cursor()
    await cursor.seek(name)
    return cursor
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#reader[Symbol.asyncDispose]()
  }
}

/** The statements in one directory, one after the other. */
export class StatementCursor {
  readonly prefix: string
  readonly layer: TreeLayer
  readonly #cursor: IndexCursor
  head: Statement | undefined
  /** The name of `head` as lines are ordered by it: that of a directory has its slash. */
  key = ''

  constructor(cursor: IndexCursor, prefix: string, layer: TreeLayer) {
    this.#cursor = cursor
    this.prefix = prefix
    this.layer = layer
  }

  async advance(): Promise<void> {
    const { prefix } = this
    // The directory itself stands before what is in it.
    while (this.#cursor.line !== undefined && plainIndexLine(this.#cursor.line) === prefix) await step(this.#cursor)
    do {
      const { line } = this.#cursor
      if (line === undefined || !line.startsWith(prefix)) {
        this.head = undefined
        return
      }
      const name = plainIndexLine(line)
      const slash = name.indexOf('/', prefix.length)
      const own = slash < 0 ? name : name.slice(0, slash + 1)
      this.head = await takeStatement(this.#cursor, prefix, own)
      this.key = own.slice(prefix.length)
      if (slash >= 0 && this.#cursor.line?.startsWith(own) === true) await this.#cursor.seek(`${own.slice(0, -1)}0`)
    } while (!isName(this.head.name))
  }

  /** What is said of a directory `name` at or after `head`. */
  async directory(name: string): Promise<Statement | undefined> {
    const wanted = `${name}/`
    if (this.head === undefined || this.key > wanted) return undefined
    if (this.key === wanted) return this.head
    return (await this.layer.statements(this.prefix, name)).find((statement) => statement.isDirectory)
  }
}

/** No file has the others; a line that has them is damaged. */
function isName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..'
}

async function step(cursor: IndexCursor): Promise<void> {
  if (!cursor.advance()) await cursor.fill()
}

/** The lines of `own` at the cursor, which moves behind them. Of several, the member that lies last in the dump counts, as it does when all are restored. */
async function takeOwnLines(cursor: IndexCursor, own: string): Promise<{ readonly line: string | undefined; readonly isGone: boolean }> {
  let line: string | undefined
  let isGone = false
  for (let next = cursor.line; next !== undefined && plainIndexLine(next) === own; next = cursor.line) {
    if (next.startsWith('w', own.length + 1)) isGone = true
    else if (line === undefined || (attributesIn(next)?.offset ?? 0) >= (attributesIn(line)?.offset ?? 0)) line = next
    await step(cursor)
  }
  return { line, isGone }
}

async function takeStatement(cursor: IndexCursor, prefix: string, own: string): Promise<Statement> {
  const isDirectory = own.endsWith('/')
  const { line, isGone } = await takeOwnLines(cursor, own)
  const isThere = line !== undefined || (isDirectory && cursor.line?.startsWith(own) === true)
  return { name: own.slice(prefix.length, isDirectory ? -1 : undefined), isDirectory, line, isGone: !isThere, replacesBase: isGone }
}

const KINDS: Readonly<Record<Exclude<IndexEntryType, 'w'>, TreeKind>> = { f: 'file', d: 'directory', l: 'symlink', h: 'hard-link', c: 'character-device', b: 'block-device', p: 'fifo' }

/** Undefined for what is gone, and where nothing is known. */
export function kindOf(attributes: IndexAttributes | undefined): TreeKind | undefined {
  return attributes === undefined || attributes.type === 'w' ? undefined : KINDS[attributes.type]
}

/** The attributes of a line; undefined when it has none, or none that can be understood: its name still counts. */
export function attributesIn(line: string): IndexAttributes | undefined {
  try {
    return parseIndexEntry(line).attributes
  } catch {
    return undefined
  }
}
