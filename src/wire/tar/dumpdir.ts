// The data of a directory's member in an incremental archive of GNU tar (type `D`): what is in the directory, and, in the dumpdir of the top, which directories
// of the base lie elsewhere now. Records are a letter, text and a NUL; an empty one is the end. Names are bytes as latin1 strings. What is read comes from
// anybody's archive: a name with a slash or a path that leads out of the tree is a fault here already. Format: docs/formats/tar.md.

import { Fault } from '../../kernel/fault.ts'

/** One step that turns the tree of the base into that of the new dump; steps are done in order. An empty string stands for the temporary name. */
export type RenameRecord =
  | { readonly kind: 'move'; readonly from: string; readonly to: string }
  /** Before a use of the temporary name: the directory in which it is made. */
  | { readonly kind: 'temporary'; readonly directory: string }

/** Letters of entries: in this archive, not in this archive but there, a directory. */
export const DUMPDIR_HERE = 0x59
export const DUMPDIR_ELSEWHERE = 0x4e
export const DUMPDIR_DIRECTORY = 0x44

export type DumpdirRecord = { readonly kind: 'entry'; readonly letter: number; readonly name: string } | RenameRecord

const RENAME_FROM = 0x52
const RENAME_TO = 0x54
const TEMPORARY = 0x58
/** Longer than any path that is made one component at a time in a sane tree. */
const RECORD_BYTES_MAX = 128 * 1024
const BYTES_FIRST = 4096
/** What is kept for the next directory. */
const BYTES_KEPT = 1024 * 1024

/** Makes dumpdirs, one after the other, in a buffer that is used again. */
export class DumpdirWriter {
  #bytes = new Uint8Array(BYTES_FIRST)
  #length = 0

  begin(): void {
    this.#length = 0
    if (this.#bytes.length > BYTES_KEPT) this.#bytes = new Uint8Array(BYTES_FIRST)
  }

  /** One of the `DUMPDIR_` letters and the name: `bytes` from `start` to `end`. In the order of the names. */
  add(letter: number, bytes: Uint8Array, start: number, end: number): void {
    const length = end - start
    const target = this.#room(length + 2)
    let at = this.#length
    target[at++] = letter
    for (let from = start; from < end; from++) target[at++] = bytes[from] ?? 0
    target[at++] = 0
    this.#length = at
  }

  /** Behind the entries of the top. Paths are relative to the top, which is `.`. */
  addRenames(records: readonly RenameRecord[]): void {
    for (const record of records) {
      if (record.kind === 'temporary') this.#addPath(TEMPORARY, record.directory)
      else {
        this.#addPath(RENAME_FROM, record.from)
        this.#addPath(RENAME_TO, record.to)
      }
    }
  }

  /** The dumpdir, in memory that the next one will have. */
  finish(): Uint8Array {
    this.#room(1)[this.#length++] = 0
    return this.#bytes.subarray(0, this.#length)
  }

  #addPath(letter: number, path: string): void {
    const bytes = Buffer.from(path === '' || path === '.' ? path : `./${path}`, 'latin1')
    this.add(letter, bytes, 0, bytes.length)
  }

  #room(bytes: number): Uint8Array {
    if (this.#length + bytes > this.#bytes.length) {
      const grown = new Uint8Array(Math.max(2 * this.#bytes.length, this.#length + bytes))
      grown.set(this.#bytes)
      this.#bytes = grown
    }
    return this.#bytes
  }
}

function malformed(what: string): Fault {
  return new Fault('wire-malformed', `dumpdir: ${what}`)
}

/** A path below the top without its `./`; the top is `.`. */
function checkedPath(text: string): string {
  const parts = text.split('/').filter((part) => part !== '' && part !== '.')
  if (text.startsWith('/') || parts.includes('..')) throw malformed(`the path ${JSON.stringify(text.slice(0, 200))} leads out of the tree`)
  return parts.length === 0 ? '.' : parts.join('/')
}

/** Reads a dumpdir from pieces cut anywhere. Throws `wire-malformed`. */
export class DumpdirParser {
  readonly #take: (record: DumpdirRecord) => void
  #rest: Buffer = Buffer.alloc(0)
  #from: string | undefined
  #isTemporaryMade = false
  #isEnded = false

  constructor(take: (record: DumpdirRecord) => void) {
    this.#take = take
  }

  push(piece: Uint8Array): void {
    if (this.#isEnded) return
    let bytes: Buffer = Buffer.from(piece.buffer, piece.byteOffset, piece.byteLength)
    if (this.#rest.length > 0) bytes = Buffer.concat([this.#rest, bytes])
    let start = 0
    for (let end = bytes.indexOf(0, start); end >= 0; end = bytes.indexOf(0, start)) {
      // The end is the empty record; what may follow it pads.
      if (end === start) {
        this.#isEnded = true
        this.#rest = Buffer.alloc(0)
        return
      }
      this.#record(bytes[start] ?? 0, bytes.toString('latin1', start + 1, end))
      start = end + 1
    }
    if (bytes.length - start > RECORD_BYTES_MAX) throw malformed('a record is too long')
    // Copied: the piece belongs to the caller.
    this.#rest = Buffer.from(bytes.subarray(start))
  }

  /** To be called when all was pushed. */
  finish(): void {
    if (!this.#isEnded || this.#from !== undefined) throw malformed('it is cut short')
  }

  #record(letter: number, text: string): void {
    if ((this.#from !== undefined) !== (letter === RENAME_TO)) throw malformed('a rename has one end only')
    switch (letter) {
      case DUMPDIR_HERE:
      case DUMPDIR_ELSEWHERE:
      case DUMPDIR_DIRECTORY:
        if (text === '' || text === '.' || text === '..' || text.includes('/')) throw malformed(`the name ${JSON.stringify(text.slice(0, 200))}`)
        this.#take({ kind: 'entry', letter, name: text })
        return
      case RENAME_FROM:
        this.#from = this.#end(text)
        return
      case RENAME_TO:
        this.#take({ kind: 'move', from: this.#from ?? '', to: this.#end(text) })
        this.#from = undefined
        return
      case TEMPORARY:
        this.#isTemporaryMade = true
        this.#take({ kind: 'temporary', directory: checkedPath(text) })
        return
      default:
        throw malformed(`a record of kind ${letter}`)
    }
  }

  /** One end of a rename. */
  #end(text: string): string {
    if (text === '') {
      if (!this.#isTemporaryMade) throw malformed('a temporary name that was not made')
      return ''
    }
    const path = checkedPath(text)
    if (path === '.') throw malformed('the top cannot be renamed')
    return path
  }
}
