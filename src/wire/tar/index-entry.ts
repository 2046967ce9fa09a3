// A line of an index that also tells what the member is and where it lies: Amanda's line (index-line.ts), then a tab and attributes. Names are escaped, so
// a tab never stands in one, and lines sorted by their bytes are sorted by name. Format: docs/formats/index-file.md.
//
//   PATH \t TYPE OFFSET SPAN SIZE MTIME MODE UID GID UNAME GNAME [\t>TARGET] [\to] [\t<OLDPATH]

import { Fault } from '../../kernel/fault.ts'

/** `w`: what the base of this dump had under this name is gone, with all that was below it. */
export type IndexEntryType = 'f' | 'd' | 'l' | 'h' | 'c' | 'b' | 'p' | 'w'

export interface IndexAttributes {
  readonly type: IndexEntryType
  /** Byte of the dump, filters undone, where the member begins, extensions included; undefined for `w`. */
  readonly offset: number | undefined
  /** Bytes of the member: headers, data, padding. 0 for `w`. */
  readonly spanBytes: number
  /** Bytes of the file when restored. */
  readonly size: number
  /** Nanoseconds since 1970, may be negative. */
  readonly mtimeNs: bigint
  readonly mode: number
  readonly uid: number
  readonly gid: number
  /** Empty when the client knows no name. As bytes (latin1). */
  readonly userName: string
  readonly groupName: string
  /** Of `l` and `h`, escaped like a name; of `h` it is an index path, with its leading slash. */
  readonly target?: string
  /** A directory that has nothing of what the base had under its name. */
  readonly isOpaque?: boolean
  /** A directory that the base has at this index path (ends in a slash): what the base had below it is here now. */
  readonly renamedFrom?: string
}

export interface IndexEntry {
  /** Amanda's line: escaped, a directory ends in a slash. */
  readonly line: string
  /** Undefined for a line of a client that tells names only. */
  readonly attributes: IndexAttributes | undefined
}

const NANOSECONDS = 1_000_000_000n
const NO_NAME = '-'

function formatTime(ns: bigint): string {
  const seconds = ns >= 0n || ns % NANOSECONDS === 0n ? ns / NANOSECONDS : ns / NANOSECONDS - 1n
  const rest = ns - seconds * NANOSECONDS
  return rest === 0n ? String(seconds) : `${seconds}.${String(rest).padStart(9, '0')}`
}

function formatOwner(name: string): string {
  return name === '' ? NO_NAME : name.replace(/[^!-[\]-~]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`)
}

/** The whole line for `line` (see index-line.ts) with `attributes`, without its line feed. */
export function formatIndexEntry(line: string, attributes: IndexAttributes): string {
  const { type, offset, spanBytes, size, mtimeNs, mode, uid, gid, userName, groupName, target, isOpaque, renamedFrom } = attributes
  let text = `${line}\t${type} ${offset ?? NO_NAME} ${spanBytes} ${size} ${formatTime(mtimeNs)} ${mode.toString(8)} ${uid} ${gid} ${formatOwner(userName)} ${formatOwner(groupName)}`
  if (target !== undefined) text += `\t>${target}`
  if (isOpaque === true) text += '\to'
  if (renamedFrom !== undefined) text += `\t<${renamedFrom}`
  return text
}

/** What stands before the attributes: the line that Amanda's index has. */
export function plainIndexLine(text: string): string {
  const tab = text.indexOf('\t')
  return tab < 0 ? text : text.slice(0, tab)
}

const FIELDS = /^([fdlhcbpw]) (-|\d{1,16}) (\d{1,16}) (\d{1,16}) (-?\d{1,18})(?:\.(\d{9}))? ([0-7]{1,6}) (\d{1,10}) (\d{1,10}) (\S+) (\S+)$/

function parseOwner(text: string): string {
  return text === NO_NAME ? '' : text.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8) & 0xff))
}

/** Throws `wire-malformed` for attributes that cannot be read. */
export function parseIndexEntry(text: string): IndexEntry {
  const parts = text.split('\t')
  const [line = '', fields, ...extras] = parts
  if (fields === undefined) return { line, attributes: undefined }
  const match = FIELDS.exec(fields)
  const number = (at: number): number => Number(match?.[at])
  if (match === null || (match[1] === 'w') !== (match[2] === NO_NAME)) throw new Fault('wire-malformed', `index: the attributes ${JSON.stringify(fields.slice(0, 200))} cannot be read`)
  const extra = (mark: string): string | undefined => extras.find((each) => each.startsWith(mark))?.slice(1)
  const target = extra('>')
  const renamedFrom = extra('<')
  return {
    line,
    attributes: {
      type: match[1] as IndexEntryType,
      offset: match[2] === NO_NAME ? undefined : number(2),
      spanBytes: number(3),
      size: number(4),
      mtimeNs: BigInt(match[5] ?? 0) * NANOSECONDS + BigInt(match[6] ?? 0),
      mode: Number.parseInt(match[7] ?? '0', 8),
      uid: number(8),
      gid: number(9),
      userName: parseOwner(match[10] ?? NO_NAME),
      groupName: parseOwner(match[11] ?? NO_NAME),
      ...(target === undefined ? {} : { target }),
      ...(extras.includes('o') ? { isOpaque: true } : {}),
      ...(renamedFrom === undefined ? {} : { renamedFrom }),
    },
  }
}
