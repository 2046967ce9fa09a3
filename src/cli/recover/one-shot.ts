// `holdfast recover` and its commands, behind their specs (commands/recover.ts), so that nothing of this is loaded for any other command.

import { Readable } from 'node:stream'
import path from 'node:path'
import type { RunId } from '../../catalog/contract.ts'
import { Fault } from '../../kernel/fault.ts'
import { bytesOfText } from '../../restore/recover/tree-path.ts'
import type { Given } from '../command-line.ts'
import type { CliContext } from '../context.ts'
import { exitCode } from '../exit-codes.ts'
import { personalState } from '../machine.ts'
import { parseRunDate } from '../run-date.ts'
import { extractWishes } from './extract-words.ts'
import { ShellHistory } from './history.ts'
import { argumentPath } from './path-words.ts'
import { Printer } from './printer.ts'
import { RecoverSource } from './recover-source.ts'
import { startSession, withDate, withDisk, withHost, type Session } from './session.ts'
import { printContent } from './show-content.ts'
import { showDiff, showVersions } from './show-history.ts'
import { findNames, findTests, listNames } from './show-names.ts'
import type { Work } from './work.ts'

function runOf(context: CliContext, text: string | undefined): RunId | undefined {
  return text === undefined || ['newest', 'latest'].includes(text.toLowerCase()) ? undefined : parseRunDate(text, context.clock.wallMs())
}

async function withWork(context: CliContext, given: Given, run: (work: Work) => Promise<number>): Promise<number> {
  await using source = await RecoverSource.open(context, given)
  const printer = new Printer(context.streams)
  try {
    return await run({ context, source, printer, signal: context.signal, isJson: given.isJson })
  } finally {
    await printer.flush()
  }
}

interface DiskWords {
  readonly host: string
  readonly disk: string
  readonly paths: readonly string[]
}

function diskWords(given: Given): DiskWords {
  const [host, disk, rest] = given.args as readonly [string, string, string | readonly string[] | undefined]
  return { host, disk, paths: rest === undefined ? [] : typeof rest === 'string' ? [rest] : rest }
}

export function listOnce(context: CliContext, given: Given): Promise<number> {
  return withWork(context, given, async (work) => {
    const { host, disk, paths } = diskWords(given)
    const place = await work.source.placeAt(host, disk, runOf(context, given.text('at')))
    await listNames(work, place, (paths.length === 0 ? ['/'] : paths).map(argumentPath), { isLong: given.flag('long'), columns: undefined })
    return exitCode('ok')
  })
}

export function findOnce(context: CliContext, given: Given): Promise<number> {
  return withWork(context, given, async (work) => {
    const { host, disk, paths } = diskWords(given)
    const name = given.text('name')
    const words = { name: name === undefined ? undefined : bytesOfText(name), newer: given.text('newer'), older: given.text('older'), size: given.text('size'), kind: given.text('type') }
    const tests = findTests(words, context.clock.wallMs())
    const place = await work.source.placeAt(host, disk, runOf(context, given.text('at')))
    const count = await findNames(work, place, argumentPath(paths[0] ?? '/'), tests, given.flag('long'))
    return exitCode(count === 0 ? 'notFound' : 'ok')
  })
}

export function versionsOnce(context: CliContext, given: Given): Promise<number> {
  return withWork(context, given, async (work) => {
    const { host, disk, paths } = diskWords(given)
    await showVersions(work, host, disk, argumentPath(paths[0] ?? '/'))
    return exitCode('ok')
  })
}

export function diffOnce(context: CliContext, given: Given): Promise<number> {
  return withWork(context, given, async (work) => {
    const [host, disk, before, after, wanted] = given.args as readonly [string, string, string, string, string | undefined]
    await showDiff(work, host, disk, runOf(context, before), runOf(context, after), argumentPath(wanted ?? '/'))
    return exitCode('ok')
  })
}

export function catOnce(context: CliContext, given: Given): Promise<number> {
  return withWork(context, given, async (work) => {
    const { host, disk, paths } = diskWords(given)
    await printContent(work, await work.source.placeAt(host, disk, runOf(context, given.text('at'))), argumentPath(paths[0] ?? '/'))
    return exitCode('ok')
  })
}

export function extractOnce(context: CliContext, given: Given): Promise<number> {
  return withWork(context, given, async (work) => {
    const { host, disk, paths } = diskWords(given)
    const wishes = extractWishes(
      {
        to: given.text('to'),
        isOriginal: given.flag('original'),
        toAgent: given.text('toAgent'),
        existing: given.text('existing'),
        owners: given.text('owners'),
        excludes: given.list('exclude').map(bytesOfText),
        isResumed: given.flag('resume'),
        isDryRun: given.flag('dryRun'),
      },
      undefined,
    )
    const { runExtract } = await import('./run-extract.ts')
    return await runExtract(work, { host, disk, notAfter: runOf(context, given.text('at')) }, paths.map(argumentPath), wishes)
  })
}

/** Where `--host`, `--disk` and `--at` put the shell. */
async function firstSession(context: CliContext, given: Given, source: RecoverSource): Promise<Session> {
  let session = withDate(startSession(path.resolve('.')), runOf(context, given.text('at')), undefined)
  const disk = given.text('disk')
  const hosts = given.text('host') === undefined && disk === undefined ? await source.hosts() : []
  const host = given.text('host') ?? (hosts.length === 1 ? hosts[0] : undefined)
  if (host === undefined) {
    if (disk !== undefined) throw new Fault('usage-wrong', 'a disk is named, but no host', { next: 'Add `--host HOST`.' })
    return session
  }
  await source.needHost(host)
  session = withHost(session, host)
  const disks = await source.disks(host)
  const only = disks.length === 1 ? disks[0] : undefined
  const chosen = disk ?? only
  if (chosen === undefined) return session
  await source.needDisk(host, chosen)
  const last = (await source.chainAt(host, chosen, session.notAfter)).at(-1)
  return last === undefined ? session : withDisk(session, chosen, last.run)
}

export async function recoverShell(context: CliContext, given: Given): Promise<number> {
  if (given.isJson) throw new Fault('usage-wrong', 'the shell prints for people', { next: 'Use `holdfast recover ls`, `find`, `versions`, `diff`, `cat` or `extract` with --json.' })
  await using source = await RecoverSource.open(context, given)
  const session = await firstSession(context, given, source)
  const { runScript, runTerminal } = await import('./shell.ts')
  const { terminal, input } = context.streams
  if (terminal !== undefined) {
    const history = await ShellHistory.open(context.disk, `${personalState(context.machine)}/recover-history`)
    context.streams.out('`help` lists the commands; `quit` or Ctrl-D leaves.\n')
    return await runTerminal({ context, source }, session, history, terminal)
  }
  return await runScript({ context, source }, session, input?.() ?? Readable.from([]))
}
