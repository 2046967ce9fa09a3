// Which vault a command is about, and who works on it: the one in a directory that is named, which this process opens; or that of the configuration, which belongs to the
// server while it runs.

import { Fault } from '../../kernel/fault.ts'
import type { ResolvedConfig, VaultStorageConfig } from '../../config/resolved.ts'
import type { VaultOpener } from '../../storage/vault/slot-files.ts'
import type { Given } from '../command-line.ts'
import { needServerConfig, type CliContext } from '../context.ts'
import { findServer } from '../control-call.ts'
import { openVaultHere } from './open-vault.ts'
import { vaultDirectoryOf, vaultOpenerOf } from './vault-opener.ts'
import { vaultSecretOf } from './vault-secret.ts'
import { localVaultWork, serverVaultWork, type VaultWork } from './vault-work.ts'

export type VaultPlace =
  | { readonly kind: 'directory'; readonly directory: string; readonly opener: () => Promise<VaultOpener> }
  | { readonly kind: 'config'; readonly directory: string; readonly opener: () => Promise<VaultOpener>; readonly config: ResolvedConfig; readonly storage: VaultStorageConfig }

/** Rejects with `usage-wrong` when no vault is named and the configuration has none. */
export async function vaultPlaceOf(context: CliContext, given: Given): Promise<VaultPlace> {
  const directory = vaultDirectoryOf(context, given)
  if (directory !== undefined) return { kind: 'directory', directory, opener: () => vaultOpenerOf(context, given, directory) }
  const config = await needServerConfig(context, given).catch((error: unknown) => {
    if (!(error instanceof Fault) || error.code !== 'file-missing' || given.config !== undefined) throw error
    throw new Fault('usage-wrong', 'it is not said which vault', { next: 'Name it with --vault DIR, or set HOLDFAST_VAULT.' })
  })
  const { storage } = config
  if (storage.kind !== 'vault') throw new Fault('usage-wrong', 'the storage of the configuration is no vault', { next: 'Name a vault with --vault DIR.' })
  return { kind: 'config', directory: storage.directory, opener: () => vaultSecretOf(context, storage.secret), config, storage }
}

/** For commands that change the vault, or look at all of it. Rejects with what opening it rejects with. */
export async function openVaultWork(context: CliContext, given: Given): Promise<VaultWork> {
  const place = await vaultPlaceOf(context, given)
  if (place.kind === 'config') {
    const client = await findServer(context, place.config)
    if (client !== undefined) return serverVaultWork(client)
  }
  const stateDir = place.kind === 'config' ? { stateDir: place.config.directories.state } : {}
  const opened = await openVaultHere(context, place.directory, await place.opener(), 'write', stateDir)
  const keep = place.kind === 'config' ? place.storage.keep : undefined
  return localVaultWork({ vault: opened.vault, keep, [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose]() }, () => context.clock.wallMs(), context.signal)
}
