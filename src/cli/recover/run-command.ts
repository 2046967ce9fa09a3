// Carries out one line of the recovery shell: the session before → the session after. All output goes through the work's printer.

import path from 'node:path'
import type { RunId } from '../../catalog/contract.ts'
import { Fault } from '../../kernel/fault.ts'
import { literalGlob, pathGlob } from '../../restore/recover/glob.ts'
import { bytesOfIndexPath, indexPathOf } from '../../restore/recover/tree-path.ts'
import { exitCode } from '../exit-codes.ts'
import { parseRunDate } from '../run-date.ts'
import { formatRun } from '../run-text.ts'
import { quoteWord, type Word } from './words.ts'
import { extractWishes } from './extract-words.ts'
import { optionText, textOfBytes, type ParsedCommand } from './parse-command.ts'
import { entriesOf, needEntry, shellPath } from './path-words.ts'
import type { Place } from './recover-source.ts'
import { groupWanted, listText, pathFrom, patternFrom, withAdded, withDate, withDirectory, withDisk, withHost, without, type Session, type WantedName } from './session.ts'
import { printContent } from './show-content.ts'
import { showDiff, showVersions } from './show-history.ts'
import { findNames, findTests, listNames } from './show-names.ts'
import { findShellCommand, helpOf, helpText } from './syntax.ts'
import type { Work } from './work.ts'

export interface ShellWork extends Work {
  readonly history: () => readonly string[]
  /** Width of the terminal; undefined: names are printed one a line. */
  readonly columns: number | undefined
}

export type Outcome =
  | { readonly kind: 'session'; readonly session: Session; readonly code: number }
  | { readonly kind: 'quit' }

const NO_PATH: Word = { text: '.', pattern: '.', isGlob: false, start: 0, end: 0, openQuote: 'none', isCut: false }

/** Rejects with the Fault that a command ended with; the session is then as it was. */
export async function runShellCommand(work: ShellWork, session: Session, parsed: ParsedCommand): Promise<Outcome> {
  if (parsed.command.name === 'quit') return { kind: 'quit' }
  if (parsed.command.name === 'extract') {
    const code = await extract(work, session, parsed)
    // What was on the list is there now. After trouble it stays, for another try with other options.
    const isDone = code === exitCode('ok') && parsed.args.length === 0 && !parsed.options.has('--dry-run')
    return { kind: 'session', session: isDone ? { ...session, wanted: [] } : session, code }
  }
  return { kind: 'session', session: (await change(work, session, parsed)) ?? session, code: exitCode('ok') }
}

/** Commands that change where the session is; undefined: it stays. */
async function change(work: ShellWork, session: Session, parsed: ParsedCommand): Promise<Session | undefined> {
  const [first = NO_PATH, ...rest] = parsed.args
  switch (parsed.command.name) {
    case 'host':
      await work.source.needHost(textOfBytes(first.text))
      return onlyDisk(work, withHost(session, textOfBytes(first.text)))
    case 'disk':
      return await chooseDisk(work, session, textOfBytes(first.text))
    case 'date':
      return await chooseDate(work, session, [first, ...rest].map(({ text }) => textOfBytes(text)).join(' '))
    case 'cd':
      return withDirectory(session, await directoryAt(work, session, parsed.args[0]))
    case 'lcd':
      return { ...session, localDirectory: await localDirectory(work, session, parsed.args[0]) }
    case 'add':
      return await add(work, session, parsed.args)
    case 'delete':
      return await remove(work, session, parsed.args)
    case 'clear':
      return { ...session, wanted: [] }
    default:
      await show(work, session, parsed)
      return undefined
  }
}

