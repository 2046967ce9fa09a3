// The files by which a vault is known and opened: `config` and the key slots below `keys/`. Each is written beside its name and renamed, so that there is always a way to
// the master key; the last slot is never removed. Format: docs/formats/vault.md.

import { parentOf, readFile, type Disk } from '../../kernel/disk.ts'
import { Fault, systemErrorCode } from '../../kernel/fault.ts'
import type { Random } from '../../kernel/random.ts'
import { openKeySlot, sealKeySlot, type VaultSecret } from '../../stream/vault/key-slots.ts'
import { openVaultConfig, sealVaultConfig } from '../../stream/vault/keys.ts'
import { decodeKeySlot, encodeKeySlot, type KeySlot, type ScryptCost } from '../../wire/vault/key-slot.ts'
import { KEY_BYTES, VAULT_ID_BYTES } from '../../wire/vault/limits.ts'
import { decodeVaultConfig, type VaultConfig } from '../../wire/vault/vault-config.ts'

/** A secret that opens a slot, or the master key itself, as a paper key gives it. */
export type VaultOpener = VaultSecret | { readonly kind: 'master'; readonly master: Uint8Array }

export interface UnlockedVault {
  readonly master: Uint8Array
  readonly config: VaultConfig
}

export interface NewSlot {
  readonly name: string
  /** For people. */
  readonly label: string
  readonly secret: VaultSecret
  readonly createdMs: number
  /** Of scrypt; tests take a cheap one. */
  readonly cost?: ScryptCost
}

const FILE_BYTES_MAX = 64 * 1024
const SLOTS_MAX = 64
const SLOT_NAME = /^[a-z0-9][a-z0-9-]{0,62}$/

/** Makes the directory with `config` and a first key slot. Rejects with `usage-wrong` when something else lies there. */
export async function makeVaultFiles(disk: Disk, directory: string, about: { readonly domain: VaultConfig['domain']; readonly createdMs: number }, slot: NewSlot, random: Random): Promise<UnlockedVault> {
  needSlotName(slot.name)
  const found = await disk.stat(directory)
  if (found !== undefined && found.kind !== 'directory') throw new Fault('usage-wrong', `${directory} is not a directory`, { next: 'Name another directory.' })
  const there = found === undefined ? [] : await disk.list(directory)
  if (there.some(({ name }) => name === 'config')) throw new Fault('usage-wrong', `there is a vault in ${directory} already`, { next: 'Use it, or name another directory.' })
  // A file system of its own has this at its top.
  if (there.some(({ name }) => name !== 'lost+found')) throw new Fault('usage-wrong', `${directory} is not empty`, { next: 'Name an empty directory, or one that is not there yet.' })
  const master = random.bytes(KEY_BYTES)
  const config: VaultConfig = { id: Buffer.from(random.bytes(VAULT_ID_BYTES)).toString('hex'), createdMs: about.createdMs, hash: 'blake3', cipher: 'aes-256-gcm', domain: about.domain }
  await disk.makeDir(`${directory}/keys`, 0o700)
  await disk.syncDir(parentOf(directory))
  await writeSlot(disk, directory, config, master, slot, random)
  // Last: what has no configuration is no vault.
  await writeNew(disk, directory, 'config', sealVaultConfig(master, config))
  return { master, config }
}

/** The master key. Rejects with `vault-missing`, `vault-key-wrong`, `vault-newer` or `vault-damaged`. */
export async function unlockVault(disk: Disk, directory: string, opener: VaultOpener): Promise<UnlockedVault> {
  const file = await readConfig(disk, directory)
  const master = opener.kind === 'master' ? opener.master : await masterOf(disk, directory, decodeVaultConfig(file).config, opener)
  return { master, config: openVaultConfig(master, file) }
}

async function masterOf(disk: Disk, directory: string, config: VaultConfig, secret: VaultSecret): Promise<Uint8Array> {
  const vaultId = Buffer.from(config.id, 'hex')
  let damaged: unknown
  for (const name of await slotNames(disk, directory)) {
    try {
      const master = await openKeySlot(await readSlot(disk, directory, name), { vaultId, name }, secret)
      if (master !== undefined) return master
    } catch (error) {
      // Another slot may do.
      damaged ??= error
    }
  }
  if (damaged !== undefined) throw damaged
  throw new Fault('vault-key-wrong', secret.kind === 'file' ? `the key file opens no slot of the vault in ${directory}` : `the passphrase opens no slot of the vault in ${directory}`)
}

