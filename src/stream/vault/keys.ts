// Every key of a vault, from its master key by HKDF-SHA256, each with a purpose of its own (docs/formats/vault.md, "Keys"). Domain keys are kept; the key of a pack is derived when it is
// asked for.

import { createHmac, hkdfSync, timingSafeEqual } from 'node:crypto'
import { assert } from '../../kernel/assert.ts'
import { Fault } from '../../kernel/fault.ts'
import type { Random } from '../../kernel/random.ts'
import { KEY_BYTES, PACK_ID_BYTES, SALT_BYTES, VAULT_ID_BYTES } from '../../wire/vault/limits.ts'
import { decodeVaultConfig, encodeVaultConfig, vaultConfigText, type VaultConfig } from '../../wire/vault/vault-config.ts'
import type { VaultKeys } from './contract.ts'
import { openObject, sealObject } from './sealed-object.ts'

const NO_SALT = new Uint8Array(0)

function derive(master: Uint8Array, salt: Uint8Array, purpose: string, ...parts: readonly Uint8Array[]): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', master, salt, Buffer.concat([Buffer.from(purpose, 'latin1'), ...parts]), KEY_BYTES))
}

/** `random` gives the salts of sealed objects. */
export function createVaultKeys(master: Uint8Array, vaultId: Uint8Array, random: Random): VaultKeys {
  assert(master.length === KEY_BYTES && vaultId.length === VAULT_ID_BYTES, 'a master key has 32 bytes, the id of a vault 16')
  const ofDomain = (purpose: string): ((domain: string) => Uint8Array) => {
    const known = new Map<string, Uint8Array>()
    return (domain) => {
      const key = known.get(domain) ?? derive(master, vaultId, purpose, Buffer.from(domain, 'utf8'))
      known.set(domain, key)
      return key
    }
  }
  return {
    vaultId,
    idKey: ofDomain('holdfast id'),
    seed: ofDomain('holdfast seed'),
    packKey(packId, salt) {
      assert(packId.length === PACK_ID_BYTES && salt.length === SALT_BYTES, 'a pack has an id of 16 bytes and a salt of 32')
      return derive(master, salt, 'holdfast pack', vaultId, packId)
    },
    seal: (kind, name, plain) => sealObject({ master, vaultId, kind, name }, plain, random),
    open: (kind, name, sealed) => openObject({ master, vaultId, kind, name }, sealed),
  }
}

/** The file `config` of a vault. */
export function sealVaultConfig(master: Uint8Array, config: VaultConfig): string {
  const text = vaultConfigText(config)
  return encodeVaultConfig(text, configSeal(master, text).toString('hex'))
}

/** Throws `vault-key-wrong` when it was not written under this master key. */
export function openVaultConfig(master: Uint8Array, file: string): VaultConfig {
  const { config, text, hmac } = decodeVaultConfig(file)
  if (!timingSafeEqual(Buffer.from(hmac, 'hex'), configSeal(master, text))) throw new Fault('vault-key-wrong', `the key is not that of vault ${config.id}, or its configuration was changed`)
  return config
}

function configSeal(master: Uint8Array, text: string): Buffer {
  return createHmac('sha256', derive(master, NO_SALT, 'holdfast vault config')).update(text, 'utf8').digest()
}
