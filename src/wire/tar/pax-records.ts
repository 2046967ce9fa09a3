// The records of pax headers that members are described with: POSIX's own, GNU's for sparse files and dump lists, and those for extended attributes
// and access lists of star, bsdtar and GNU tar. Format: docs/formats/tar.md. Whatever else stands there is passed over.

import { Fault } from '../../kernel/fault.ts'
import { parseMapList } from './sparse-map.ts'

export interface ExtendedAttribute {
  /** As bytes (latin1). */
  readonly name: string
  readonly value: Buffer
}

/** What extensions say of one member. */
export interface Extensions {
  path?: string
  linkPath?: string
  size?: number
  sparseName?: string
  sparseRealSize?: number
  mtimeNs?: bigint
  uid?: number
  gid?: number
  userName?: string
  groupName?: string
  sparseMajor?: number
  sparseNumbers?: number[]
  deviceMajor?: number
  deviceMinor?: number
  xattrs?: ExtendedAttribute[]
  accessAcl?: string
  defaultAcl?: string
  dumpList?: Buffer
}

const NANOSECONDS = 1_000_000_000n
const SPARSE_NUMBERS_MAX = 4 * 1024 * 1024

/** Splits pax records `LENGTH KEY=VALUE\n`. With `isFull`, also what only an extraction wants; values are then copies. */
export function parsePax(data: Buffer, into: Extensions, isFull: boolean): void {
  let position = 0
  while (position < data.length && data[position] !== 0) {
    const blank = data.indexOf(0x20, position)
    const length = blank < 0 || blank - position > 16 ? Number.NaN : Number(data.toString('latin1', position, blank))
    const end = position + length
    if (!Number.isSafeInteger(length) || length < 5 || end > data.length || data[end - 1] !== 0x0a) throw new Fault('wire-malformed', 'tar: a pax record is damaged')
    const equals = data.indexOf(0x3d, blank)
    if (equals < 0 || equals >= end) throw new Fault('wire-malformed', 'tar: a pax record has no value')
    const key = data.toString('latin1', blank + 1, equals)
    if (!takePax(key, data, equals + 1, end - 1, into) && isFull) takeFull(key, data.subarray(equals + 1, end - 1), into)
    position = end
  }
}

/** The value lies at `[start, end)` of `data`. Returns whether the key was one of these. */
function takePax(key: string, data: Buffer, start: number, end: number, into: Extensions): boolean {
  const text = (): string => data.toString('latin1', start, end)
  switch (key) {
    case 'path':
      into.path = text()
      break
    case 'linkpath':
      into.linkPath = text()
      break
    case 'size':
      into.size = paxNumber(text())
      break
    case 'GNU.sparse.name':
      into.sparseName = text()
      break
    case 'GNU.sparse.size':
    case 'GNU.sparse.realsize':
      into.sparseRealSize = paxNumber(text())
      break
    case 'mtime':
      into.mtimeNs = paxTime(text())
      break
    case 'uid':
    case 'gid':
      into[key] = paxNumber(text())
      break
    case 'uname':
      into.userName = text()
      break
    case 'gname':
      into.groupName = text()
      break
    default:
      return false
  }
  return true
}

const SCHILY_XATTR = 'SCHILY.xattr.'
const LIBARCHIVE_XATTR = 'LIBARCHIVE.xattr.'

function takeFull(key: string, value: Buffer, into: Extensions): void {
  if (key.startsWith(SCHILY_XATTR)) return addXattr(into, unescapeName(key.slice(SCHILY_XATTR.length)), Buffer.from(value))
  // bsdtar writes each attribute in both forms, this one in base64 and with its name escaped as in a URL.
  if (key.startsWith(LIBARCHIVE_XATTR)) return addXattr(into, unescapePercent(key.slice(LIBARCHIVE_XATTR.length)), Buffer.from(value.toString('latin1'), 'base64'), true)
  switch (key) {
    case 'RHT.security.selinux':
      return addXattr(into, 'security.selinux', Buffer.concat([value, Buffer.of(0)]))
    case 'SCHILY.acl.access':
      into.accessAcl = value.toString('utf8')
      break
    case 'SCHILY.acl.default':
      into.defaultAcl = value.toString('utf8')
      break
    case 'SCHILY.devmajor':
      into.deviceMajor = paxNumber(value.toString('latin1'))
      break
    case 'SCHILY.devminor':
      into.deviceMinor = paxNumber(value.toString('latin1'))
      break
    case 'GNU.dumpdir':
      into.dumpList = Buffer.from(value)
      break
    case 'GNU.sparse.major':
      into.sparseMajor = paxNumber(value.toString('latin1'))
      break
    case 'GNU.sparse.map':
      into.sparseNumbers = parseMapList(value.toString('latin1'))
      break
    case 'GNU.sparse.offset':
    case 'GNU.sparse.numbytes': {
      const numbers = (into.sparseNumbers ??= [])
      if (numbers.length >= SPARSE_NUMBERS_MAX || (key === 'GNU.sparse.offset') !== (numbers.length % 2 === 0)) throw new Fault('wire-malformed', 'tar: a sparse map that is not in order')
      numbers.push(paxNumber(value.toString('latin1')))
    }
  }
}

function addXattr(into: Extensions, name: string, value: Buffer, isSecondary = false): void {
  const xattrs = (into.xattrs ??= [])
  const at = xattrs.findIndex((known) => known.name === name)
  if (at < 0) xattrs.push({ name, value })
  else if (!isSecondary) xattrs[at] = { name, value }
}

/** A key ends at its `=`, so GNU tar writes `%3D` for one in a name, `%25` for `%`, and nothing else. */
function unescapeName(text: string): string {
  return text.includes('%') ? text.replace(/%3D|%25/g, (code) => (code === '%25' ? '%' : '=')) : text
}

function unescapePercent(text: string): string {
  return text.replace(/%([0-9A-Fa-f]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)))
}

/** `-1.25` is a quarter of a second before the second -1. Digits beyond the ninth are cut off. */
function paxTime(text: string): bigint {
  const match = /^(-?)(\d{1,16})(?:\.(\d{0,40}))?$/.exec(text)
  if (match === null) throw new Fault('wire-malformed', 'tar: a pax time is not a number')
  const ns = BigInt(match[2] ?? 0) * NANOSECONDS + BigInt((match[3] ?? '').slice(0, 9).padEnd(9, '0'))
  return match[1] === '-' ? -ns : ns
}

function paxNumber(text: string): number {
  const number = Number(text)
  if (!/^\d{1,16}$/.test(text) || !Number.isSafeInteger(number)) throw new Fault('wire-malformed', 'tar: a pax size is not a number')
  return number
}
