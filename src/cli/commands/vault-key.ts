// `holdfast vault key ACTION`: the ways to open a vault. The master key never changes; a slot wraps it for one passphrase or key file, and the paper key is the master
// key itself as text.

import path from 'node:path'
import { Fault } from '../../kernel/fault.ts'
import { addKeySlot, listKeySlots, removeKeySlot, unlockVault } from '../../storage/vault/slot-files.ts'
import { formatPaperKey } from '../../stream/vault/paper-key.ts'
import type { VaultSecret } from '../../stream/vault/key-slots.ts'
import type { CommandBody, Given } from '../command-line.ts'
import type { CliContext } from '../context.ts'
import { askNewSecret } from '../ask-secret.ts'
import { exitCode } from '../exit-codes.ts'
import { showResult } from '../output.ts'
import { formatTable } from '../text-table.ts'
import { makeKeyFile } from '../vault/init-vault.ts'
import { vaultPlaceOf, type VaultPlace } from '../vault/vault-place.ts'
import { SECRET_HELP, VAULT_OPTIONS } from '../vault/vault-opener.ts'
import { vaultSecretOf } from '../vault/vault-secret.ts'

async function list(context: CliContext, given: Given, { directory }: VaultPlace): Promise<number> {
  const slots = (await listKeySlots(context.disk, directory)).map(({ name, slot }) => ({ name, kind: slot.kdf.kind === 'scrypt' ? 'passphrase' : 'key file', label: slot.label, createdMs: slot.createdMs }))
  showResult(context.streams, given.isJson, slots, (rows) => formatTable([{ title: 'SLOT' }, { title: 'OPENED BY' }, { title: 'LABEL' }, { title: 'MADE' }], rows.map(({ name, kind, label, createdMs }) => [name, kind, label, new Date(createdMs).toISOString().slice(0, 10)])))
  return exitCode('ok')
}

/** What the new slot is opened by. */
async function newSecret(context: CliContext, given: Given, directory: string): Promise<VaultSecret> {
  const keyFile = given.text('newKeyFile')
  const file = given.text('newPassphraseFile')
  if (keyFile !== undefined && file !== undefined) throw new Fault('usage-wrong', 'a key slot is opened by one thing', { next: 'Keep one of --new-key-file and --new-passphrase-file.' })
  if (keyFile !== undefined) {
    await makeKeyFile(context, path.resolve(keyFile), directory)
    return await vaultSecretOf(context, { kind: 'key-file', file: path.resolve(keyFile) })
  }
  if (file !== undefined) return await vaultSecretOf(context, { kind: 'passphrase-file', file })
  const { terminal } = context.streams
  if (terminal === undefined) throw new Fault('usage-wrong', 'it is not said what shall open the new key slot', { next: 'Give --new-key-file or --new-passphrase-file.' })
  return { kind: 'passphrase', text: await askNewSecret(context, terminal, 'NEW passphrase of the vault') }
}

async function add(context: CliContext, given: Given, place: VaultPlace, name: string): Promise<number> {
  const { directory } = place
  const unlocked = await unlockVault(context.disk, directory, await place.opener())
  const secret = await newSecret(context, given, directory)
  const label = given.text('label') ?? `${context.machine.hostname} ${name}`
  await addKeySlot(context.disk, directory, unlocked, { name, label, secret, createdMs: context.clock.wallMs() }, context.random)
  showResult(context.streams, given.isJson, { name, label }, () => `Added the key slot ${name}.\n`)
  return exitCode('ok')
}

async function remove(context: CliContext, given: Given, place: VaultPlace, name: string): Promise<number> {
  // Only who can open the vault may take a way to it from others.
  await unlockVault(context.disk, place.directory, await place.opener())
  await removeKeySlot(context.disk, place.directory, name)
  showResult(context.streams, given.isJson, { name }, () => `Removed the key slot ${name}. Who knew the master key still knows it: for a thief, make a new vault.\n`)
  return exitCode('ok')
}

async function print(context: CliContext, given: Given, place: VaultPlace): Promise<number> {
  const { master, config } = await unlockVault(context.disk, place.directory, await place.opener())
  const paperKey = formatPaperKey(master)
  const groups = paperKey.split('-')
  const text = [
    `Paper key of the Holdfast vault ${config.id}`,
    `made ${new Date(config.createdMs).toISOString().slice(0, 10)}, in ${place.directory} of ${context.machine.hostname}`,
    '',
    ...groups.flatMap((_, index) => (index % 2 === 0 ? [`    ${groups.slice(index, index + 2).join('-')}`] : [])),
    '',
    'Whoever has this paper and the vault can read everything in it. To open the vault:',
    'type the key into a file, in any layout, and name it with --paper-key FILE.',
    '',
  ].join('\n')
  showResult(context.streams, given.isJson, { vault: config.id, paperKey }, () => text)
  return exitCode('ok')
}

export const vaultKeyCommand: CommandBody = {
  details: [
    '`list` says which key slots there are. `add` makes another one, for a passphrase that is asked for, --new-passphrase-file or --new-key-file (which is made when it is not there). `remove` takes one away, never the last. `print` prints the paper key: with it everything in the vault can be opened when all else is lost, by anybody who finds it.',
    'The other options say how the vault is opened now.',
    SECRET_HELP,
  ],
  args: [
    { name: 'ACTION', text: 'list, add, remove or print', choices: ['list', 'add', 'remove', 'print'] },
    { name: '[SLOT]', text: 'name of the slot to add or remove' },
  ],
  options: [
    { flags: '--new-key-file FILE', text: 'the new slot is opened by this file' },
    { flags: '--new-passphrase-file FILE', text: 'the new slot is opened by the first line of this file' },
    { flags: '--label TEXT', text: 'what the new slot is for' },
    ...VAULT_OPTIONS,
  ],
  examples: [
    { line: 'holdfast vault key print --vault /mnt/backup/vault | lp', text: 'to paper' },
    { line: 'holdfast vault key add laptop --vault /mnt/backup/vault', text: 'another passphrase' },
    { line: 'holdfast vault key remove old-server --vault /mnt/backup/vault', text: 'when a machine is gone' },
  ],
  async run(context, given) {
    const [action, slot] = given.args as readonly (string | undefined)[]
    const place = await vaultPlaceOf(context, given)
    if (action === 'list') return await list(context, given, place)
    if (action === 'print') return await print(context, given, place)
    if (action !== 'add' && action !== 'remove') throw new Fault('usage-wrong', `\`${action}\` is nothing that is done to keys`, { next: 'Use list, add, remove or print.' })
    if (slot === undefined) throw new Fault('usage-wrong', `it is not said which key slot to ${action}`, { next: `Name it: \`holdfast vault key ${action} NAME\`.` })
    return action === 'add' ? await add(context, given, place, slot) : await remove(context, given, place, slot)
  },
}
