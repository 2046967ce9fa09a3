// `holdfast restore HOST DISK [PATH…]`: gives back a disk, or paths of it, as it was at a date: into a directory here, or on an agent
// through the running server.

import { planRestore } from '../../restore/plan.ts'
import type { RestoreEvent, RestoreResult } from '../../restore/extract.ts'
import { restorePaths } from '../../restore/restore-paths.ts'
import { openTreeAt } from '../../restore/tree-at.ts'
import type { DumpRecord } from '../../catalog/contract.ts'
import path from 'node:path'
import { serverLayout } from '../../config/layout.ts'
import { formatSize } from '../../config/units.ts'
import { Fault } from '../../kernel/fault.ts'
import { EXISTING_POLICIES } from '../../wire/amanda/restore-dialogue.ts'
import type { ResolvedConfig } from '../../config/resolved.ts'
import { ALLOW_PROGRAM_OPTION, type CommandBody, type Given } from '../command-line.ts'
import { needServerConfig, type CliContext } from '../context.ts'
import { controlCall } from '../control-call.ts'
import { exitCode } from '../exit-codes.ts'
import { openLog } from '../log.ts'
import { showResult } from '../output.ts'
import { ProgressLine } from '../progress.ts'
import { formatRun } from '../run-text.ts'
import { parseRunDate } from '../run-date.ts'
import { openStores } from '../stores.ts'
import { sweptJournal } from '../swept-journal.ts'
import { printable } from '../text-table.ts'

/** Lines of problems that are printed; `--json` has all. */
const PROBLEM_LINES_MAX = 20

function formatRestored(result: RestoreResult): string {
  const dumps = result.dumps.map((dump) => `level ${dump.level} of ${formatRun(dump.run)}`).join(', ')
  const lines = [`Restored ${result.members} names, ${formatSize(result.bytes)} read, to ${printable(result.target)} (${dumps}).\n`]
  for (const missing of result.missingPaths) lines.push(`not in the dumps: ${printable(missing)}\n`)
  for (const problem of result.problems.slice(0, PROBLEM_LINES_MAX)) lines.push(`not as it was: ${printable(problem)}\n`)
  if (result.problems.length > PROBLEM_LINES_MAX) lines.push(`… and ${result.problems.length - PROBLEM_LINES_MAX} more; --json lists all\n`)
  return lines.join('')
}

async function restoreHere(context: CliContext, given: Given, config: ResolvedConfig, host: string, disk: string, paths: readonly string[], target: string): Promise<number> {
  await using stores = await openStores(context, config, openLog({ isVerbose: given.isVerbose, ...(given.isVerbose ? { plain: context.streams.err } : {}) }), given.list('allowProgram'))
  const journal = await sweptJournal(context, config, (line) => context.streams.err(`${printable(line)}\n`))
  const at = given.text('at')
  const chain = planRestore(await stores.catalog.dumps({ host, disk }), { host, disk, ...(at === undefined ? {} : { notAfter: parseRunDate(at, context.clock.wallMs()) }) })
  const progress = new ProgressLine(context.clock, { isTerminal: context.streams.isTerminal, columns: context.streams.columns, write: context.streams.err })
  const events = (event: RestoreEvent): void => {
    if (event.kind === 'members') progress.show({ what: `${event.members} names`, bytes: event.bytes, totalBytes: event.totalBytes })
    if (event.kind === 'progress') progress.show({ what: `level ${event.dump.level} of ${formatRun(event.dump.run)}`, bytes: event.bytes, totalBytes: event.dump.nativeBytes })
  }
  try {
    const tools = { stores, disk: context.disk, processes: context.processes, random: context.random, events, journal, openTree: (dumps: readonly DumpRecord[]) => openTreeAt({ disk: context.disk, directory: serverLayout(config).indexDir }, dumps) }
    const result = await restorePaths(tools, chain, paths, target, context.signal)
    progress.clear()
    showResult(context.streams, given.isJson, { ...result, dumps: result.dumps }, formatRestored)
    if (result.missingPaths.length > 0) return exitCode('notFound')
    return exitCode(result.problems.length > 0 ? 'strange' : 'ok')
  } finally {
    progress.clear()
  }
}

async function restoreThere(context: CliContext, given: Given, config: ResolvedConfig, host: string, disk: string, paths: readonly string[], toHost: string, target: string): Promise<number> {
  const at = given.text('at')
  const existing = EXISTING_POLICIES.find((policy) => policy === given.text('existing'))
  if (existing === undefined && given.text('existing') !== undefined) throw new Fault('usage-wrong', `--existing is one of ${EXISTING_POLICIES.join(', ')}`)
  const request = { host, disk, toHost, target, paths, ...(existing === undefined ? {} : { existing }), allowPrograms: given.list('allowProgram'), ...(at === undefined ? {} : { notAfter: parseRunDate(at, context.clock.wallMs()) }) }
  const result = await controlCall(context, config, { kind: 'restore-to-agent', request })
  showResult(context.streams, given.isJson, result, (value) => `Restored ${formatSize(value.bytes)} to ${printable(target)} on ${toHost}.\n${value.strangeLines.map((line) => `not as it was: ${printable(line)}\n`).join('')}`)
  return exitCode(result.strangeLines.length > 0 ? 'strange' : 'ok')
}

export const restoreCommand: CommandBody = {
  details: [
    'The newest state, or with --at the newest one at or before that date. What was deleted between levels stays deleted. For single paths only their own members are read where the dumps say where they lie, else all levels that are needed.',
    'DIR must be missing or empty: nothing is ever overwritten. On an agent it may be in use when --existing says what becomes of names that are there; here, `holdfast recover extract` does that. Paths count from the top of the disk: of the disk /home, /alice is /home/alice.',
  ],
  args: [
    { name: 'HOST', text: 'host the dump came from' },
    { name: 'DISK', text: 'disk of the host' },
    { name: '[PATH...]', text: 'only these; default: all of the disk' },
  ],
  options: [
    { flags: '--at DATE', text: 'the state at that date: 2026-11-23, "2026-11-23 22:09", yesterday, "3 d ago"' },
    { flags: '--to DIR', text: 'directory, here or on the agent' },
    { flags: '--to-agent HOST', text: 'restore on that agent, below --to, which its restore-paths must allow' },
    { flags: '--existing POLICY', text: 'with --to-agent: DIR may be in use; what to do with a name that is there: refuse, replace, keep, newer, beside' },
    ALLOW_PROGRAM_OPTION,
  ],
  examples: [
    { line: 'holdfast restore laptop /home --to /tmp/home', text: 'everything, newest state' },
    { line: 'holdfast restore laptop /home /alice/notes --at yesterday --to /tmp/notes', text: 'one directory' },
    { line: 'holdfast restore laptop /home --to-agent desk --to /srv/restored', text: 'onto another host' },
  ],
  async run(context, given) {
    const config = await needServerConfig(context, given)
    const [host, disk, paths] = given.args as readonly [string, string, readonly string[] | undefined]
    const target = given.text('to')
    if (target === undefined) throw new Fault('usage-wrong', 'it is not said where to restore to', { next: 'Add `--to DIR`.' })
    const toHost = given.text('toAgent')
    if (toHost === undefined && given.text('existing') !== undefined) throw new Fault('usage-wrong', '--existing goes with --to-agent', { next: 'Into a directory of this machine that is in use, restore with `holdfast recover extract`.' })
    if (toHost === undefined) return await restoreHere(context, given, config, host, disk, paths ?? [], path.resolve(target))
    return await restoreThere(context, given, config, host, disk, paths ?? [], toHost, target)
  },
}
