// Paths that somebody typed → entries of a tree. A name that is there is taken as it is, whatever it is made of; only what is not there is read as a glob.

import { Fault } from '../../kernel/fault.ts'
import { expandGlob } from '../../restore/recover/find-names.ts'
import { hasGlob, literalGlob } from '../../restore/recover/glob.ts'
import { indexPathOf, readingsOf, resolvePath } from '../../restore/recover/tree-path.ts'
import type { TreeAt, TreeEntry } from '../../restore/tree-at.ts'
import { pathFrom, patternFrom, type Session } from './session.ts'
import type { Word } from './words.ts'

export interface PathWord {
  /** Bytes, from the top: what the word may mean, the likeliest first. */
  readonly readings: readonly string[]
  /** From the top; undefined: the word is no glob. */
  readonly pattern: string | undefined
  /** As it was typed. */
  readonly typed: string
}

/** A word of the shell. */
export function shellPath(session: Session, word: Word): PathWord {
  return { readings: [pathFrom(session, word.text)], pattern: word.isGlob ? patternFrom(session, word.pattern, literalGlob) : undefined, typed: word.text }
}

/** A word of the command line: from the top of the disk, and perhaps escaped as listings show it. */
export function argumentPath(text: string): PathWord {
  const readings = readingsOf(text)
  const [first = ''] = readings
  return { readings: readings.map((reading) => resolvePath('/', reading)), pattern: hasGlob(first) ? resolvePath('/', first) : undefined, typed: text }
}

/** The entry a word names; undefined when it is none, or a glob. */
export async function findEntry(tree: TreeAt, word: PathWord): Promise<TreeEntry | undefined> {
  for (const reading of word.readings) {
    const entry = await tree.stat(indexPathOf(reading))
    if (entry !== undefined) return entry
  }
  return undefined
}

/** The one entry that a word names. Rejects with `file-missing`. */
export async function needEntry(tree: TreeAt, word: PathWord): Promise<TreeEntry> {
  const entry = await findEntry(tree, word)
  if (entry !== undefined) return entry
  if (word.pattern === undefined) throw missing(word)
  const found: TreeEntry[] = []
  for await (const each of expandGlob(tree, word.pattern)) if (found.push(each) > 1) break
  const [only, second] = found
  if (only === undefined) throw missing(word)
  if (second !== undefined) throw new Fault('usage-wrong', `${word.typed} means more than one name`, { next: 'Name one of them.' })
  return only
}

/** What a word names, or means as a glob. Rejects with `file-missing` when that is nothing. */
export async function* entriesOf(tree: TreeAt, word: PathWord): AsyncGenerator<TreeEntry> {
  const entry = await findEntry(tree, word)
  if (entry !== undefined) {
    yield entry
    return
  }
  let count = 0
  if (word.pattern !== undefined) {
    for await (const each of expandGlob(tree, word.pattern)) {
      count++
      yield each
    }
  }
  if (count === 0) throw missing(word)
}

export function missing({ typed }: PathWord): Fault {
  return new Fault('file-missing', `there is no ${typed} in the disk at that date`, { next: '`find -name` looks for a name, `versions` in all dumps, and another date may have it.' })
}
