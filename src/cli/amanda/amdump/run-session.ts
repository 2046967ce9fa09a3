// What amdump and amflush have in common: the configuration behind the words of their command lines, who may run them, and the real objects of a run.

import { inPlaceCatalog, SqliteCatalog } from '../../../catalog/sqlite.ts'
import { BUILD_VALUES } from '../../../config/amanda/build-values.ts'
import { textOf } from '../../../config/amanda/configuration.ts'
import { DiskSelection } from '../../../records/disk-selection.ts'
import { parseOverride, type Override } from '../../../config/amanda/overrides.ts'
import { formatRemark, severityOf } from '../../../config/amanda/resolve/remark.ts'
import { resolveAmanda } from '../../../config/amanda/resolve/resolve-amanda.ts'
import { Fault, faultOf } from '../../../kernel/fault.ts'
import { silentLog, type Log } from '../../../kernel/log.ts'
import { tryFileLock } from '../../../posix/file-lock.ts'
import { amdumpRun, type AmdumpOrder } from '../../../server/amdump/amdump-run.ts'
import type { Transport } from '../../../transport/contract.ts'
import { selectionOf } from '../amadmin/call.ts'
import { openAmandaSession, type AmandaSession } from '../amanda-session.ts'
import { amreport } from '../amreport.ts'
import type { CliContext } from '../../context.ts'
import { placesOf } from '../../machine.ts'
import { isProcessAlive } from '../../process-alive.ts'
import { hostTransports } from '../../stock-clients.ts'
import { slotCountOf } from './slot-count.ts'

const FAILED = 1

/** All hosts of an Amanda configuration have unchanged clients. */
const noAgents: Transport = { connect: (host) => Promise.reject(new Fault('host-unknown', `${host} has no client that this program can speak to`)) }

/** The disks that the words name; undefined, after the complaints, when there is none. */
export function selectDisks(session: AmandaSession, words: readonly string[], isExact: boolean, complain: (line: string) => void): AmdumpOrder['isSelected'] | undefined {
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

/** The configuration, for whoever may run it; undefined after the complaints. */
export function openRunSession(program: string, name: string, given: readonly string[], context: CliContext, workingDir: string): AmandaSession | undefined {
  const say = (line: string): void => context.streams.err(`${line}\n`)
  const overrides: Override[] = []
  for (const text of given) {
    const override = parseOverride(text)
    if (override === undefined) {
      say(`${program}: Must specify a value for ${text}.`)
      return undefined
    }
    overrides.push(override)
  }
  const session = openAmandaSession({ name, overrides, workingDir }, say)
  if (session === undefined) {
    say(`${program}: errors processing config file`)
    return undefined
  }
  const { userName } = context.machine
  const dumpUser = textOf(session.configuration.globals, 'DUMPUSER')
  if (userName === dumpUser) return session
  say(`${program}: must be run as user ${dumpUser}, not ${userName}`)
  return undefined
}

/** Makes the run; returns its exit code. */
export async function runOver(context: CliContext, session: AmandaSession, what: Omit<AmdumpOrder, 'configuration' | 'places' | 'config' | 'remarks'>): Promise<number> {
  const { streams, machine, clock, disk, processes, signal } = context
  const { configuration, places } = session
  // It has been read without an error a moment ago.
  const bytes = openAmandaSession({ ...session.request, isBytes: true }, () => undefined)
  if (bytes === undefined) return FAILED
  const { config: resolved, remarks } = resolveAmanda(bytes.configuration, bytes.disks, placesOf(machine).server, { slotCount: slotCountOf })
  if (resolved === undefined) {
    for (const remark of remarks) if (severityOf(remark) === 'error') streams.err(`${formatRemark(remark)}\n`)
    streams.err(`${what.program}: the configuration asks for what this program cannot do yet\n`)
    return FAILED
  }
  const config = { ...resolved, disklist: inOrder(resolved.disklist, session) }
  const log: Log = { ...silentLog, warn: (message, fields) => streams.err(`${what.program}: ${message}${fields?.['error'] === undefined ? '' : `: ${String(fields['error'])}`}\n`) }
  await using catalog = inPlaceCatalog(new SqliteCatalog(':memory:'))
  const { transport } = await hostTransports(context, config, noAgents, log)
  const cacheDir = textOf(configuration.globals, 'TMPDIR')
  await disk.makeDir(cacheDir)
  const { run, exitCode } = await amdumpRun(
    { ...what, configuration, places, config, remarks: remarks.filter((remark) => severityOf(remark) === 'warning').map(formatRemark) },
    { clock, disk, processes, transport, tryLock: tryFileLock, isAlive: isProcessAlive, catalog, log, hostname: machine.hostname, pid: process.pid, userId: process.getuid?.(), version: BUILD_VALUES['version'] ?? '', cacheDir, signal },
  )
  await mailReport(context, session, what.program, `${places.logDir}/log.${run}.0`)
  return exitCode
}

/** The report of the run to whom the configuration names. That it could not be sent ends no run. */
async function mailReport({ disk, processes, streams }: CliContext, { request }: AmandaSession, program: string, log: string): Promise<void> {
  const words = ['--from-amdump', '-l', log, ...request.overrides.flatMap(({ name, value }) => ['-o', `${name}=${value}`]), request.name]
  try {
    // A run that was told to stop is reported as well.
    await amreport(words, request.workingDir, { disk, processes, signal: new AbortController().signal, out: streams.err, err: streams.err })
  } catch (error) {
    streams.err(`${program}: the report could not be made: ${faultOf(error).message}\n`)
  }
}
