// `holdfast doctor storage`: whether volumes and holding disks are what tapelist and catalog say, from names, sizes and headers.

import { serverLayout } from '../../config/layout.ts'
import { volumesNext } from '../../server/check/config/volumes-next.ts'
import { checkStorage } from '../../server/check/storage/storage-checks.ts'
import type { ControlResults } from '../../server/control/contract.ts'
import { openTapelistFile } from '../../server/taper/tapelist-file.ts'
import { createHoldingArea } from '../../storage/holding/holding-area.ts'
import { changerOf } from '../../storage/changer-of.ts'
import type { ResolvedConfig } from '../../config/resolved.ts'
import type { CommandBody } from '../command-line.ts'
import { gatherConfigFacts } from '../config-facts.ts'
import { needServerConfig, type CliContext } from '../context.ts'
import { findServer } from '../control-call.ts'
import { silentLog } from '../../kernel/log.ts'
import { ProgressLine } from '../progress.ts'
import { showSetupReport } from '../setup-report.ts'
import { openCatalogOrNone } from '../stores.ts'

/** What a run writes at this moment is not in the catalog yet. */
async function warnOfRun(context: CliContext, config: ResolvedConfig): Promise<void> {
  const server = await findServer(context, config)
  if (server === undefined) return
  await using client = server
  const { current } = (await client.call({ kind: 'status' })) as ControlResults['status']
  if (current !== undefined) context.streams.err(`holdfast: the run ${current.run.id} is under way; what it writes now may be shown as unfinished\n`)
}

export const doctorStorageCommand: CommandBody = {
  details: [
    'Looks into each slot and holding disk: space and inodes, volumes that are damaged, foreign or gone, parts that the catalog lists and that are not there, where tapelist, labels and catalog differ, dumps that wait or were left behind, and what the next run writes over. Reads names, sizes and headers, and writes nothing; `holdfast verify` reads the dumps themselves.',
    'Ends with 65 when stored data is damaged, with 1 when there is another error, with 0 otherwise. What each finding means stands in docs/doctor.',
  ],
  examples: [
    { line: 'holdfast doctor storage', text: 'findings with cause and cure' },
    { line: 'holdfast doctor storage --json', text: 'for a program' },
  ],
  async run(context, given) {
    const config = await needServerConfig(context, given)
    const { clock, disk, streams, signal } = context
    await warnOfRun(context, config)
    await using catalog = await openCatalogOrNone(context, config)
    const progress = new ProgressLine(clock, { isTerminal: streams.isTerminal, columns: streams.columns, write: streams.err })
    try {
      const found = await checkStorage(
        {
          config,
          disk,
          catalog,
          changer: changerOf(disk, config.storage),
          holding: createHoldingArea(disk, config.holdingDisks, silentLog),
          tapelist: await openTapelistFile(disk, serverLayout(config).tapelistFile, process.pid).read(),
          nowMs: clock.wallMs(),
          onSlot: (done, total) => progress.show({ what: config.storage.name, bytes: done, totalBytes: total, unit: 'slots' }),
        },
        signal,
      )
      progress.clear()
      const { facts } = await gatherConfigFacts(context, config, catalog)
      return showSetupReport(streams, given.isJson, 'volumes and holding disks', [...found.filter(({ severity }) => severity !== 'ok'), ...volumesNext(facts)])
    } finally {
      progress.clear()
    }
  },
}
