// All dumps and parts that the logs, the tapelist and the holding disks of a configuration tell of, as `amadmin find` sees them. Only logs of runs that wrote a
// volume last which is still in the tapelist are read.

import type { Disk } from '../kernel/disk.ts'
import type { TapelistEntry } from '../wire/amanda/tapelist.ts'
import type { FoundDump } from './found-dump.ts'
import { foundOnHolding, listHolding } from './holding-list.ts'
import { LoggedDumps } from './logged-dumps.ts'
import { linesOf, logsOf } from './trace-logs.ts'

export interface FindFacts {
  readonly logDir: string
  readonly holdingDirs: readonly string[]
  readonly tapelist: readonly TapelistEntry[]
  /** Name of the configuration: storage and pool of volumes that name none. */
  readonly configName: string
}

/** What one log tells. */
async function readLog(disk: Disk, path: string, timestamp: string, facts: FindFacts): Promise<readonly FoundDump[]> {
  const logged = new LoggedDumps({ timestamp, tapelist: new Map(facts.tapelist.map((entry) => [entry.label, entry])), storage: facts.configName })
  for await (const line of linesOf(disk, path)) logged.add(line)
  return logged.rows
}

/** What logs tell, the newest run first, then what lies on holding disks. */
export async function findDumps(disk: Disk, facts: FindFacts): Promise<FoundDump[]> {
  const found: FoundDump[] = []
  for (const timestamp of new Set(facts.tapelist.map(({ datestamp }) => datestamp))) {
    if (timestamp === '0') continue
    for (const path of await logsOf(disk, facts.logDir, timestamp)) found.push(...(await readLog(disk, path, timestamp, facts)))
  }
  for (const held of await listHolding(disk, facts.holdingDirs)) found.push(foundOnHolding(held))
  return found
}
