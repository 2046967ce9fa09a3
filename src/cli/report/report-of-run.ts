// The report of one run, from the catalog and the configuration: what `report` prints and what is mailed.

import type { CatalogReader, RunRecord } from '../../catalog/contract.ts'
import { serverLayout } from '../../config/layout.ts'
import type { ResolvedConfig } from '../../config/resolved.ts'
import type { Disk } from '../../kernel/disk.ts'
import type { MailOutcome } from '../../server/control/contract.ts'
import { readPruneNotes } from '../../server/vault/prune-notes.ts'
import { buildReport, type ReportView } from './report-view.ts'

export async function reportOfRun(catalog: CatalogReader, config: ResolvedConfig, hostname: string, run: RunRecord, mailFailures: readonly MailOutcome[], disk: Disk): Promise<ReportView> {
  const dumps = await catalog.dumps({ run: run.id })
  const parts = (await Promise.all(dumps.map((dump) => catalog.parts(dump.id)))).flat()
  const events = await catalog.linkEvents(run.startedMs)
  // Of an older run nobody knows any more what waited then.
  const isNewest = (await catalog.runs(1))[0]?.id === run.id
  const waiting = isNewest ? (await catalog.dumps({ status: 'complete' })).filter((dump) => dump.run !== run.id && dump.holdingPath !== undefined && dump.faultCode !== undefined) : []
  const endMs = run.endedMs ?? Number.POSITIVE_INFINITY
  return buildReport({
    configName: config.name,
    organisation: config.organisation,
    hostname,
    run,
    dumps,
    parts,
    volumes: await catalog.volumes(),
    skipped: config.disklist.filter((entry) => entry.strategy === 'skip'),
    linkEvents: events.filter((event) => event.atMs <= endMs),
    mailFailures,
    pruned: isNewest && config.storage.kind === 'vault' && config.storage.keep !== undefined ? (await readPruneNotes(disk, serverLayout(config).pruneNotesFile)).last : undefined,
    heldBefore: waiting,
  })
}
