// The catalog of a vault alone: what its manifests say, for reading dumps without a server.

import type { CatalogReader, DumpFilter, DumpRecord } from '../catalog/contract.ts'
import { recordOfVaultDump } from '../catalog/vault-record.ts'
import type { VaultDump } from '../storage/vault/contract.ts'

/** `dumps`: newest first. */
export function catalogOfVault(dumps: readonly VaultDump[]): CatalogReader {
  const records = dumps.map((dump) => recordOfVaultDump(dump)).toSorted((a, b) => (a.run < b.run ? 1 : a.run > b.run ? -1 : 0))
  const isWanted = (record: DumpRecord, { host, disk, run, status, notAfter }: DumpFilter): boolean =>
    (host === undefined || record.host === host) && (disk === undefined || record.disk === disk) && (run === undefined || record.run === run) && (status === undefined || record.status === status) && (notAfter === undefined || record.run <= notAfter)
  const none = (): Promise<never[]> => Promise.resolve([])
  return {
    dumps: (filter = {}) => Promise.resolve(records.filter((record) => isWanted(record, filter))),
    dump: (id) => Promise.resolve(records.find((record) => record.id === id)),
    parts: none,
    partsOnVolume: none,
    volumes: none,
    runs: none,
    hosts: none,
    linkEvents: none,
  }
}
