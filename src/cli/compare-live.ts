// How the server answers `compare-live`: the chain of the disk's newest dumps, the disk's entry of the disk list, a connection to its agent.

import type { CatalogReader } from '../catalog/contract.ts'
import type { ResolvedConfig } from '../config/resolved.ts'
import type { Disk } from '../kernel/disk.ts'
import { Fault } from '../kernel/fault.ts'
import type { MissingIndexes } from '../restore/browse.ts'
import { compareWithLive } from '../restore/compare-live.ts'
import type { SumTools } from '../restore/content-sums.ts'
import { planRestore } from '../restore/plan.ts'
import type { ControlRequest, ControlResults } from '../server/control/contract.ts'
import { dleOfEntry } from '../server/dumper/dle-of-entry.ts'
import type { Transport } from '../transport/contract.ts'

/** Whose patterns the agent knows. */
const KNOWN_APPLICATIONS: ReadonlySet<string> = new Set(['archive', 'gnutar'])

export interface CompareDoors {
  readonly config: ResolvedConfig
  readonly catalog: CatalogReader
  readonly disk: Disk
  readonly indexDir: string
  /** Makes indexes of dumps in a vault. */
  readonly missing?: MissingIndexes
  readonly transport: Transport
  readonly connectTimeoutMs: number
  readonly sums: SumTools
}

export async function compareLive(doors: CompareDoors, request: Extract<ControlRequest, { kind: 'compare-live' }>, signal: AbortSignal): Promise<ControlResults['compare-live']> {
  const { host, disk, notAfter } = request
  const entry = doors.config.disklist.find((each) => each.host === host && each.disk === disk)
  if (entry === undefined) throw new Fault('dump-missing', `the configuration has no disk ${disk} of ${host}`, { next: 'Name a disk of the disk list.' })
  const chain = planRestore(await doors.catalog.dumps({ host, disk }), { host, disk, ...(notAfter === undefined ? {} : { notAfter }) })
  const connection = await doors.transport.connect(host, AbortSignal.any([signal, AbortSignal.timeout(doors.connectTimeoutMs)]))
  try {
    const { counts, differences, withoutIndex } = await compareWithLive({ disk: doors.disk, directory: doors.indexDir, ...(doors.missing === undefined ? {} : { missing: doors.missing }) }, connection, dleOfEntry(entry, [0]), chain, request.isDeep === true ? doors.sums : undefined, signal)
    const newest = chain.at(-1)
    if (newest === undefined) throw new Fault('dump-missing', `there is no dump of ${host} ${disk}`)
    // Our own applications say what their patterns leave out; of others nobody knows.
    const hasPatterns = !KNOWN_APPLICATIONS.has(entry.application.name)
    return { run: newest.run, counts, differences, withoutIndex: withoutIndex.map(({ run }) => run), hasPatterns }
  } finally {
    await connection.close(new Fault('cancelled', 'the comparison has ended'))
  }
}
