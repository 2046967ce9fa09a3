// The vault of a configuration for commands that read dumps: opened when the first dump is asked for, to read only, beside a running server. That is told which dumps are
// being read, so that none of them goes meanwhile.

import type { ResolvedConfig } from '../../config/resolved.ts'
import { faultOf } from '../../kernel/fault.ts'
import type { VaultStore } from '../../restore/vaulted.ts'
import type { VaultDumpReader } from '../../storage/vault/contract.ts'
import type { CliContext } from '../context.ts'
import { findServer } from '../control-call.ts'
import { openVaultHere, type VaultHere } from './open-vault.ts'
import { vaultSecretOf } from './vault-secret.ts'

export interface ReadVault extends VaultStore, AsyncDisposable {}

/** Undefined when the storage is no vault. */
export function vaultStoreOf(context: CliContext, config: ResolvedConfig): ReadVault | undefined {
  const { storage } = config
  if (storage.kind !== 'vault') return undefined
  let opening: Promise<VaultHere> | undefined
  const opened = (): Promise<VaultHere> => (opening ??= vaultSecretOf(context, storage.secret).then((secret) => openVaultHere(context, storage.directory, secret, 'read', { stateDir: config.directories.state })))
  return {
    async openDump(manifest) {
      const hold = await holdDump(context, config, manifest)
      try {
        const reader = await (await opened()).dumps.openDump(manifest)
        if (reader !== undefined) return heldReader(reader, hold)
        await hold[Symbol.asyncDispose]()
        return undefined
      } catch (error) {
        await hold[Symbol.asyncDispose]()
        throw error
      }
    },
    async [Symbol.asyncDispose]() {
      // One that could not be opened was told of.
      const here = await opening?.catch(() => undefined)
      await here?.[Symbol.asyncDispose]()
    },
  }
}

/** The dump stays as long as this is held, when a server runs; without one nobody removes anything. Rejects with what the server says. */
async function holdDump(context: CliContext, config: ResolvedConfig, manifest: string): Promise<AsyncDisposable> {
  const client = await findServer(context, config)
  if (client === undefined) return { [Symbol.asyncDispose]: () => Promise.resolve() }
  const { promise, resolve, reject } = Promise.withResolvers<void>()
  client
    .call({ kind: 'vault-hold', manifests: [manifest] }, (event) => {
      if (event.kind === 'vault-held') resolve()
    })
    .then(
      () => resolve(),
      (error: unknown) => reject(faultOf(error)),
    )
  try {
    await promise
    return client
  } catch (error) {
    await client[Symbol.asyncDispose]()
    throw error
  }
}

function heldReader(reader: VaultDumpReader, hold: AsyncDisposable): VaultDumpReader {
  return {
    dump: reader.dump,
    bytes: reader.bytes,
    read: (offset, length) => reader.read(offset, length),
    recipe: () => reader.recipe(),
    get bytesRead() {
      return reader.bytesRead
    },
    async [Symbol.asyncDispose]() {
      await reader[Symbol.asyncDispose]()
      await hold[Symbol.asyncDispose]()
    },
  }
}
