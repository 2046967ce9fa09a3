// Makes the vault of a configuration, and its key file, when neither is there yet. Nothing is overwritten: a vault without its key, or a key that another vault has, is said
// and left alone.

import type { VaultStorageConfig } from '../../config/resolved.ts'
import { parentOf, replaceFile } from '../../kernel/disk.ts'
import { makeVaultFiles } from '../../storage/vault/slot-files.ts'
import { KEY_BYTES } from '../../wire/vault/limits.ts'
import type { CliContext } from '../context.ts'
import { vaultSecretOf } from './vault-secret.ts'

/** Of the slot that the server opens. */
const SLOT_NAME = 'server'

/** Returns what was made, as lines for people. */
export async function ensureVault(context: CliContext, storage: VaultStorageConfig): Promise<readonly string[]> {
  const { disk, random, clock } = context
  const { directory, secret } = storage
  const isThere = (await disk.stat(`${directory}/config`)) !== undefined
  if (isThere) return []
  const made: string[] = []
  if (secret.kind === 'key-file' && (await disk.stat(secret.file)) === undefined) {
    await disk.makeDir(parentOf(secret.file))
    await replaceFile(disk, secret.file, random.bytes(KEY_BYTES), 0o600)
    made.push(secret.file)
  }
  const createdMs = clock.wallMs()
  await makeVaultFiles(disk, directory, { domain: storage.dedupDomain, createdMs }, { name: SLOT_NAME, label: `the server of ${context.machine.hostname}`, secret: await vaultSecretOf(context, secret), createdMs }, random)
  return [...made, `${directory}, a vault`]
}