export interface NamedSlot {
  readonly name: string
  readonly slot: KeySlot
}

/** In order of their names. What it says is not authenticated. */
export async function listKeySlots(disk: Disk, directory: string): Promise<readonly NamedSlot[]> {
  await readConfig(disk, directory)
  const slots: NamedSlot[] = []
  for (const name of await slotNames(disk, directory)) slots.push({ name, slot: await readSlot(disk, directory, name) })
  return slots
}

/** Rejects with `usage-wrong` when there is one of that name. */
export async function addKeySlot(disk: Disk, directory: string, { master, config }: UnlockedVault, slot: NewSlot, random: Random): Promise<void> {
  needSlotName(slot.name)
  const names = await slotNames(disk, directory)
  if (names.includes(slot.name)) throw new Fault('usage-wrong', `there is a key slot ${slot.name} already`, { next: 'Name another one with --slot.' })
  if (names.length >= SLOTS_MAX) throw new Fault('usage-wrong', `the vault has ${names.length} key slots`, { next: 'Remove one that nobody needs.' })
  await writeSlot(disk, directory, config, master, slot, random)
}

/** Rejects with `usage-wrong` when there is none of that name, or when it is the last. */
export async function removeKeySlot(disk: Disk, directory: string, name: string): Promise<void> {
  const names = await slotNames(disk, directory)
  if (!names.includes(name)) throw new Fault('usage-wrong', `there is no key slot ${name}`, { next: names.length === 0 ? 'Add one with `holdfast vault key add`.' : `There are: ${names.join(', ')}.` })
  if (names.length === 1) throw new Fault('usage-wrong', `${name} is the last key slot: without it only the paper key opens the vault`, { next: 'Add another one first with `holdfast vault key add`.' })
  await disk.remove(`${directory}/keys/${name}`)
  await disk.syncDir(`${directory}/keys`)
}

function needSlotName(name: string): void {
  if (!SLOT_NAME.test(name)) throw new Fault('usage-wrong', `\`${name}\` is no name of a key slot`, { next: 'Use lower-case letters, digits and dashes.' })
}

async function readConfig(disk: Disk, directory: string): Promise<string> {
  try {
    return (await readFile(disk, `${directory}/config`, FILE_BYTES_MAX)).toString('utf8')
  } catch (error) {
    const code = systemErrorCode(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') throw new Fault('vault-missing', `there is no vault in ${directory}`, { cause: error })
    throw error
  }
}

async function slotNames(disk: Disk, directory: string): Promise<string[]> {
  try {
    return (await disk.list(`${directory}/keys`)).flatMap(({ name, kind }) => (kind === 'file' && SLOT_NAME.test(name) ? [name] : [])).slice(0, SLOTS_MAX)
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return []
    throw error
  }
}

async function readSlot(disk: Disk, directory: string, name: string): Promise<KeySlot> {
  return decodeKeySlot((await readFile(disk, `${directory}/keys/${name}`, FILE_BYTES_MAX)).toString('utf8'))
}

async function writeSlot(disk: Disk, directory: string, config: VaultConfig, master: Uint8Array, slot: NewSlot, random: Random): Promise<void> {
  const { name, label, secret, createdMs, cost } = slot
  const sealed = await sealKeySlot(master, { vaultId: Buffer.from(config.id, 'hex'), name }, secret, { label, createdMs, ...(cost === undefined ? {} : { cost }) }, random)
  await writeNew(disk, `${directory}/keys`, name, encodeKeySlot(sealed))
}

async function writeNew(disk: Disk, directory: string, name: string, text: string): Promise<void> {
  const path = `${directory}/${name}`
  {
    await using file = await disk.open(`${path}.tmp`, 'create', 0o600)
    await file.write([Buffer.from(text, 'utf8')], 0)
    await file.sync()
  }
  await disk.rename(`${path}.tmp`, path)
  await disk.syncDir(directory)
}
