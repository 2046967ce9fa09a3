// Programs that this server runs itself: what the configuration filters dumps with here.

import type { ResolvedConfig } from '../../../config/resolved.ts'
import type { Disk } from '../../../kernel/disk.ts'
import type { CheckFinding } from '../../control/contract.ts'

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

export async function programFindings(disk: Disk, config: ResolvedConfig): Promise<readonly CheckFinding[]> {
  const findings: CheckFinding[] = []
  for (const program of serverPrograms(config)) {
    const stat = await disk.stat(program)
    if (stat === undefined) findings.push({ severity: 'error', code: 'process-missing', message: `the program ${program}, which filters dumps here, is not there`, next: 'Install it, or correct its path in the configuration.' })
    else if (stat.kind === 'file' && (stat.mode & MAY_RUN) === 0) findings.push({ severity: 'error', code: 'process-missing', message: `the program ${program}, which filters dumps here, may not be run (mode ${stat.mode.toString(8)})`, next: `Run \`chmod +x ${program}\`.` })
    else if (stat.kind === 'file' && (stat.mode & OTHERS_WRITE) !== 0) findings.push({ severity: 'warning', code: 'directory-open', message: `others may change the program ${program}, which sees every dump it filters (mode ${stat.mode.toString(8)})`, next: `Run \`chmod go-w ${program}\`.` })
  }
  return findings
}
