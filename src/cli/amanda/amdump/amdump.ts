// What stock Amanda's `amdump` does: one run over a configuration, without a server, from the words of its command line to its exit code. It prints only what is wrong before the run begins;
// what happens in it is in its log and trace, for amreport and amstatus.

import { kill } from 'node:process'
import { inPlaceCatalog, SqliteCatalog } from '../../../catalog/sqlite.ts'
import { BUILD_VALUES } from '../../../config/amanda/build-values.ts'
import { textOf } from '../../../config/amanda/configuration.ts'
import { DiskSelection } from '../../../config/amanda/disk-selection.ts'
import { parseOverride, type Override } from '../../../config/amanda/overrides.ts'
import { formatRemark, severityOf } from '../../../config/amanda/resolve/remark.ts'
import { resolveAmanda } from '../../../config/amanda/resolve/resolve-amanda.ts'
import { Fault, systemErrorCode } from '../../../kernel/fault.ts'
import { silentLog, type Log } from '../../../kernel/log.ts'
import { tryFileLock } from '../../../posix/file-lock.ts'
import { amdumpRun, type AmdumpOrder } from '../../../server/amdump/amdump-run.ts'
import type { Transport } from '../../../transport/contract.ts'
import { selectionOf } from '../amadmin/call.ts'
import { openAmandaSession, type AmandaSession } from '../amanda-session.ts'
import { readStockWords, type StockOption } from '../stock-words.ts'
import type { CliContext } from '../../context.ts'
import { placesOf } from '../../machine.ts'
import { hostTransports } from '../../stock-clients.ts'
import { slotCountOf } from './slot-count.ts'

const USAGE = 'Usage: amdump <conf> [--no-taper] [--no-dump] [--no-flush] [--no-vault] [--from-client] [--exact-match] [-o configoption]* [host/disk]*\n'
const OPTIONS: readonly StockOption[] = [
  { name: 'version' }, { name: 'help', letter: 'h' }, { name: 'o', takesValue: true }, { name: 'no-taper' }, { name: 'no-dump' }, { name: 'no-flush' }, { name: 'no-vault' }, { name: 'from-client' }, { name: 'exact-match' },
]
const FAILED = 1

/** All hosts of an Amanda configuration have unchanged clients. */
const noAgents: Transport = { connect: (host) => Promise.reject(new Fault('host-unknown', `${host} has no client that this program can speak to`)) }

function isAlive(pid: number): boolean {
  try {
    kill(pid, 0)
    return true
  } catch (error) {
    return systemErrorCode(error) === 'EPERM'
  }
}

/** The disks that the words name; undefined, after the complaints, when there is none. */
function selected(session: AmandaSession, words: readonly string[], isExact: boolean, complain: (line: string) => void): AmdumpOrder['isSelected'] | undefined {
  const selection: DiskSelection<{ readonly host: string; readonly name: string }> = selectionOf(session)
  for (const complaint of selection.select(isExact ? words.map((word) => `=${word}`) : words)) complain(complaint)
  const chosen = new Set(selection.chosen.map(({ host, name }) => JSON.stringify([host, name])))
  return chosen.size === 0 ? undefined : (host, disk) => chosen.has(JSON.stringify([host, disk]))
}

/** Its entries in the order of the disklist. */
function inOrder<T extends { readonly host: string; readonly disk: string }>(entries: readonly T[], { disks }: AmandaSession): T[] {
  const places = new Map(disks.map(({ host, name }, index) => [JSON.stringify([host, name]), index]))
  const place = ({ host, disk }: T): number => places.get(JSON.stringify([host, disk])) ?? disks.length
  return entries.toSorted((a, b) => place(a) - place(b))
}

/** Returns the exit code. */
export async function amdump(context: CliContext, commandLine: readonly string[], workingDir: string): Promise<number> {
  const { streams } = context
  const say = (line: string): void => streams.err(`${line}\n`)
  const { given, words, wrong } = readStockWords(commandLine, OPTIONS)
  if (given.has('version')) {
    streams.out(`amdump-${BUILD_VALUES['version'] ?? ''}\n`)
    return 0
  }
  const [name, ...others] = words
  if (name === undefined || wrong.length > 0 || given.has('help')) {
    streams.err(`${USAGE}${given.has('help') ? 'help\n' : wrong.length > 0 ? '' : 'No config specified\n'}`)
    return FAILED
  }
  const overrides: Override[] = []
  for (const text of given.get('o') ?? []) {
    const override = parseOverride(text)
    if (override === undefined) {
      say(`amdump: Must specify a value for ${text}.`)
      return FAILED
    }
    overrides.push(override)
  }
  const session = openAmandaSession(name, overrides, workingDir, say)
  if (session === undefined) {
    say('amdump: errors processing config file')
    return FAILED
  }
  const { userName } = context.machine
  const dumpUser = textOf(session.configuration.globals, 'DUMPUSER')
  if (userName !== dumpUser) {
    say(`amdump: must be run as user ${dumpUser}, not ${userName}`)
    return FAILED
  }
  const isSelected = selected(session, others, given.has('exact-match'), say)
  if (isSelected === undefined) return FAILED
  return runOver(context, session, isSelected)
}

async function runOver(context: CliContext, session: AmandaSession, isSelected: AmdumpOrder['isSelected']): Promise<number> {
  const { streams, machine, clock, disk, processes, signal } = context
  const { configuration, places, disks } = session
  const { config: resolved, remarks } = resolveAmanda(configuration, disks, placesOf(machine).server, { slotCount: slotCountOf })
  if (resolved === undefined) {
    for (const remark of remarks) if (severityOf(remark) === 'error') streams.err(`${formatRemark(remark)}\n`)
    streams.err('amdump: the configuration asks for what this program cannot do yet\n')
    return FAILED
  }
  const config = { ...resolved, disklist: inOrder(resolved.disklist, session) }
  const log: Log = { ...silentLog, warn: (message, fields) => streams.err(`amdump: ${message}${fields?.['error'] === undefined ? '' : `: ${String(fields['error'])}`}\n`) }
  await using catalog = inPlaceCatalog(new SqliteCatalog(':memory:'))
  const { transport } = hostTransports(context, config, noAgents, log)
  const cacheDir = textOf(configuration.globals, 'TMPDIR')
  await disk.makeDir(cacheDir)
  const { exitCode } = await amdumpRun(
    { configuration, places, config, isSelected, remarks: remarks.filter((remark) => severityOf(remark) === 'warning').map(formatRemark) },
    { clock, disk, processes, transport, tryLock: tryFileLock, isAlive, catalog, log, hostname: machine.hostname, pid: process.pid, userId: process.getuid?.(), version: BUILD_VALUES['version'] ?? '', cacheDir, signal },
  )
  return exitCode
}
