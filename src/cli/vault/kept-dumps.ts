// What backups without a server keep beside the vault, on this machine: of each disk what the archiver knew of its files at the last dump, so that the next one takes over
// what did not change. All of it can be lost: then everything is read once more, and nothing is stored twice.

import { createHash } from 'node:crypto'
import type { KeptBase } from '../../archive/vault/vault-archive.ts'
import { KeptReader, KeptWriter } from '../../archive/vault/kept-file.ts'
import type { ArchiveSettings } from '../../archive/settings.ts'
import { systemErrorCode } from '../../kernel/fault.ts'
import type { Disk } from '../../kernel/disk.ts'
import { openScratchFile, openSyncFile } from '../../kernel/sync-file.ts'
import type { VaultWelcome } from '../../wire/vault/uplink.ts'

export interface KeptDraft {
  readonly base: KeptBase | undefined
  readonly writer: KeptWriter
  readonly fingerprint: Uint8Array
  /** The dump is listed: this is what the next one builds on. */
  keep(): Promise<void>
  /** Never rejects. */
  discard(): Promise<void>
}

/** Everything that headers and recipes follow from beside the files: who changes one of them has all read again. */
function fingerprintOf(welcome: VaultWelcome, settings: ArchiveSettings): Uint8Array {
  const { startedSeconds: _started, passwd: _passwd, group: _group, basePath: _base, ...lasting } = settings
  const hash = createHash('sha256').update(JSON.stringify(lasting)).update(welcome.vaultId).update(welcome.seed)
  // Proves which domain it is without holding its key.
  return hash.update(createHash('sha256').update('kept').update(welcome.idKey).digest()).digest()
}

/** `directory`: of this disk of this vault. `isReread`: nothing is taken over. */
export async function openKept(disk: Disk, directory: string, run: string, welcome: VaultWelcome, settings: ArchiveSettings, isReread: boolean): Promise<KeptDraft> {
  const fingerprint = fingerprintOf(welcome, settings)
  await disk.makeDir(directory, 0o700)
  const base = isReread || welcome.base === undefined ? undefined : openBase(`${directory}/${welcome.base.run}`, fingerprint)
  const path = `${directory}/${run}`
  const draft = `${path}.tmp`
  const writer = new KeptWriter(openSyncFile(draft, 'create'), () => openScratchFile(`${draft}.scratch`), run)
  return {
    base,
    writer,
    fingerprint,
    async keep() {
      await disk.rename(draft, path)
      await disk.syncDir(directory)
      for (const { name } of await disk.list(directory)) if (name !== run) await disk.remove(`${directory}/${name}`)
    },
    async discard() {
      try {
        writer.abandon()
        await disk.remove(draft)
      } catch {
        // The next dump writes over it.
      }
    },
  }
}

/** One that is damaged, or of other settings, is no base. */
function openBase(path: string, fingerprint: Uint8Array): KeptBase | undefined {
  try {
    const reader = KeptReader.open(openSyncFile(path, 'read'))
    const { facts } = reader
    reader.close()
    return Buffer.compare(facts.fingerprint, fingerprint) === 0 ? { path, facts } : undefined
  } catch (error) {
    const code = systemErrorCode(error)
    if (code !== undefined && code !== 'ENOENT') throw error
    return undefined
  }
}
