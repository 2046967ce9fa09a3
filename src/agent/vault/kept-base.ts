// Whether what the last dump into a vault left may be built on: it is of the dump that the vault names as its base, of the same vault and domain, and what headers say beside the facts of
// files (settings, names of users and groups) is still the same.

import { createHash } from 'node:crypto'
import { OwnerNames } from '../../archive/owner-names.ts'
import type { ArchiveSettings } from '../../archive/settings.ts'
import { KeptReader } from '../../archive/vault/kept-file.ts'
import type { KeptBase } from '../../archive/vault/vault-archive.ts'
import { Fault } from '../../kernel/fault.ts'
import type { SyncFile } from '../../kernel/sync-file.ts'
import type { VaultWelcome } from '../../wire/vault/uplink.ts'

/** Rises when the archiver makes other members of the same files. */
const MEMBERS_VERSION = 1

/** 32 bytes. The key of the ids is in it as a hash. */
export function keptFingerprint({ vaultId, idKey }: VaultWelcome, { hasSparse, hasXattrs, hasAcls }: ArchiveSettings): Uint8Array {
  const domain = createHash('sha256').update('kept').update(idKey).digest('hex')
  return createHash('sha256').update(JSON.stringify([MEMBERS_VERSION, Buffer.from(vaultId).toString('hex'), domain, hasSparse, hasXattrs, hasAcls])).digest()
}

/** Undefined: all is read, since it is damaged or other than that. */
export function openKeptBase(path: string, open: (path: string) => SyncFile, fingerprint: Uint8Array, settings: ArchiveSettings): KeptBase | undefined {
  let reader: KeptReader
  try {
    reader = KeptReader.open(open(path))
  } catch (error) {
    if (error instanceof Fault && error.code === 'base-missing') return undefined
    throw error
  }
  const { facts } = reader
  reader.close()
  const isSame = Buffer.from(fingerprint).equals(facts.fingerprint) && new OwnerNames(settings.passwd, settings.group).agreesWith(facts.owners)
  return isSame ? { path, facts } : undefined
}
