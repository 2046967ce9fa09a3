// `holdfast restore HOST DISK [PATH…]`: gives back a disk, or paths of it, as it was at a date: into a directory here, or on an agent
// through the running server.

import { planRestore } from '../../restore/plan.ts'
import type { RestoreEvent, RestoreResult } from '../../restore/extract.ts'
import { restorePaths } from '../../restore/restore-paths.ts'
import { openTreeAt } from '../../restore/tree-at.ts'
import type { DumpRecord } from '../../catalog/contract.ts'
import path from 'node:path'
import { formatSize } from '../../config/units.ts'
import { Fault } from '../../kernel/fault.ts'
import { EXISTING_POLICIES } from '../../wire/amanda/restore-dialogue.ts'
import type { ResolvedConfig } from '../../config/resolved.ts'
import { ALLOW_PROGRAM_OPTION, type CommandBody, type Given } from '../command-line.ts'
import { needServerConfig, type CliContext } from '../context.ts'
import { controlCall } from '../control-call.ts'
import { exitCode } from '../exit-codes.ts'
import { showResult } from '../output.ts'
import { ProgressLine } from '../progress.ts'
import { formatRun } from '../run-text.ts'
import { parseRunDate } from '../run-date.ts'
import { openDumpSource, type DumpSource } from '../dump-source.ts'
import { printable } from '../text-table.ts'
import { diskPlaceOf, type DiskPlace } from '../vault/disk-place.ts'
import { dumpOfName } from '../vault/dump-name.ts'
import { VAULT_OPTIONS } from '../vault/vault-opener.ts'

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

async function chainOf(context: CliContext, given: Given, { catalog, vaultDumps }: DumpSource, host: string, disk: string): Promise<readonly DumpRecord[]> {
  const at = given.text('at')
  const name = given.text('dump')
  const dumps = await catalog.dumps({ host, disk })
  if (name === undefined) return planRestore(dumps, { host, disk, ...(at === undefined ? {} : { notAfter: parseRunDate(at, context.clock.wallMs()) }) })
  if (vaultDumps === undefined) throw new Fault('usage-wrong', '--dump names a dump of a vault', { next: 'Use it with --vault, or name a date with --at.' })
  const { manifest } = dumpOfName(vaultDumps.filter((dump) => dump.host === host && dump.disk === disk), name)
  const dump = dumps.find((each) => each.manifest === manifest)
  return planRestore(dumps, { host, disk, ...(dump === undefined ? {} : { dump: dump.id }) })
}

async function restoreHere(context: CliContext, given: Given, words: readonly string[], target: string): Promise<number> {
  await using source = await openDumpSource(context, given)
  const { stores, journal } = source
  const { host, disk, paths } = source.vaultDumps === undefined ? placeOf(words) : diskPlaceOf(source.vaultDumps, words, context.machine.hostname)
  const chain = await chainOf(context, given, source, host, disk)
  const progress = new ProgressLine(context.clock, { isTerminal: context.streams.isTerminal, columns: context.streams.columns, write: context.streams.err })
  const events = (event: RestoreEvent): void => {
    if (event.kind === 'members') progress.show({ what: `${event.members} names`, bytes: event.bytes, totalBytes: event.totalBytes })
    if (event.kind === 'progress') progress.show({ what: `level ${event.dump.level} of ${formatRun(event.dump.run)}`, bytes: event.bytes, totalBytes: event.dump.nativeBytes })
  }
  try {
    const tools = { stores, disk: context.disk, processes: context.processes, random: context.random, events, openTree: (dumps: readonly DumpRecord[]) => openTreeAt(source.index, dumps), ...(journal === undefined ? {} : { journal }) }
    const result = await restorePaths(tools, chain, paths, target, context.signal)
    progress.clear()
    showResult(context.streams, given.isJson, { ...result, dumps: result.dumps }, formatRestored)
    if (result.missingPaths.length > 0) return exitCode('notFound')
    return exitCode(result.problems.length > 0 ? 'strange' : 'ok')
  } finally {
    progress.clear()
  }
}

/** `HOST DISK [PATH…]`. Throws `usage-wrong`. */
function placeOf([host, disk, ...paths]: readonly string[]): DiskPlace {
  if (host === undefined || disk === undefined) throw new Fault('usage-wrong', 'it is not said what to restore', { next: 'Name a HOST and a DISK, or a vault with --vault DIR.' })
  return { host, disk, paths }
}

async function restoreThere(context: CliContext, given: Given, config: ResolvedConfig, { host, disk, paths }: DiskPlace, toHost: string, target: string): Promise<number> {
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
    'With --vault no server and no configuration is needed. HOST may then be left out when there is only one or it is this one, DISK when there is only one, and a path may be written as it is on the host: /home/alice/notes.',
  ],
  args: [
    { name: '[HOST]', text: 'host the dump came from' },
    { name: '[DISK]', text: 'disk of the host' },
    { name: '[PATH...]', text: 'only these; default: all of the disk' },
  ],
  options: [
    { flags: '--at DATE', text: 'the state at that date: 2026-11-23, "2026-11-23 22:09", yesterday, "3 d ago"' },
    { flags: '--to DIR', text: 'directory, here or on the agent' },
    { flags: '--to-agent HOST', text: 'restore on that agent, below --to, which its restore-paths must allow' },
    { flags: '--dump NAME', text: 'this very dump of the vault' },
    { flags: '--existing POLICY', text: 'with --to-agent: DIR may be in use; what to do with a name that is there: refuse, replace, keep, newer, beside' },
    ALLOW_PROGRAM_OPTION,
    ...VAULT_OPTIONS,
  ],
  examples: [
    { line: 'holdfast restore laptop /home --to /tmp/home', text: 'everything, newest state' },
    { line: 'holdfast restore laptop /home /alice/notes --at yesterday --to /tmp/notes', text: 'one directory' },
    { line: 'holdfast restore laptop /home --to-agent desk --to /srv/restored', text: 'onto another host' },
    { line: 'holdfast restore /home/alice/notes --vault /mnt/backup/vault --to /tmp/notes', text: 'from a vault alone' },
  ],
  async run(context, given) {
    const [host, disk, paths = []] = given.args as readonly [string | undefined, string | undefined, readonly string[] | undefined]
    const words = [...[host, disk].filter((word) => word !== undefined), ...paths]
    const target = given.text('to')
    if (target === undefined) throw new Fault('usage-wrong', 'it is not said where to restore to', { next: 'Add `--to DIR`.' })
    const toHost = given.text('toAgent')
    if (toHost === undefined && given.text('existing') !== undefined) throw new Fault('usage-wrong', '--existing goes with --to-agent', { next: 'Into a directory of this machine that is in use, restore with `holdfast recover extract`.' })
    if (toHost === undefined) return await restoreHere(context, given, words, path.resolve(target))
    return await restoreThere(context, given, await needServerConfig(context, given), placeOf(words), toHost, target)
  },
}
