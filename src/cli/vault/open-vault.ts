// Opens a vault in this process: keys, threads for its blocks, the lock when it is to be changed. The server, the vault commands and backups without a server all come
// through here.

import type { Log } from '../../kernel/log.ts'
import { silentLog } from '../../kernel/log.ts'
import type { VaultStore } from '../../restore/vaulted.ts'
import type { Vault } from '../../storage/vault/contract.ts'
import { FreshDumps } from '../../storage/vault/fresh-dumps.ts'
import { openVault } from '../../storage/vault/open-vault.ts'
import { unlockVault, type VaultOpener } from '../../storage/vault/slot-files.ts'
import { startBlockThreads } from '../../stream/vault/block-threads.ts'
import { createVaultKeys } from '../../stream/vault/keys.ts'
import type { VaultConfig } from '../../wire/vault/vault-config.ts'
import type { CliContext } from '../context.ts'
import { personalState } from '../machine.ts'
import { headWitness } from './head-witness.ts'
import { isGoneOwner, thisLockOwner } from './lock-owner.ts'

export interface VaultHere extends AsyncDisposable {
  readonly vault: Vault
  /** For reading dumps; to read only, also while another process changes the vault. */
  readonly dumps: VaultStore
  readonly config: VaultConfig
}

export interface VaultHereOptions {
  readonly log?: Log
  /** Where is noted which was the newest entry of each vault; default: the state of whoever runs the command. */
  readonly stateDir?: string
}

/** `write`: this process owns the vault as long as it is open. Rejects with `vault-missing`, `vault-key-wrong`, `vault-locked`, `vault-damaged`, `vault-rolled-back`. */
export async function openVaultHere(context: Pick<CliContext, 'disk' | 'clock' | 'random' | 'machine'>, directory: string, opener: VaultOpener, mode: 'read' | 'write', { log = silentLog, stateDir = personalState(context.machine) }: VaultHereOptions = {}): Promise<VaultHere> {
  const { disk, clock, random, machine } = context
  const { master, config } = await unlockVault(disk, directory, opener)
  const threads = startBlockThreads()
  try {
    const keys = createVaultKeys(master, Buffer.from(config.id, 'hex'), random)
    const witness = headWitness(disk, `${stateDir}/vaults`, config.id)
    const owner = thisLockOwner(machine.hostname, clock.wallMs())
    const open = (): Promise<Vault> => openVault({ disk, directory, keys, threads, clock, random, log, owner, isGone: isGoneOwner(machine.hostname), witness }, mode)
    const vault = await open()
    const dumps = mode === 'write' ? vault : new FreshDumps(vault, open)
    return {
      vault,
      dumps,
      config,
      async [Symbol.asyncDispose]() {
        await dumps[Symbol.asyncDispose]()
        await threads[Symbol.asyncDispose]()
      },
    }
  } catch (error) {
    await threads[Symbol.asyncDispose]()
    throw error
  }
}
