// `holdfast report [RUN]`: what a run did, from the catalog. Its exit code is the run's.

import type { Catalog, RunRecord } from '../../catalog/contract.ts'
import { serverLayout } from '../../config/layout.ts'
import type { ResolvedConfig } from '../../config/resolved.ts'
import { Fault } from '../../kernel/fault.ts'
import type { MailOutcome } from '../../server/control/contract.ts'
import type { CommandBody } from '../command-line.ts'
import { needServerConfig, type CliContext } from '../context.ts'
import { exitCode } from '../exit-codes.ts'
import { showResult } from '../output.ts'
import { readMailOutcomes } from '../mail/mail-outcomes.ts'
import { reportMailerOf } from '../mail/report-mailer.ts'
import { formatReport } from '../report/report-text.ts'
import { reportOfRun } from '../report/report-of-run.ts'
import { parseRunDate } from '../run-date.ts'
import { openCatalog } from '../stores.ts'

/** Runs that are looked through for the one that was asked for: ten years of daily runs. */
const RUN_COUNT_MAX = 4000

function pickRun(runs: readonly RunRecord[], wanted: string | undefined, nowMs: number): RunRecord {
  const notAfter = wanted === undefined ? undefined : parseRunDate(wanted, nowMs)
  const found = runs.find((run) => notAfter === undefined || run.id <= notAfter)
  if (found === undefined) throw new Fault('dump-missing', wanted === undefined ? 'there was no run yet' : `there was no run at or before ${wanted}`, { next: 'Start one with `holdfast dump`.' })
  return found
}

/** Failures to mail are told with the run they are of, and all that are still untold with the newest run. */
async function mailFailures(context: CliContext, config: ResolvedConfig, run: RunRecord, isNewest: boolean): Promise<readonly MailOutcome[]> {
  if (config.mail === undefined) return []
  const { untold } = await readMailOutcomes(context.disk, serverLayout(config).mailOutcomesFile)
  return untold.filter((failure) => isNewest || failure.run === run.id)
}

/** Mails the report again, whatever `mail.when` says. Rejects with `mail-failed`. */
async function mailAgain(context: CliContext, config: ResolvedConfig, catalog: Catalog, run: RunRecord): Promise<void> {
  const mailer = reportMailerOf(context, config, catalog)
  if (mailer === undefined) throw new Fault('config-invalid', 'the configuration has no `mail`', { next: 'Add `mail: {to: ADDRESS}` to holdfast.yaml.' })
  const { status, message } = await mailer.send(run.id, true)
  if (status === 'failed') throw new Fault('mail-failed', `the report of run ${run.id} could not be mailed: ${message ?? 'no reason was given'}`)
  context.streams.err(`the report of run ${run.id} was sent to ${config.mail?.to.join(', ')}\n`)
}

export const reportCommand: CommandBody = {
  details: [
    'Failures come first, then what was strange, statistics, and a row a dump. The exit code is the one of the run: see docs/exit-codes.md.',
    'Below what failed or was strange stands the code of the doctor and what to do first; `holdfast doctor explain CODE` says the rest.',
  ],
  args: [{ name: '[RUN]', text: 'timestamp or date of a run; default: the newest' }],
  options: [{ flags: '--mail', text: 'mail it, as `mail` in the configuration says, instead of printing it' }],
  examples: [
    { line: 'holdfast report', text: 'the newest run' },
    { line: 'holdfast report yesterday --json', text: "yesterday's last run, for a program" },
    { line: 'holdfast report --mail', text: 'try whether mail works' },
  ],
  async run(context, given) {
    const config = await needServerConfig(context, given)
    await using catalog = await openCatalog(context, config)
    const runs = await catalog.runs(RUN_COUNT_MAX)
    const run = pickRun(runs, given.args[0] as string | undefined, context.clock.wallMs())
    if (given.flag('mail')) {
      await mailAgain(context, config, catalog, run)
      return exitCode('ok')
    }
    const view = await reportOfRun(catalog, config, context.machine.hostname, run, await mailFailures(context, config, run, run === runs[0]), context.disk)
    showResult(context.streams, given.isJson, view, formatReport)
    return view.exitCode
  },
}
