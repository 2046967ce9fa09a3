// The key file or passphrase that opens the vault of a configuration. It never reaches a log, a message or an argument list.

import type { VaultKeySource } from '../../config/resolved.ts'
import { readFile } from '../../kernel/disk.ts'
import { Fault, systemErrorCode } from '../../kernel/fault.ts'
import type { VaultSecret } from '../../stream/vault/key-slots.ts'
import { KEY_BYTES } from '../../wire/vault/limits.ts'
import type { CliContext } from '../context.ts'
import { printedSecret } from '../secret.ts'

const PASSPHRASE_BYTES_MAX = 64 * 1024

async function needFile(context: Pick<CliContext, 'disk'>, file: string, what: string): Promise<Buffer> {
  try {
    return await readFile(context.disk, file, PASSPHRASE_BYTES_MAX)
  } catch (error) {
    if (systemErrorCode(error) !== 'ENOENT') throw error
    throw new Fault('file-missing', `there is no ${what} of the vault at ${file}`, { next: 'Put it back there; with the paper key, `holdfast vault key` makes a new one. A new vault is made by `holdfast init`.' })
  }
}

/** Rejects with `file-missing`, `vault-key-wrong` or what the program failed with. */
export async function vaultSecretOf(context: Pick<CliContext, 'disk' | 'processes'>, source: VaultKeySource): Promise<VaultSecret> {
  switch (source.kind) {
    case 'key-file': {
      const bytes = await needFile(context, source.file, 'key file')
      if (bytes.length !== KEY_BYTES) throw new Fault('vault-key-wrong', `the key file ${source.file} has ${bytes.length} bytes and not ${KEY_BYTES}`)
      return { kind: 'file', bytes }
    }
    case 'passphrase-file': {
      const [line = ''] = (await needFile(context, source.file, 'passphrase file')).toString('utf8').split(/\r?\n/, 1)
      return { kind: 'passphrase', text: needText(line, source.file) }
    }
    case 'passphrase-command':
      return { kind: 'passphrase', text: needText(await printedSecret('passphrase-command', source.argv, context.processes), source.argv[0]) }
  }
}

function needText(text: string, from: string): string {
  if (text === '') throw new Fault('vault-key-wrong', `${from} gives an empty passphrase`)
  return text
}
