// `holdfast report [RUN]`: what a run did, from the catalog. Its exit code is the run's.

import type { RunRecord } from '../../catalog/contract.ts'
import type { ResolvedConfig } from '../../config/resolved.ts'
import { Fault } from '../../kernel/fault.ts'
import type { CommandSpec } from '../command-line.ts'
import { needServerConfig, type CliContext } from '../context.ts'
import { showResult } from '../output.ts'
import { formatReport } from '../report/report-text.ts'
import { buildReport, type ReportView } from '../report/report-view.ts'
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

/** The report of the newest run at or before `wanted`. */
async function reportOf(context: CliContext, config: ResolvedConfig, wanted: string | undefined): Promise<ReportView> {
  await using catalog = await openCatalog(context, config)
  const run = pickRun(await catalog.runs(RUN_COUNT_MAX), wanted, context.clock.wallMs())
  const dumps = await catalog.dumps({ run: run.id })
  const parts = (await Promise.all(dumps.map((dump) => catalog.parts(dump.id)))).flat()
  const events = await catalog.linkEvents(run.startedMs)
  const endMs = run.endedMs ?? Number.POSITIVE_INFINITY
  return buildReport({
    configName: config.name,
    organisation: config.organisation,
    hostname: context.machine.hostname,
    run,
    dumps,
    parts,
    volumes: await catalog.volumes(),
    skipped: config.disklist.filter((entry) => entry.strategy === 'skip'),
    linkEvents: events.filter((event) => event.atMs <= endMs),
  })
}

export const reportCommand: CommandSpec = {
  name: 'report',
  summary: 'Say what a run did',
  details: ['Failures come first, then what was strange, statistics, and a row a dump. The exit code is the one of the run: see docs/exit-codes.md.'],
  args: [{ name: '[RUN]', text: 'timestamp or date of a run; default: the newest' }],
  examples: [
    { line: 'holdfast report', text: 'the newest run' },
    { line: 'holdfast report yesterday --json', text: "yesterday's last run, for a program" },
  ],
  async run(context, given) {
    const view = await reportOf(context, await needServerConfig(context, given), given.args[0] as string | undefined)
    showResult(context.streams, given.isJson, view, formatReport)
    return view.exitCode
  },
}
