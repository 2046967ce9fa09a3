// Entries of a tree as people and scripts read them: `-rw-r--r-- alice users 12 2026-11-23 22:09:06 name`, and JSON. Pure.

import type { TreeEntry, TreeKind } from '../../restore/tree-at.ts'
import { bytesOfIndexPath } from '../../restore/recover/tree-path.ts'
import { shownName } from '../shown-name.ts'
import { printable } from '../text-table.ts'
import { quoteWord } from './words.ts'

const TYPE_LETTERS: Readonly<Record<TreeKind, string>> = { file: '-', 'hard-link': '-', directory: 'd', symlink: 'l', 'character-device': 'c', 'block-device': 'b', fifo: 'p' }
const NS_PER_MS = 1_000_000n
/** The years that a Date has. */
const DATE_MS_MAX = 8_640_000_000_000_000n

function floorMs(ns: bigint): bigint {
  return ns >= 0n || ns % NS_PER_MS === 0n ? ns / NS_PER_MS : ns / NS_PER_MS - 1n
}

/** `2026-11-23 22:09:06`, local time; far times as seconds since 1970. */
export function formatMtime(ns: bigint): string {
  const ms = floorMs(ns)
  if (ms > DATE_MS_MAX || ms < -DATE_MS_MAX) return `@${ns / 1_000_000_000n}`
  const date = new Date(Number(ms))
  const two = (value: number): string => String(value).padStart(2, '0')
  return `${String(date.getFullYear()).padStart(4, '0')}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}`
}

/** `2026-11-23T21:09:06.123456789Z`; far times as seconds since 1970. */
export function isoMtime(ns: bigint): string {
  const ms = floorMs(ns)
  if (ms > DATE_MS_MAX || ms < -DATE_MS_MAX) return `@${ns / 1_000_000_000n}`
  const within = ((ns % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n
  return `${new Date(Number(ms)).toISOString().slice(0, -5)}.${String(within).padStart(9, '0')}Z`
}

/** `drwxr-sr-x`. */
export function formatMode(kind: TreeKind, mode: number): string {
  const bits = Array.from('rwxrwxrwx', (letter, index) => ((mode >> (8 - index)) & 1 ? letter : '-'))
  const special = (bit: number, at: number, set: string): void => {
    if (mode & bit) bits[at] = bits[at] === 'x' ? set : set.toUpperCase()
  }
  special(0o4000, 2, 's')
  special(0o2000, 5, 's')
  special(0o1000, 8, 't')
  return TYPE_LETTERS[kind] + bits.join('')
}

function ownerText(name: string, id: number): string {
  return name === '' ? String(id) : printable(Buffer.from(name, 'latin1').toString('utf8'))
}

/** `name` as it can be typed in the shell; a directory with a slash. */
export function shellName(name: string, kind: TreeKind): string {
  return quoteWord(kind === 'directory' && !name.endsWith('/') ? `${name}/` : name)
}

/** Without a line feed. `name` (bytes) is what is shown of its path. */
export function longLine(entry: TreeEntry, name: string): string {
  const { attributes, kind } = entry
  const shown = shellName(name, kind)
  if (attributes === undefined) return `${TYPE_LETTERS[kind]}?????????  ${'?'.padEnd(8)} ${'?'.padEnd(8)} ${'?'.padStart(12)} ${'?'.padEnd(19)} ${shown}`
  const owner = `${ownerText(attributes.userName, attributes.uid).padEnd(8)} ${ownerText(attributes.groupName, attributes.gid).padEnd(8)}`
  const target = attributes.target === undefined ? '' : `${kind === 'hard-link' ? ' = ' : ' -> '}${quoteWord(bytesOfTarget(attributes.target))}`
  return `${formatMode(kind, attributes.mode)}  ${owner} ${String(attributes.size).padStart(12)} ${formatMtime(attributes.mtimeNs)} ${shown}${target}`
}

function bytesOfTarget(target: string): string {
  return target.endsWith('/') && target.length > 1 ? `${bytesOfIndexPath(target)}/` : bytesOfIndexPath(target)
}

/** What `--json` prints of an entry. Names are text where they are UTF-8, else escaped as in an index. */
export interface EntryJson {
  readonly path: string
  readonly kind: TreeKind
  readonly size?: number
  readonly mtime?: string
  readonly mode?: string
  readonly uid?: number
  readonly gid?: number
  readonly user?: string
  readonly group?: string
  readonly target?: string
  /** Run and level of the dump that holds it. */
  readonly run: string
  readonly level: number
}

export function entryJson({ path, kind, dump, attributes }: TreeEntry): EntryJson {
  const known =
    attributes === undefined
      ? {}
      : {
          ...(kind === 'file' || kind === 'hard-link' ? { size: attributes.size } : {}),
          mtime: isoMtime(attributes.mtimeNs),
          mode: attributes.mode.toString(8).padStart(4, '0'),
          uid: attributes.uid,
          gid: attributes.gid,
          ...(attributes.userName === '' ? {} : { user: Buffer.from(attributes.userName, 'latin1').toString('utf8') }),
          ...(attributes.groupName === '' ? {} : { group: Buffer.from(attributes.groupName, 'latin1').toString('utf8') }),
          ...(attributes.target === undefined ? {} : { target: shownName(attributes.target) }),
        }
  return { path: shownName(path), kind, ...known, run: dump.run, level: dump.level }
}
