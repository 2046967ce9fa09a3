// Dumps that lie in a vault. Their bytes are authenticated block by block as they are read (storage/vault), and come with the checksum that the vault recorded
// for the whole; the header is the one that a volume would have.

import type { DumpRecord } from '../catalog/contract.ts'
import { headerOfVaultDump } from '../catalog/vault-record.ts'
import { Fault, faultOf } from '../kernel/fault.ts'
import type { VaultDumpReader } from '../storage/vault/contract.ts'
import type { DumpFileHeader } from '../wire/amanda/dump-header.ts'
import { headerMismatch } from './header-mismatch.ts'

/** A vault as readers see it. */
export interface VaultStore {
  /** Undefined when there is none of that name. The caller disposes of it; until then it stays. */
  openDump(manifest: string): Promise<VaultDumpReader | undefined>
}

export interface VaultedDump {
  readonly reader: VaultDumpReader
  readonly header: DumpFileHeader
}

/** Rejects with `dump-missing`, `header-mismatch`, and with what opening a vault rejects with. */
export async function openVaulted(vault: VaultStore | undefined, record: DumpRecord, manifest: string): Promise<VaultedDump> {
  if (vault === undefined) throw new Fault('vault-missing', `the dump of ${record.host} ${record.disk} of ${record.run} is in a vault, and the configuration names none`)
  const reader = await vault.openDump(manifest)
  if (reader === undefined) throw new Fault('dump-missing', `the vault has no manifest ${manifest}, which the dump of ${record.host} ${record.disk} of ${record.run} has in the catalog`)
  try {
    const header = headerOfVaultDump(reader.dump.header)
    const mismatch = headerMismatch(record, header)
    if (mismatch !== undefined) throw new Fault('header-mismatch', `manifest ${manifest}: ${mismatch}`)
    return { reader, header }
  } catch (error) {
    await reader[Symbol.asyncDispose]()
    throw faultOf(error)
  }
}
