// Dumps that are safe on volumes and still lie on the holding disk: the file could not be removed, or an attempt that failed before left a part
// of its own. They are removed, never listed or taped again.

import type { Catalog, DumpRecord } from '../../catalog/contract.ts'
import { faultOf } from '../../kernel/fault.ts'
import type { Log } from '../../kernel/log.ts'
import type { HeldDump, HoldingArea } from '../../storage/holding/contract.ts'

/** Whether the catalog knows the dump as complete on volumes, and of nothing on the holding disk. */
export async function isSafeOnVolumes(record: DumpRecord, catalog: Catalog): Promise<boolean> {
  return record.status === 'complete' && record.holdingPath === undefined && (await catalog.parts(record.id)).length > 0
}

/** Removes `held` if `record` is safe on volumes; returns whether it is. What cannot be removed now is met again by the next run. */
export async function removeIfSafe(record: DumpRecord, held: HeldDump, doors: { readonly catalog: Catalog; readonly holding: HoldingArea; readonly log: Log }): Promise<boolean> {
  if (!(await isSafeOnVolumes(record, doors.catalog))) return false
  try {
    await doors.holding.remove(held.path)
    doors.log.info('a dump that is safe on volumes was removed from the holding disk', { path: held.path })
  } catch (error) {
    doors.log.warn('what is left of a dump that is safe on volumes could not be removed from the holding disk', { path: held.path, error: faultOf(error).message })
  }
  return true
}
