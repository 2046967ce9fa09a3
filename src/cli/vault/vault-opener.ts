// How a vault is opened from the command line: key file, passphrase or paper key, each from a file, a program, the environment or the terminal; never from an argument,
// which every user of the machine can read.

import { readFile } from '../../kernel/disk.ts'
import { Fault } from '../../kernel/fault.ts'
import type { VaultOpener } from '../../storage/vault/slot-files.ts'
import type { VaultSecret } from '../../stream/vault/key-slots.ts'
import { parsePaperKey } from '../../stream/vault/paper-key.ts'
import { askSecret } from '../ask-secret.ts'
import type { Given, OptionSpec } from '../command-line.ts'
import type { CliContext } from '../context.ts'
import { readSecret } from '../secret.ts'
import { vaultSecretOf } from './vault-secret.ts'

export const VAULT_OPTION: OptionSpec = { flags: '--vault DIR', text: 'the vault in this directory; default: $HOLDFAST_VAULT, else that of the configuration' }

export const SECRET_OPTIONS: readonly OptionSpec[] = [
  { flags: '--key-file FILE', text: 'opens the vault: 32 bytes that nobody else may read' },
  { flags: '--passphrase-file FILE', text: 'opens the vault: its first line is the passphrase' },
  { flags: '--passphrase-command COMMAND', text: 'opens the vault: a program that prints the passphrase' },
]

const PAPER_OPTION: OptionSpec = { flags: '--paper-key FILE', text: 'opens the vault: a file with the paper key, in any layout' }

/** For commands that open a vault without a server. */
export const VAULT_OPTIONS: readonly OptionSpec[] = [VAULT_OPTION, ...SECRET_OPTIONS, PAPER_OPTION]

export const SECRET_HELP =
  'A vault is opened by --key-file, --passphrase-file, --passphrase-command or --paper-key; without one of them by $HOLDFAST_VAULT_KEY_FILE or $HOLDFAST_VAULT_PASSPHRASE (or …_FILE, …_COMMAND), else the passphrase is asked for at the terminal.'

const PAPER_BYTES_MAX = 4096
const ENVIRONMENT_NAME = 'HOLDFAST_VAULT_PASSPHRASE'

export function vaultDirectoryOf(context: CliContext, given: Given): string | undefined {
  const named = given.text('vault') ?? context.machine.environment['HOLDFAST_VAULT']
  return named === undefined || named === '' ? undefined : named
}

/** What the options name; undefined when none of them is given. Rejects with `usage-wrong` when more than one is. */
async function openerOfOptions(context: CliContext, given: Given): Promise<VaultOpener | undefined> {
  const forms = ['keyFile', 'passphraseFile', 'passphraseCommand', 'paperKey'].filter((name) => given.text(name) !== undefined)
  if (forms.length > 1) throw new Fault('usage-wrong', 'it is said in more than one way how to open the vault', { next: 'Keep one of the options.' })
  const paper = given.text('paperKey')
  if (paper !== undefined) return { kind: 'master', master: parsePaperKey((await readFile(context.disk, paper, PAPER_BYTES_MAX)).toString('utf8')) }
  return await secretOfOptions(context, given)
}

/** As `openerOfOptions`, without the paper key. */
export async function secretOfOptions(context: CliContext, given: Given): Promise<VaultSecret | undefined> {
  const keyFile = given.text('keyFile')
  const file = given.text('passphraseFile')
  const command = given.text('passphraseCommand')
  if (keyFile !== undefined) return await vaultSecretOf(context, { kind: 'key-file', file: keyFile })
  if (file !== undefined) return await vaultSecretOf(context, { kind: 'passphrase-file', file })
  if (command === undefined) return undefined
  const [program = '', ...rest] = command.split(/\s+/).filter((word) => word !== '')
  return await vaultSecretOf(context, { kind: 'passphrase-command', argv: [program, ...rest] })
}

/** What opens the vault in `directory`. Rejects with `usage-wrong` when nothing is said and nobody can be asked. */
export async function vaultOpenerOf(context: CliContext, given: Given, directory: string): Promise<VaultOpener> {
  const opener = await openerOfOptions(context, given)
  if (opener !== undefined) return opener
  const { environment } = context.machine
  const keyFile = environment['HOLDFAST_VAULT_KEY_FILE']
  if (keyFile !== undefined && keyFile !== '') return await vaultSecretOf(context, { kind: 'key-file', file: keyFile })
  const text = await readSecret(ENVIRONMENT_NAME, { environment, disk: context.disk, processes: context.processes })
  if (text !== undefined) return { kind: 'passphrase', text }
  const { terminal } = context.streams
  if (terminal === undefined) throw new Fault('usage-wrong', `it is not said how to open the vault in ${directory}`, { next: 'Give --key-file, --passphrase-file or --passphrase-command, or set HOLDFAST_VAULT_PASSPHRASE_FILE.' })
  return { kind: 'passphrase', text: await askSecret(terminal, `Passphrase of the vault in ${directory}: `, context.signal) }
}
