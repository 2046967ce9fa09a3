// `holdfast verify [HOST [DISK]]`: reads dumps back from holding disk and volumes and compares every checksum.

import { ALLOW_PROGRAM_OPTION, type CommandBody } from '../command-line.ts'
import type { DumpRecord } from '../../catalog/contract.ts'
import { faultOf } from '../../kernel/fault.ts'
import type { ResolvedConfig } from '../../config/resolved.ts'
import { serverLayout } from '../../config/layout.ts'
import { formatSize } from '../../config/units.ts'
import { verifyDumps, type DumpVerdict, type VerifyEvent } from '../../restore/verify.ts'
import { needServerConfig, type CliContext } from '../context.ts'
import { findServer } from '../control-call.ts'
import { exitCode } from '../exit-codes.ts'
import { openLog } from '../log.ts'
import { showResult } from '../output.ts'
import { ProgressLine } from '../progress.ts'
import { formatRun } from '../run-text.ts'
import { openStores } from '../stores.ts'
import { printable } from '../text-table.ts'
import { parseRunDate } from '../run-date.ts'
import { verifyAgainstLive } from '../verify-live.ts'

const WHERE = { holding: 'on the holding disk', volumes: 'on volumes', vault: 'in the vault' } as const

function verdictLine(verdict: DumpVerdict): string {
  const { dump } = verdict
  const name = `${dump.host} ${dump.disk} level ${dump.level} of ${formatRun(dump.run)}`
  switch (verdict.kind) {
    case 'good':
      return `good      ${printable(name)}, ${formatSize(verdict.bytes)} ${WHERE[verdict.where]}${verdict.members === undefined ? '' : `, ${verdict.members} members`}\n`
    case 'unproven':
      return `unproven  ${printable(name)}: it can be read, but no checksum was recorded for it\n`
    case 'bad':
      return `BAD       ${printable(`${name}: ${verdict.fault.message}. ${verdict.fault.next}`)} [${verdict.fault.code}]\n`
  }
}

function formatVerdicts(verdicts: readonly DumpVerdict[]): string {
  const bad = verdicts.filter((verdict) => verdict.kind === 'bad').length
  const last = verdicts.length === 0 ? 'There is no dump to verify.' : bad === 0 ? `All ${verdicts.length} dumps can be restored.` : `${bad} of ${verdicts.length} dumps are damaged.`
  return `${verdicts.map(verdictLine).join('')}${last}\n`
}

/** The vault belongs to the server: without one the catalog alone knows. */
async function noteInVault(context: CliContext, config: ResolvedConfig, manifest: string, atMs: number): Promise<void> {
  await using client = await findServer(context, config)
  await client?.call({ kind: 'vault-verified', manifest, atMs })
}

export const verifyCommand: CommandBody = {
  details: ['Every dump is read as a restore would read it, and each part is compared with the checksums that were recorded when it was made. The catalog notes when each dump was found good (setting `verify-within`). With --deep every header of the archive and every line of the index is looked at as well. Ends with 65 when one is damaged.', 'With --against-live the running server sends the indexes of the newest dumps to the agents, which look at their disks and change nothing. What was changed after the dump is no fault; what differs although nobody changed it is one (65). With --deep the contents of files that were not changed since are read and compared as well.'],
  args: [
    { name: '[HOST]', text: 'only this host' },
    { name: '[DISK]', text: 'only this disk' },
  ],
  options: [
    { flags: '--at DATE', text: 'only dumps at or before that date' },
    { flags: '--native', text: 'undo compression and encryption too, and check what the application made' },
    { flags: '--against-live', text: 'compare the newest dumps with the disks themselves instead, through their agents' },
    { flags: '--deep', text: 'compare every member of the archive with the index; with --against-live, compare what is in the files' },
    ALLOW_PROGRAM_OPTION,
  ],
  examples: [
    { line: 'holdfast verify', text: 'everything' },
    { line: 'holdfast verify laptop /home --native', text: 'one disk, down to the archive' },
    { line: 'holdfast verify laptop --against-live', text: 'are the dumps what the disks of that host have?' },
    { line: 'holdfast verify laptop --against-live --deep', text: 'and is every file what was dumped?' },
    { line: 'holdfast verify --deep', text: 'everything, down to each file’s place in the archive and in the index' },
  ],
  async run(context, given) {
    const config = await needServerConfig(context, given)
    const [host, disk] = given.args as readonly (string | undefined)[]
    const at = given.text('at')
    if (given.flag('againstLive')) return await verifyAgainstLive(context, given, config, host, disk)
    await using stores = await openStores(context, config, openLog({ isVerbose: given.isVerbose, ...(given.isVerbose ? { plain: context.streams.err } : {}) }), given.list('allowProgram'))
    const progress = new ProgressLine(context.clock, { isTerminal: context.streams.isTerminal, columns: context.streams.columns, write: context.streams.err })
    const isNative = given.flag('native') || given.flag('deep')
    const events = (event: VerifyEvent): void => {
      if (event.kind === 'progress') progress.show({ what: printable(`${event.dump.host}:${event.dump.disk}`), bytes: event.bytes, totalBytes: isNative ? event.dump.nativeBytes : event.dump.storedBytes })
    }
    let isNoted = true
    // Whoever may read the dumps may lack the right to write the catalog; the verdict stands all the same.
    const noteGood = async (dump: DumpRecord): Promise<void> => {
      try {
        const atMs = context.clock.wallMs()
        await stores.catalog.putVerified(dump.id, atMs)
        if (dump.manifest !== undefined) await noteInVault(context, config, dump.manifest, atMs)
      } catch (error) {
        if (isNoted) context.streams.err(`holdfast: it cannot be noted that dumps were verified: ${faultOf(error).message}\n`)
        isNoted = false
      }
    }
    const filter = { ...(host === undefined ? {} : { host }), ...(disk === undefined ? {} : { disk }), ...(at === undefined ? {} : { notAfter: parseRunDate(at, context.clock.wallMs()) }) }
    try {
      const verdicts = await verifyDumps({ stores, processes: context.processes, events, noteGood }, { filter, isNative: given.flag('native'), ...(given.flag('deep') ? { deep: { disk: context.disk, directory: serverLayout(config).indexDir } } : {}) }, context.signal)
      progress.clear()
      showResult(context.streams, given.isJson, verdicts, formatVerdicts)
      return exitCode(verdicts.some((verdict) => verdict.kind === 'bad') ? 'data' : 'ok')
    } finally {
      progress.clear()
    }
  },
}