/** Commands that only print. */
async function show(work: ShellWork, session: Session, parsed: ParsedCommand): Promise<void> {
  const { printer, source } = work
  const [first = NO_PATH, second = NO_PATH, third = NO_PATH] = parsed.args
  switch (parsed.command.name) {
    case 'hosts':
      return await printLines(work, await source.hosts())
    case 'disks':
      return await printLines(work, await source.disks(needHost(session)))
    case 'dates':
      return await showDates(work, session)
    case 'pwd':
      return await printer.print(`${quoteWord(session.directory)}\n`)
    case 'lpwd':
      return await printer.print(`${session.localDirectory}\n`)
    case 'ls':
      return await listNames(work, await placeOf(work, session), (parsed.args.length === 0 ? [NO_PATH] : parsed.args).map((word) => shellPath(session, word)), { isLong: parsed.options.has('-l'), columns: work.columns })
    case 'find':
      return await find(work, session, parsed)
    case 'versions': {
      const { host, disk } = needDisk(session)
      return await showVersions(work, host, disk, shellPath(session, first))
    }
    case 'diff': {
      const { host, disk } = needDisk(session)
      await showDiff(work, host, disk, runOf(work, textOfBytes(first.text)), runOf(work, textOfBytes(second.text)), shellPath(session, third))
      return
    }
    case 'cat':
      return await printContent(work, await placeOf(work, session), shellPath(session, first))
    case 'list':
      return await printer.print(listText(session))
    case 'history':
      return await printLines(work, work.history())
    case 'help':
      return await help(work, parsed.args[0])
    default:
      throw new Fault('internal', `the command ${parsed.command.name} is not carried out`)
  }
}

async function printLines({ printer }: Work, lines: readonly string[]): Promise<void> {
  for (const line of lines) await printer.print(`${line}\n`)
}

function needHost({ host }: Session): string {
  if (host === undefined) throw new Fault('usage-wrong', 'no host is chosen', { next: '`hosts` lists them, `host NAME` chooses one.' })
  return host
}

function needDisk(session: Session): { readonly host: string; readonly disk: string } {
  const host = needHost(session)
  if (session.disk === undefined) throw new Fault('usage-wrong', 'no disk is chosen', { next: '`disks` lists them, `disk NAME` chooses one.' })
  return { host, disk: session.disk }
}

export async function placeOf(work: Pick<Work, 'source'>, session: Session): Promise<Place> {
  const { host, disk } = needDisk(session)
  return await work.source.placeAt(host, disk, session.notAfter)
}

/** A host of one disk needs no choice. */
async function onlyDisk(work: ShellWork, session: Session): Promise<Session> {
  const [only, another] = await work.source.disks(session.host ?? '')
  return only === undefined || another !== undefined ? session : await chooseDisk(work, session, only)
}

async function chooseDisk(work: ShellWork, session: Session, disk: string): Promise<Session> {
  const host = needHost(session)
  await work.source.needDisk(host, disk)
  const chain = await work.source.chainAt(host, disk, session.notAfter)
  return withDisk(session, disk, lastRun(chain))
}

function lastRun(chain: Place['chain']): RunId {
  const last = chain.at(-1)
  if (last === undefined) throw new Fault('dump-missing', 'there is no dump')
  return last.run
}

function runOf({ context }: Work, text: string): RunId | undefined {
  return ['newest', 'latest'].includes(text.trim().toLowerCase()) ? undefined : parseRunDate(text, context.clock.wallMs())
}

async function chooseDate(work: ShellWork, session: Session, text: string): Promise<Session> {
  const notAfter = runOf(work, text)
  const { host, disk } = session
  if (host === undefined || disk === undefined) return withDate(session, notAfter, undefined)
  const place = await work.source.placeAt(host, disk, notAfter)
  const moved = withDate(session, notAfter, lastRun(place.chain))
  const here = await place.tree.stat(indexPathOf(session.directory))
  if (here?.kind === 'directory') return moved
  await work.printer.print(`${quoteWord(session.directory)} is not in the disk at that date; you are at its top\n`)
  return withDirectory(moved, '/')
}

async function showDates(work: ShellWork, session: Session): Promise<void> {
  const { host, disk } = needDisk(session)
  for (const chain of await work.source.chains(host, disk)) {
    const last = chain.at(-1)
    if (last !== undefined) await work.printer.print(`${formatRun(last.run)}  level ${last.level}${last.run === session.run ? '  *' : ''}\n`)
  }
}

async function directoryAt(work: ShellWork, session: Session, word: Word | undefined): Promise<string> {
  if (word === undefined) return '/'
  const { tree } = await placeOf(work, session)
  const entry = await needEntry(tree, shellPath(session, word))
  if (entry.kind !== 'directory') throw new Fault('usage-wrong', `${quoteWord(bytesOfIndexPath(entry.path))} is a ${entry.kind}`, { next: 'Name a directory.' })
  return bytesOfIndexPath(entry.path)
}

