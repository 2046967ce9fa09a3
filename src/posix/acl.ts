// Access control lists between the kernel's form (the value of the attributes `system.posix_acl_access` and `system.posix_acl_default`; Linux uapi
// posix_acl_xattr.h) and the text that tar archives carry (`SCHILY.acl.*`): a line an entry, ids as numbers. Pure.

import { Fault } from '../kernel/fault.ts'

/** What the names in a text stand for on this machine. */
export interface AclIds {
  user(name: string): number | undefined
  group(name: string): number | undefined
}

const VERSION = 2
const HEADER_BYTES = 4
const ENTRY_BYTES = 8
/** As many as fit into an attribute of 64 KiB. */
const ENTRIES_MAX = 8191
const TEXT_LENGTH_MAX = 1024 * 1024
const NO_ID = 0xffff_ffff

interface Tag {
  readonly word: string
  readonly value: number
  readonly hasId: boolean
}

/** In the order in which the kernel wants them. */
const TAGS: readonly Tag[] = [
  { word: 'user', value: 0x01, hasId: false },
  { word: 'user', value: 0x02, hasId: true },
  { word: 'group', value: 0x04, hasId: false },
  { word: 'group', value: 0x08, hasId: true },
  { word: 'mask', value: 0x10, hasId: false },
  { word: 'other', value: 0x20, hasId: false },
]

interface AclEntry {
  readonly tag: Tag
  readonly permissions: number
  readonly id: number
}

function malformed(what: string): Fault {
  return new Fault('wire-malformed', `ACL: ${what}`)
}

/** The text form of a kernel value. Throws `wire-malformed`. */
export function aclText(bytes: Uint8Array): string {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const count = (bytes.length - HEADER_BYTES) / ENTRY_BYTES
  if (!Number.isInteger(count) || count < 0 || count > ENTRIES_MAX) throw malformed(`a value of ${bytes.length} bytes`)
  if (view.getUint32(0, true) !== VERSION) throw malformed(`version ${view.getUint32(0, true)}`)
  let text = ''
  for (let at = HEADER_BYTES; at < bytes.length; at += ENTRY_BYTES) {
    const value = view.getUint16(at, true)
    const permissions = view.getUint16(at + 2, true)
    const tag = TAGS.find((known) => known.value === value)
    if (tag === undefined || permissions > 7) throw malformed(`an entry of kind ${value} with permissions ${permissions}`)
    text += `${tag.word}:${tag.hasId ? view.getUint32(at + 4, true) : ''}:${permissions & 4 ? 'r' : '-'}${permissions & 2 ? 'w' : '-'}${permissions & 1 ? 'x' : '-'}\n`
  }
  return text
}

function parsePermissions(text: string): number {
  if (/^[0-7]$/.test(text)) return Number(text)
  if (!/^[rwx-]{1,3}$/.test(text)) throw malformed(`the permissions ${JSON.stringify(text.slice(0, 20))}`)
  return (text.includes('r') ? 4 : 0) | (text.includes('w') ? 2 : 0) | (text.includes('x') ? 1 : 0)
}

const WORDS: Readonly<Record<string, string>> = { u: 'user', g: 'group', m: 'mask', o: 'other', user: 'user', group: 'group', mask: 'mask', other: 'other' }

/** `name` by the names of this machine, as a number that it is, or by the number that some programs write behind the permissions. */
function parseId(word: string, name: string, spare: string | undefined, ids: AclIds | undefined): number {
  const known = word === 'user' ? ids?.user(name) : ids?.group(name)
  if (known !== undefined) return known
  for (const text of [name, spare ?? '']) if (/^\d{1,10}$/.test(text) && Number(text) < NO_ID) return Number(text)
  throw malformed(`nobody here is called ${JSON.stringify(name.slice(0, 100))}`)
}

function parseEntry(text: string, ids: AclIds | undefined): AclEntry {
  const [first = '', name = '', ...rest] = text.split(':')
  const word = WORDS[first]
  if (word === undefined) throw malformed(`the entry ${JSON.stringify(text.slice(0, 100))}`)
  // `other` and `mask` may come with one colon.
  const isShort = rest.length === 0 && (word === 'mask' || word === 'other')
  const permissions = isShort ? name : rest[0]
  const hasId = !isShort && name !== ''
  const tag = TAGS.find((known) => known.word === word && known.hasId === hasId)
  if (tag === undefined || permissions === undefined || rest.length > 2) throw malformed(`the entry ${JSON.stringify(text.slice(0, 100))}`)
  return { tag, permissions: parsePermissions(permissions), id: hasId ? parseId(word, name, rest[1], ids) : NO_ID }
}

/** Every list has an owner, a group and the others once; one with named entries has a mask. */
function checkEntries(entries: readonly AclEntry[]): void {
  const count = (value: number): number => entries.filter(({ tag }) => tag.value === value).length
  const isNamed = entries.some(({ tag }) => tag.hasId)
  if ([0x01, 0x04, 0x20].some((value) => count(value) !== 1) || count(0x10) > 1 || (isNamed && count(0x10) === 0)) throw malformed('the list is not complete')
  if (entries.some((entry, index) => entry.tag.hasId && entries[index - 1]?.tag === entry.tag && entries[index - 1]?.id === entry.id)) throw malformed('the list names somebody twice')
}

/**
 * The kernel value of a text: entries apart by line feeds or commas, in any order, with comments. Names are looked up in `ids`. Throws `wire-malformed`,
 * also for a name that is not known.
 */
export function parseAclText(text: string, ids?: AclIds): Buffer {
  if (text.length > TEXT_LENGTH_MAX) throw malformed(`a text of ${text.length} characters`)
  const parts = text.split(/[\n,]/).map((part) => part.replace(/#.*$/s, '').trim()).filter((part) => part !== '')
  if (parts.length > ENTRIES_MAX) throw malformed(`${parts.length} entries`)
  const entries = parts.map((part) => parseEntry(part, ids)).toSorted((a, b) => TAGS.indexOf(a.tag) - TAGS.indexOf(b.tag) || a.id - b.id)
  checkEntries(entries)
  const bytes = Buffer.alloc(HEADER_BYTES + ENTRY_BYTES * entries.length)
  bytes.writeUInt32LE(VERSION, 0)
  entries.forEach(({ tag, permissions, id }, index) => {
    const at = HEADER_BYTES + index * ENTRY_BYTES
    bytes.writeUInt16LE(tag.value, at)
    bytes.writeUInt16LE(permissions, at + 2)
    bytes.writeUInt32LE(id, at + 4)
  })
  return bytes
}
