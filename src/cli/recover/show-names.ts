// `ls` and `find` of recovery.

import { parseSize } from '../../config/units.ts'
import { Fault } from '../../kernel/fault.ts'
import { findInTree, type FindTests } from '../../restore/recover/find-names.ts'
import { withLinkSize } from '../../restore/recover/link-size.ts'
import { bytesOfIndexPath, lastName } from '../../restore/recover/tree-path.ts'
import type { TreeEntry, TreeKind } from '../../restore/tree-at.ts'
import { parseRunDate } from '../run-date.ts'
import { entryJson, longLine, shellName, type EntryJson } from './entry-text.ts'
import { entriesOf, findEntry, type PathWord } from './path-words.ts'
import type { Place } from './recover-source.ts'
import { FIXED_WORDS } from './syntax.ts'
import type { Work } from './work.ts'

export interface ListOptions {
  readonly isLong: boolean
  /** Width for short names side by side; undefined: one a line. */
  readonly columns: number | undefined
}

function endIfAborted({ signal }: Work): void {
  if (signal.aborted) throw new Fault('cancelled', 'the command was stopped')
}

/** Names in more directories than one, or so many, are not set side by side. */
const COLUMN_NAMES_MAX = 5000

/** Prints what lies in directories, other names themselves, and what globs mean. Rejects with `file-missing`. */
export async function listNames(work: Work, { tree }: Place, words: readonly PathWord[], options: ListOptions): Promise<void> {
  const json: EntryJson[] = []
  for (const word of words) {
    const directory = await findEntry(tree, word)
    if (directory?.kind === 'directory' && words.length > 1 && !work.isJson) await work.printer.print(`${shellName(bytesOfIndexPath(directory.path), 'directory')}:\n`)
    const short: string[] = []
    for await (const found of directory?.kind === 'directory' ? tree.list(directory.path) : entriesOf(tree, word)) {
      const entry = options.isLong || work.isJson ? await withLinkSize(tree, found) : found
      endIfAborted(work)
      const path = bytesOfIndexPath(entry.path)
      const name = directory?.kind === 'directory' ? lastName(path) : path
      if (work.isJson) json.push(entryJson(entry))
      else if (options.isLong) await work.printer.print(`${longLine(entry, name)}\n`)
      else if (options.columns === undefined) await work.printer.print(`${shellName(name, entry.kind)}\n`)
      else {
        short.push(shellName(name, entry.kind))
        if (short.length >= COLUMN_NAMES_MAX) await work.printer.print(sideBySide(short.splice(0), options.columns))
      }
    }
    if (options.columns !== undefined) await work.printer.print(sideBySide(short, options.columns))
  }
  if (work.isJson) await work.printer.print(`${JSON.stringify(json, undefined, 2)}\n`)
}

/** Names in columns, in order from above to below, as wide as the widest. */
export function sideBySide(names: readonly string[], width: number): string {
  if (names.length === 0) return ''
  const columnWidth = Math.max(...names.map((name) => name.length)) + 2
  const columns = Math.max(1, Math.floor(width / columnWidth))
  const rows = Math.ceil(names.length / columns)
  let text = ''
  for (let row = 0; row < rows; row++) {
    const cells = names.filter((_, index) => index % rows === row)
    text += `${cells.map((name, index) => (index + 1 === cells.length ? name : name.padEnd(columnWidth))).join('')}\n`
  }
  return text
}

export interface FindWords {
  readonly name?: string | undefined
  readonly newer?: string | undefined
  readonly older?: string | undefined
  readonly size?: string | undefined
  readonly kind?: string | undefined
}

const NS_PER_SECOND = 1_000_000_000n

/** A date as the moment it begins: a day at its start. Throws `usage-wrong`. */
function instantNs(text: string, nowMs: number): bigint {
  const stamp: string = parseRunDate(text, nowMs)
  // A day stands for its end where a run is looked for, and for its start where a time is compared.
  const isDay = stamp.endsWith('235959') && !/\d{1,2}:\d\d|\d{14}|ago|now/.test(text)
  const from = isDay ? `${stamp.slice(0, 8)}000000` : stamp
  const part = (start: number, end: number): number => Number(from.slice(start, end))
  const ms = new Date(part(0, 4), part(4, 6) - 1, part(6, 8), part(8, 10), part(10, 12), part(12, 14)).getTime()
  return (BigInt(ms) / 1000n) * NS_PER_SECOND
}

/** Throws `usage-wrong`. */
export function findTests({ name, newer, older, size, kind }: FindWords, nowMs: number): FindTests {
  return {
    ...(name === undefined ? {} : { name }),
    ...(newer === undefined ? {} : { newerThanNs: instantNs(newer, nowMs) - 1n }),
    ...(older === undefined ? {} : { olderThanNs: instantNs(older, nowMs) }),
    ...(size === undefined ? {} : { size: sizeTest(size) }),
    ...(kind === undefined ? {} : { kind: kindOf(kind) }),
  }
}

function sizeTest(text: string): NonNullable<FindTests['size']> {
  const sign = /^[+-]/.exec(text)?.[0]
  const bytes = parseSize(sign === undefined ? text : text.slice(1))
  if (bytes === undefined) throw new Fault('usage-wrong', `${JSON.stringify(text)} is not a size`, { next: 'Write `+10M` for larger, `-1k` for smaller.' })
  return { than: sign === '+' ? 'more' : sign === '-' ? 'less' : 'same', bytes }
}

function kindOf(text: string): TreeKind {
  if (FIXED_WORDS.kind?.includes(text) === true) return text as TreeKind
  throw new Fault('usage-wrong', `${JSON.stringify(text)} is no kind of a name`, { next: `It is one of ${FIXED_WORDS.kind?.join(', ')}.` })
}

/** Prints each name that passes, a line each as it is found. Rejects with `file-missing` when there is no such directory. Returns how many there were. */
export async function findNames(work: Work, { tree }: Place, word: PathWord, tests: FindTests, isLong: boolean): Promise<number> {
  let count = 0
  for await (const start of entriesOf(tree, word)) {
    for await (const found of findInTree(tree, bytesOfIndexPath(start.path), tests)) {
      const entry = isLong || work.isJson ? await withLinkSize(tree, found) : found
      endIfAborted(work)
      count++
      await work.printer.print(`${foundLine(work, entry, isLong)}\n`)
    }
    endIfAborted(work)
  }
  return count
}

function foundLine(work: Work, entry: TreeEntry, isLong: boolean): string {
  const path = bytesOfIndexPath(entry.path)
  if (work.isJson) return JSON.stringify(entryJson(entry))
  return isLong ? longLine(entry, path) : shellName(path, entry.kind)
}