async function localDirectory({ context }: ShellWork, session: Session, word: Word | undefined): Promise<string> {
  const typed = word === undefined ? context.machine.home : textOfBytes(word.text).replace(/^~(?=\/|$)/, context.machine.home)
  const directory = path.resolve(session.localDirectory, typed)
  const found = await context.disk.stat(directory)
  const isDirectory = found?.kind === 'directory' || (found?.kind === 'symlink' && (await context.disk.list(directory).then(() => true, () => false)))
  if (!isDirectory) throw new Fault('file-missing', `there is no directory ${directory} here`, { next: '`extract --to DIR` makes one.' })
  return directory
}

async function find(work: ShellWork, session: Session, parsed: ParsedCommand): Promise<void> {
  const name = parsed.options.get('-name')?.[0]
  const words = { name: name?.pattern, newer: optionText(parsed, '-newer'), older: optionText(parsed, '-older'), size: optionText(parsed, '-size'), kind: optionText(parsed, '-type') }
  const tests = findTests(words, work.context.clock.wallMs())
  await findNames(work, await placeOf(work, session), shellPath(session, parsed.args[0] ?? NO_PATH), tests, parsed.options.has('-l'))
}

async function add(work: ShellWork, session: Session, words: readonly Word[]): Promise<Session> {
  const { host, disk } = needDisk(session)
  const { tree, chain } = await placeOf(work, session)
  const names: WantedName[] = []
  for (const word of words) {
    for await (const entry of entriesOf(tree, shellPath(session, word))) {
      if (work.signal.aborted) throw new Fault('cancelled', 'the command was stopped')
      names.push({ host, disk, run: lastRun(chain), path: bytesOfIndexPath(entry.path), isDirectory: entry.kind === 'directory' })
    }
  }
  const added = withAdded(session, names)
  await work.printer.print(`added ${added.count}${added.count === names.length ? '' : `, ${names.length - added.count} on the list already`}\n`)
  return added.session
}

/** What is on the list is matched by name, whether the disk still has it or not. */
async function remove(work: ShellWork, session: Session, words: readonly Word[]): Promise<Session> {
  const tests = words.map((word) => {
    const exact = pathFrom(session, word.text)
    const matches = word.isGlob ? pathGlob(patternFrom(session, word.pattern, literalGlob)) : undefined
    return (each: string): boolean => each === exact || matches?.(each) === true
  })
  const removed = without(session, (name) => name.host === session.host && name.disk === session.disk && tests.some((test) => test(name.path)))
  if (removed.count === 0) throw new Fault('file-missing', 'no such name is on the list', { next: '`list` shows what is.' })
  await work.printer.print(`deleted ${removed.count}\n`)
  return removed.session
}

async function extract(work: ShellWork, session: Session, parsed: ParsedCommand): Promise<number> {
  const to = optionText(parsed, '--to')
  const toAgent = optionText(parsed, '--to-agent')
  const words = {
    to: to === undefined || toAgent !== undefined ? to : path.resolve(session.localDirectory, to),
    toAgent,
    isOriginal: parsed.options.has('--original'),
    existing: optionText(parsed, '--existing'),
    owners: optionText(parsed, '--owners'),
    excludes: (parsed.options.get('--exclude') ?? []).map(({ pattern }) => pattern),
    isResumed: parsed.options.has('--resume'),
    isDryRun: parsed.options.has('--dry-run'),
  }
  const wishes = extractWishes(words, session.localDirectory)
  const { runExtract } = await import('./run-extract.ts')
  if (parsed.args.length > 0) return await runExtract(work, { ...needDisk(session), notAfter: session.notAfter }, parsed.args.map((word) => shellPath(session, word)), wishes)
  if (session.wanted.length === 0) throw new Fault('usage-wrong', 'nothing is on the list', { next: '`add PATH` puts names on it, or name what to extract.' })
  let code = exitCode('ok')
  for (const { host, disk, run, paths } of groupWanted(session.wanted)) {
    code = Math.max(code, await runExtract(work, { host, disk, notAfter: run }, paths.map((each) => ({ readings: [each], pattern: undefined, typed: quoteWord(each) })), wishes))
  }
  return code
}

async function help({ printer }: Work, word: Word | undefined): Promise<void> {
  if (word === undefined) return await printer.print(helpText())
  const command = findShellCommand(word.text)
  if (command === undefined) throw new Fault('usage-wrong', `there is no command ${JSON.stringify(word.text)}`, { next: '`help` lists them.' })
  await printer.print(helpOf(command))
}
