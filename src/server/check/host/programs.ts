// Programs that this server runs itself: GNU tar for restores, and what the configuration filters dumps with here.

import type { ResolvedConfig } from '../../../config/resolved.ts'
import { withTimeout, type Clock } from '../../../kernel/clock.ts'
import type { Disk } from '../../../kernel/disk.ts'
import { firstLineOf } from '../../../kernel/machine/program-line.ts'
import type { ProcessRunner } from '../../../kernel/processes.ts'
import type { CheckFinding } from '../../control/contract.ts'

/** A program tells its version at once; one that does not hangs. */
const ANSWER_MS = 10_000
/** What `holdfast restore --to` asks of tar. */
const TAR_ABILITIES = ['--xattrs', '--acls', '--listed-incremental'] as const

export interface ProgramParts {
  readonly disk: Disk
  readonly processes: ProcessRunner
  readonly clock: Clock
}

async function ask(parts: ProgramParts, argv: readonly [string, ...string[]], pattern: RegExp, signal: AbortSignal): Promise<string | undefined> {
  return await withTimeout(parts.clock, ANSWER_MS, argv.join(' '), (inner) => firstLineOf(parts.processes, argv, pattern, inner), signal).catch(() => undefined)
}

async function tarFindings(parts: ProgramParts, signal: AbortSignal): Promise<CheckFinding[]> {
  const next = 'Install GNU tar on this server.'
  const version = await ask(parts, ['tar', '--version'], /./, signal)
  if (version === undefined) return [{ severity: 'warning', code: 'tar-unusable', message: 'there is no tar on this server: `holdfast restore --to` needs it', next }]
  if (!version.includes('GNU tar')) return [{ severity: 'warning', code: 'tar-unusable', message: `tar on this server is "${version}" and not GNU tar: \`holdfast restore --to\` needs that`, next }]
  const lacking: string[] = []
  for (const ability of TAR_ABILITIES) if ((await ask(parts, ['tar', '--help'], new RegExp(`(?:^|\\s)${ability}\\b`), signal)) === undefined) lacking.push(ability)
  return lacking.length === 0 ? [] : [{ severity: 'warning', code: 'tar-limited', message: `${version} cannot do ${lacking.join(' and ')}: what it restores lacks that`, next: 'Install a newer GNU tar, built with support for it.' }]
}

/** Programs that the configuration runs on the server. zstd and gzip by name run inside Holdfast. */
function serverPrograms({ disklist }: ResolvedConfig): ReadonlySet<string> {
  const programs = new Set<string>()
  for (const { compress, encrypt } of disklist) {
    if (compress.kind === 'custom' && compress.where === 'server') programs.add(compress.program)
    if (encrypt.kind === 'custom' && encrypt.where === 'server') programs.add(encrypt.program)
  }
  return programs
}

const OTHERS_WRITE = 0o022
const MAY_RUN = 0o111

export async function programFindings(parts: ProgramParts, config: ResolvedConfig, signal: AbortSignal): Promise<readonly CheckFinding[]> {
  const findings = await tarFindings(parts, signal)
  for (const program of serverPrograms(config)) {
    const stat = await parts.disk.stat(program)
    if (stat === undefined) findings.push({ severity: 'error', code: 'process-missing', message: `the program ${program}, which filters dumps here, is not there`, next: 'Install it, or correct its path in the configuration.' })
    else if (stat.kind === 'file' && (stat.mode & MAY_RUN) === 0) findings.push({ severity: 'error', code: 'process-missing', message: `the program ${program}, which filters dumps here, may not be run (mode ${stat.mode.toString(8)})`, next: `Run \`chmod +x ${program}\`.` })
    else if (stat.kind === 'file' && (stat.mode & OTHERS_WRITE) !== 0) findings.push({ severity: 'warning', code: 'directory-open', message: `others may change the program ${program}, which sees every dump it filters (mode ${stat.mode.toString(8)})`, next: `Run \`chmod go-w ${program}\`.` })
  }
  return findings
}
