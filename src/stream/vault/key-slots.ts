// Wraps the master key of a vault for somebody's passphrase or key file, and unwraps it. The key that wraps is made with a fresh salt of 256 bits for every slot and seals one message.
// Format of a slot: wire/vault/key-slot.ts and docs/formats/vault.md.

import { createCipheriv, createDecipheriv, hkdfSync, scrypt } from 'node:crypto'
import { assert } from '../../kernel/assert.ts'
import type { Random } from '../../kernel/random.ts'
import { NONCE_BYTES } from '../../wire/vault/block-seal.ts'
import type { KeySlot, ScryptCost } from '../../wire/vault/key-slot.ts'
import { KEY_BYTES, SALT_BYTES, TAG_BYTES } from '../../wire/vault/limits.ts'
import { VaultWriter } from '../../wire/vault/vault-bytes.ts'

/** 128 MiB of memory and about a third of a second: a guess costs as much. */
export const SCRYPT_COST: ScryptCost = { n: 2 ** 17, r: 8, p: 1 }

/** What somebody has. A key file is 32 random bytes. */
export type VaultSecret = { readonly kind: 'passphrase'; readonly text: string } | { readonly kind: 'file'; readonly bytes: Uint8Array }

export interface SlotPlace {
  readonly vaultId: Uint8Array
  /** Of its file below `keys/`. */
  readonly name: string
}

export async function sealKeySlot(master: Uint8Array, place: SlotPlace, secret: VaultSecret, about: { readonly label: string; readonly createdMs: number; readonly cost?: ScryptCost }, random: Random): Promise<KeySlot> {
  assert(master.length === KEY_BYTES, 'a master key has 32 bytes')
  const kdf = secret.kind === 'file' ? { kind: secret.kind } : { kind: 'scrypt' as const, cost: about.cost ?? SCRYPT_COST }
  const [salt, nonce] = [random.bytes(SALT_BYTES), random.bytes(NONCE_BYTES)]
  const cipher = createCipheriv('aes-256-gcm', await wrappingKey(secret, kdf, salt), nonce, { authTagLength: TAG_BYTES })
  cipher.setAAD(slotAad(place, about.label))
  const wrapped = Buffer.concat([cipher.update(master), cipher.final(), cipher.getAuthTag()])
  return { kdf, salt, nonce, wrapped, label: about.label, createdMs: about.createdMs }
}

/** The master key; undefined when the slot is not for this secret (or was changed, which cannot be told apart). */
export async function openKeySlot(slot: KeySlot, place: SlotPlace, secret: VaultSecret): Promise<Uint8Array | undefined> {
  if ((slot.kdf.kind === 'file') !== (secret.kind === 'file')) return undefined
  const decipher = createDecipheriv('aes-256-gcm', await wrappingKey(secret, slot.kdf, slot.salt), slot.nonce, { authTagLength: TAG_BYTES })
  decipher.setAAD(slotAad(place, slot.label))
  decipher.setAuthTag(slot.wrapped.subarray(KEY_BYTES))
  const master = decipher.update(slot.wrapped.subarray(0, KEY_BYTES))
  try {
    decipher.final()
  } catch {
    return undefined
  }
  return new Uint8Array(master)
}

function wrappingKey(secret: VaultSecret, kdf: KeySlot['kdf'], salt: Uint8Array): Promise<Buffer> {
  if (secret.kind === 'file') {
    assert(secret.bytes.length === KEY_BYTES, 'a key file has 32 bytes')
    return Promise.resolve(Buffer.from(hkdfSync('sha256', secret.bytes, salt, 'holdfast key file', KEY_BYTES)))
  }
  assert(kdf.kind === 'scrypt', 'a passphrase goes through scrypt')
  const { n, r, p } = kdf.cost
  const { promise, resolve, reject } = Promise.withResolvers<Buffer>()
  scrypt(Buffer.from(secret.text.normalize('NFKC'), 'utf8'), salt, KEY_BYTES, { N: n, r, p, maxmem: 128 * n * r + 128 * r * p + 16 * 1024 * 1024 }, (error, key) => (error === null ? resolve(key) : reject(error)))
  return promise
}

function slotAad(place: SlotPlace, label: string): Uint8Array {
  return new VaultWriter().put(Buffer.from('HFSLOT01', 'latin1')).put(place.vaultId).text16(place.name).text16(label).bytes()
}
