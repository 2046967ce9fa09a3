// The vault of a server: opened for as long as it runs, and what its dumper needs of it.

import type { VaultStorageConfig } from '../../config/resolved.ts'
import type { Log } from '../../kernel/log.ts'
import type { VaultDoors } from '../../server/dumper/contract.ts'
import { cutStream } from '../../stream/vault/cut-threads.ts'
import type { CliContext } from '../context.ts'
import { openVaultHere } from './open-vault.ts'
import { vaultSecretOf } from './vault-secret.ts'

export interface ServerVault extends AsyncDisposable {
  readonly doors: VaultDoors
}

/** Rejects with what reading the key or opening the vault rejects with. */
export async function openServerVault(context: CliContext, storage: VaultStorageConfig, stateDir: string, log: Log): Promise<ServerVault> {
  await using opened = new AsyncDisposableStack()
  const { vault, config } = opened.use(await openVaultHere(context, storage.directory, await vaultSecretOf(context, storage.secret), 'write', { log, stateDir }))
  // Which dumps share segments was decided when the vault was made: those that are there keep to it.
  if (config.domain !== storage.dedupDomain) log.warn(`the vault was made with dedup-domain ${config.domain}; the configuration says ${storage.dedupDomain}, which is not used`, { directory: storage.directory })
  const resources = opened.move()
  return {
    doors: { vault, domainOf: (host) => (config.domain === 'host' ? host : ''), compressLevel: storage.compressLevel, cut: cutStream },
    [Symbol.asyncDispose]: () => resources.disposeAsync(),
  }
}
