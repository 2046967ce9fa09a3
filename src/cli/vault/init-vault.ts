// Makes a vault from the command line: its directory, configuration and first key slot.

import path from 'node:path'
import { Fault } from '../../kernel/fault.ts'
import { makeVaultFiles } from '../../storage/vault/slot-files.ts'
import type { VaultSecret } from '../../stream/vault/key-slots.ts'
import { KEY_BYTES } from '../../wire/vault/limits.ts'
import type { VaultConfig } from '../../wire/vault/vault-config.ts'
import { askNewSecret } from '../ask-secret.ts'
import type { Given } from '../command-line.ts'
import type { CliContext } from '../context.ts'
import { readSecret } from '../secret.ts'
import { secretOfOptions } from './vault-opener.ts'

export interface MadeVault {
  readonly id: string
  readonly directory: string
  /** When it was made. */
  readonly keyFile: string | undefined
}

export async function initVault(context: CliContext, given: Given, directory: string, domain: VaultConfig['domain'], slotName: string): Promise<MadeVault> {
  const keyFile = given.text('keyFile')
  const isNewFile = keyFile !== undefined && (await makeKeyFile(context, path.resolve(keyFile), directory))
  const secret = await newSecretOf(context, given, 'NEW passphrase of the vault')
  const createdMs = context.clock.wallMs()
  const { config } = await makeVaultFiles(context.disk, directory, { domain, createdMs }, { name: slotName, label: `${context.machine.hostname} ${slotName}`, secret, createdMs }, context.random)
  return { id: config.id, directory, keyFile: isNewFile ? path.resolve(keyFile) : undefined }
}

/** The secret for a new slot: by an option, the environment, or asked for twice. */
export async function newSecretOf(context: CliContext, given: Given, question: string): Promise<VaultSecret> {
  const secret = await secretOfOptions(context, given)
  if (secret !== undefined) return secret
  const text = await readSecret('HOLDFAST_VAULT_PASSPHRASE', { environment: context.machine.environment, disk: context.disk, processes: context.processes })
  if (text !== undefined) return { kind: 'passphrase', text }
  const { terminal } = context.streams
  if (terminal === undefined) throw new Fault('usage-wrong', 'it is not said what shall open the vault', { next: 'Give --key-file, --passphrase-file or --passphrase-command.' })
  return { kind: 'passphrase', text: await askNewSecret(context, terminal, question) }
}

/** Whether it was made: one that is there is used as it is. Rejects with `usage-wrong` when it would lie in the vault. */
export async function makeKeyFile(context: CliContext, file: string, directory: string): Promise<boolean> {
  if (file === directory || file.startsWith(`${directory}/`)) throw new Fault('usage-wrong', 'the key file would lie in the vault that it opens: whoever has the one has the other', { next: 'Put it elsewhere.' })
  if ((await context.disk.stat(file)) !== undefined) return false
  await context.disk.makeDir(path.dirname(file))
  await using made = await context.disk.open(file, 'create-new', 0o600)
  await made.write([context.random.bytes(KEY_BYTES)], 0)
  await made.sync()
  await context.disk.syncDir(path.dirname(file))
  return true
}
