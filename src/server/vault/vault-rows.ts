// Makes the catalog say what the vault holds, at every start: the manifest is the commit point, so a dump that was committed in the moment of a crash is
// listed, and a row whose dump the vault no longer has is not. Of a lost catalog all complete dumps come back this way.

import type { Catalog, DumpRecord } from '../../catalog/contract.ts'
import { recordOfVaultDump } from '../../catalog/vault-record.ts'
import { Fault, faultOf } from '../../kernel/fault.ts'
import type { VaultDump } from '../../storage/vault/contract.ts'
import type { RecoveryAction } from '../control/contract.ts'

function rowOf(dump: VaultDump): DumpRecord | Fault {
  try {
    return recordOfVaultDump(dump)
  } catch (error) {
    return faultOf(error)
  }
}

/** Returns what was done. Rejects when the catalog cannot be used. */
export async function reconcileVaultRows(catalog: Pick<Catalog, 'dumps' | 'dump' | 'putDump' | 'removeDump' | 'putVerified'>, dumps: readonly VaultDump[]): Promise<readonly RecoveryAction[]> {
  const actions: RecoveryAction[] = []
  const there = new Set<string>()
  for (const dump of dumps) {
    there.add(dump.manifest)
    const found = rowOf(dump)
    if (found instanceof Fault) {
      actions.push({ kind: 'vault-corrected', message: `the dump ${dump.manifest} of the vault is not listed: ${found.message}` })
      continue
    }
    const known = await catalog.dump(found.id)
    if (known?.manifest === dump.manifest && known.status === 'complete') continue
    // The same dump may lie on volumes or the holding disk from a time before the vault: that copy's row stays.
    if (known !== undefined && known.status === 'complete' && known.manifest === undefined) continue
    const { faultCode: _faultCode, message: _message, ...before } = known ?? found
    await catalog.putDump({ ...before, ...found, attempts: Math.max(1, before.attempts), ...(before.estimatedBytes === undefined ? {} : { estimatedBytes: before.estimatedBytes }) })
    if (dump.verifiedMs !== undefined) await catalog.putVerified(found.id, dump.verifiedMs)
    const { run, host, disk, level } = found
    actions.push({ kind: 'dump-relisted', run, host, disk, level, message: `the dump of ${host}:${disk} level ${level} is whole in the vault and now listed so` })
  }
  for (const { id, manifest, run, host, disk, level } of await catalog.dumps()) {
    if (manifest === undefined || there.has(manifest)) continue
    await catalog.removeDump(id)
    actions.push({ kind: 'dump-delisted', run, host, disk, level, message: `the dump of ${host}:${disk} level ${level} is not in the vault any more` })
  }
  return actions
}
