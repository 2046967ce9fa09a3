// Where a recovery shell is: host, disk, date, directory, local directory, and the list of what is wanted. Pure: each transition gives a new session.

import type { RunId } from '../../catalog/contract.ts'
import { Fault } from '../../kernel/fault.ts'
import { joinPath, resolvePath } from '../../restore/recover/tree-path.ts'
import { formatRun } from '../run-text.ts'
import { quoteWord } from './words.ts'

/** A name on the list: of a disk as it was at a run. */
export interface WantedName {
  readonly host: string
  readonly disk: string
  readonly run: RunId
  /** Bytes, from the top of the disk. */
  readonly path: string
  readonly isDirectory: boolean
}

export interface Session {
  readonly host: string | undefined
  readonly disk: string | undefined
  /** The state at this run; undefined: the newest. */
  readonly notAfter: RunId | undefined
  /** The run that is: what the prompt shows. */
  readonly run: RunId | undefined
  /** Bytes, from the top of the disk. */
  readonly directory: string
  readonly localDirectory: string
  readonly wanted: readonly WantedName[]
}

/** More names than anybody adds one by one; a directory counts as one. */
const WANTED_MAX = 100_000

export function startSession(localDirectory: string): Session {
  return { host: undefined, disk: undefined, notAfter: undefined, run: undefined, directory: '/', localDirectory, wanted: [] }
}

export function withHost(session: Session, host: string): Session {
  return { ...session, host, disk: undefined, run: undefined, directory: '/' }
}

/** `run`: what the newest dump at or before the session's date is of. */
export function withDisk(session: Session, disk: string, run: RunId): Session {
  return { ...session, disk, run, directory: '/' }
}

export function withDate(session: Session, notAfter: RunId | undefined, run: RunId | undefined): Session {
  return { ...session, notAfter, run }
}

export function withDirectory(session: Session, directory: string): Session {
  return { ...session, directory }
}

/** Names that are on the list already are not added again. Returns how many are new. */
export function withAdded(session: Session, names: readonly WantedName[]): { readonly session: Session; readonly count: number } {
  const known = new Set(session.wanted.map(keyOf))
  const added = names.filter((name) => !known.has(keyOf(name)))
  if (session.wanted.length + added.length > WANTED_MAX) throw new Fault('usage-wrong', `the list would have more than ${WANTED_MAX} names`, { next: 'Add the directory that they lie in.' })
  return { session: { ...session, wanted: [...session.wanted, ...added] }, count: added.length }
}

export function without(session: Session, isGone: (name: WantedName) => boolean): { readonly session: Session; readonly count: number } {
  const wanted = session.wanted.filter((name) => !isGone(name))
  return { session: { ...session, wanted }, count: session.wanted.length - wanted.length }
}

function keyOf({ host, disk, run, path }: WantedName): string {
  return [host, disk, run, path].join('\0')
}

/** A path that was typed, from the top. */
export function pathFrom(session: Session, typed: string): string {
  return resolvePath(session.directory, typed)
}

/** A glob that was typed, from the top: what it is relative to is no glob. */
export function patternFrom(session: Session, pattern: string, literal: (bytes: string) => string): string {
  if (pattern.startsWith('/')) return resolvePath('/', pattern)
  return resolvePath(literal(session.directory), pattern)
}

/** `laptop:/home 2026-11-23 22:09:06 /alice> `. */
export function promptOf(session: Session): string {
  const { host, disk, run, directory } = session
  if (host === undefined) return 'holdfast> '
  if (disk === undefined) return `${host}> `
  return `${host}:${disk} ${run === undefined ? 'no date' : formatRun(run)} ${quoteWord(directory)}> `
}

/** The lines of `list`. */
export function listText(session: Session): string {
  const lines = session.wanted.map(({ host, disk, run, path, isDirectory }) => `${host}:${disk}  ${formatRun(run)}  ${quoteWord(isDirectory && path !== '/' ? joinPath(path, '') : path)}\n`)
  return lines.join('')
}

export interface WantedGroup {
  readonly host: string
  readonly disk: string
  readonly run: RunId
  readonly paths: readonly string[]
}

/** The list, by the trees that its names are of. */
export function groupWanted(wanted: readonly WantedName[]): readonly WantedGroup[] {
  const groups = new Map<string, WantedGroup & { readonly paths: string[] }>()
  for (const { host, disk, run, path } of wanted) {
    const key = [host, disk, run].join('\0')
    const group = groups.get(key) ?? { host, disk, run, paths: [] }
    group.paths.push(path)
    groups.set(key, group)
  }
  return [...groups.values()]
}
