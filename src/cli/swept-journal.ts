// The journal of the staging directories of `restore --to`, swept of what restores left that were killed. A command that is still running
// keeps its own.

import { serverLayout } from '../config/layout.ts'
import type { ResolvedConfig } from '../config/resolved.ts'
import { sweepStaging } from '../restore/staging.ts'
import { StagingJournal } from '../stream/staging-journal.ts'
import type { CliContext } from './context.ts'
import { isProcessAlive } from './process-alive.ts'

/** `tell` gets a line for everything that was removed, or that only an operator can remove. Never rejects. */
export async function sweptJournal(context: Pick<CliContext, 'disk' | 'processes'>, config: ResolvedConfig, tell: (line: string) => void): Promise<StagingJournal> {
  const journal = new StagingJournal(context.disk, serverLayout(config).restoringDir, process.pid)
  const { removed, kept } = await sweepStaging(context.disk, context.processes, journal, isProcessAlive).catch(() => ({ removed: [], kept: [] }))
  for (const left of removed) tell(`removed ${left}, which a restore that was broken off had left`)
  for (const left of kept) tell(`${left} is left of a restore that was broken off and cannot be removed: remove it by hand`)
  return journal
}
