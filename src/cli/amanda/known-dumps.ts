// What the records of a configuration tell the restoring programs: every dump and part, and the checksums in the logs of the runs that wrote them.

import { SumsOfLog } from '../../restore/amanda/logged-sums.ts'
import type { Disk } from '../../kernel/disk.ts'
import { readFile } from '../../kernel/disk.ts'
import { systemErrorCode } from '../../kernel/fault.ts'
import { findDumps } from '../../records/find-dumps.ts'
import type { FoundDump } from '../../records/found-dump.ts'
import { recordPlaces } from '../../records/places.ts'
import { linesOf, logsOf } from '../../records/trace-logs.ts'
import { parseTapelist } from '../../wire/amanda/tapelist.ts'
import type { LoadedConfiguration } from './amanda-program.ts'

export interface KnownDumps {
  readonly found: readonly FoundDump[]
  readonly sums: SumsOfLog
  readonly holdingDirs: readonly string[]
}

export async function knownDumps(disk: Disk, { configuration, directory }: LoadedConfiguration): Promise<KnownDumps> {
  const { logDir, tapelist: path, holdingDirs } = recordPlaces(configuration, directory)
  let text = ''
  try {
    text = (await readFile(disk, path)).toString('utf8')
  } catch (error) {
    // A configuration that never wrote a volume has none.
    if (systemErrorCode(error) !== 'ENOENT') throw error
  }
  const tapelist = parseTapelist(text)
  const found = await findDumps(disk, { logDir, holdingDirs, tapelist, configName: configuration.name })
  const sums = new SumsOfLog()
  for (const timestamp of new Set(found.flatMap((dump) => (dump.label === '' || dump.isOnHolding ? [] : [dump.writeTimestamp])))) {
    for (const log of await logsOf(disk, logDir, timestamp)) for await (const line of linesOf(disk, log)) sums.add(line)
  }
  return { found, sums, holdingDirs }
}
