// Completion in the recovery shell: what may stand at the end of a line. Pure but for the words it asks for.

import { bytesOfText, lastName, resolvePath } from '../../restore/recover/tree-path.ts'
import { findShellCommand, FIXED_WORDS, SHELL_COMMANDS, type ShellCommand, type WordKind } from './syntax.ts'
import { quoteWord, splitWords, type Word } from './words.ts'

/** A name that may follow; a directory is not the end of a word. */
export interface NameHint {
  /** Bytes. */
  readonly name: string
  readonly isDirectory: boolean
}

export interface CompletionWords {
  hosts(): Promise<readonly string[]>
  disks(): Promise<readonly string[]>
  dates(): Promise<readonly string[]>
  agents(): Promise<readonly string[]>
  /** Names in a directory of the disk (bytes, from the top). */
  names(directory: string): Promise<readonly NameHint[]>
  /** Names in a directory of this machine. */
  localNames(directory: string): Promise<readonly NameHint[]>
  readonly directory: string
  readonly localDirectory: string
}

export interface Completion {
  /** Whole words as they can be typed, sorted. */
  readonly hits: readonly string[]
  /** What they take the place of: the end of the line. */
  readonly replaced: string
}

/** More are of no use to anybody. */
const HITS_MAX = 2000

/** What may stand where `line` ends. */
export async function completeLine(line: string, source: CompletionWords): Promise<Completion> {
  const words = splitWords(line)
  const last = words.at(-1)
  const behind = line.slice(last?.end ?? 0)
  // A comment, or a backslash that waits for its character.
  if (behind.includes('#') || last?.isCut === true) return { hits: [], replaced: '' }
  const isNewWord = last === undefined || behind !== ''
  const current: Word = isNewWord ? { text: '', pattern: '', isGlob: false, start: line.length, end: line.length, openQuote: 'none', isCut: false } : last
  const hits = await hitsFor(isNewWord ? words : words.slice(0, -1), current, source)
  return { hits: hits.slice(0, HITS_MAX), replaced: line.slice(current.start) }
}

async function hitsFor(before: readonly Word[], current: Word, source: CompletionWords): Promise<string[]> {
  const [first, ...rest] = before
  if (first === undefined) return plainHits(SHELL_COMMANDS.map(({ name }) => name), current)
  const command = findShellCommand(first.text)
  if (command === undefined) return []
  const previous = rest.at(-1)
  const valued = previous === undefined ? undefined : command.options?.find(({ flag, value }) => flag === previous.text && value !== undefined)
  if (valued?.value !== undefined) return await hitsOfKind(valued.value.kind, current, source)
  if (current.text.startsWith('-') && command.options !== undefined) return plainHits(command.options.map(({ flag }) => flag), current)
  const kind = kindAt(command, rest)
  return kind === undefined ? [] : await hitsOfKind(kind, current, source)
}

/** What stands behind `words`, those of options not counted. */
function kindAt(command: ShellCommand, words: readonly Word[]): WordKind | undefined {
  let position = 0
  for (let at = 0; at < words.length; at++) {
    const option = command.options?.find(({ flag }) => flag === words[at]?.text)
    if (option === undefined) position++
    else if (option.value !== undefined) at++
  }
  const args = command.args ?? []
  const last = args.at(-1)
  return (args[position] ?? (last?.isRepeatable === true ? last : undefined))?.kind
}

async function hitsOfKind(kind: WordKind, current: Word, source: CompletionWords): Promise<string[]> {
  switch (kind) {
    case 'host':
      return plainHits(await source.hosts(), current)
    case 'agent':
      return plainHits(await source.agents(), current)
    case 'disk':
      return plainHits(await source.disks(), current)
    case 'date':
      return plainHits(['newest', 'yesterday', ...(await source.dates())], current)
    case 'path':
      return await pathHits(current, source.directory, (directory) => source.names(directory))
    case 'local':
      return await pathHits(current, bytesOfText(source.localDirectory), (directory) => source.localNames(directory))
    case 'command':
      return plainHits(SHELL_COMMANDS.map(({ name }) => name), current)
    case 'existing':
    case 'owners':
    case 'kind':
      return plainHits(FIXED_WORDS[kind] ?? [], current)
    case 'glob':
    case 'size':
    case 'text':
      return []
    default:
      return kind satisfies never
  }
}

function plainHits(words: readonly string[], current: Word): string[] {
  const hits = words.map(bytesOfText).filter((word) => word.startsWith(current.text))
  return [...new Set(hits)].toSorted().map((word) => `${typed(word, current)}${closing(current)} `)
}

async function pathHits(current: Word, from: string, names: (directory: string) => Promise<readonly NameHint[]>): Promise<string[]> {
  const slash = current.text.lastIndexOf('/')
  const typedDirectory = current.text.slice(0, slash + 1)
  const start = current.text.slice(slash + 1)
  const directory = typedDirectory === '' ? from : resolvePath(from, typedDirectory)
  const found = await names(directory).catch(() => [])
  const hits = found.filter(({ name }) => name.startsWith(start)).toSorted((a, b) => (a.name < b.name ? -1 : 1))
  return hits.map(({ name, isDirectory }) => `${typed(typedDirectory + name, current)}${isDirectory ? '/' : `${closing(current)} `}`)
}

/** A word as it is typed, in the quote that is open. */
function typed(bytes: string, { openQuote }: Word): string {
  const quote = openQuote === 'single' ? "'" : openQuote === 'double' ? '"' : ''
  return `${quote}${quoteWord(bytes, openQuote)}`
}

function closing({ openQuote }: Word): string {
  return openQuote === 'single' ? "'" : openQuote === 'double' ? '"' : ''
}

/** Of a path from the top (bytes). */
export function hintOf(path: string, isDirectory: boolean): NameHint {
  return { name: lastName(path), isDirectory }
}
