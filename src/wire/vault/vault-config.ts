// The file `config` of a vault: a line of canonical JSON in the clear, and a line with the HMAC-SHA-256 of the first line's text in hexadecimal digits. Who has the master key
// checks it (stream/vault/keys.ts); before that nothing of it is believed but where to look for the key.

import { Fault } from '../../kernel/fault.ts'
import { canonicalJson, JsonReader } from './json-fields.ts'
import { VAULT_ID_BYTES } from './limits.ts'

const FORMAT = 'holdfast-vault'
const VERSION = 1
const HMAC_DIGITS = 64

export interface VaultConfig {
  /** 32 hexadecimal digits. */
  readonly id: string
  readonly createdMs: number
  readonly hash: 'blake3'
  readonly cipher: 'aes-256-gcm'
  /** Which dumps share segments: all of the vault, or those of one host. */
  readonly domain: 'vault' | 'host'
}

export interface SignedConfig {
  readonly config: VaultConfig
  /** What the HMAC is of. */
  readonly text: string
  /** 64 hexadecimal digits. */
  readonly hmac: string
}

/** What has to be authenticated. */
export function vaultConfigText(config: VaultConfig): string {
  return canonicalJson({ ...config, format: FORMAT, version: VERSION })
}

/** The file. */
export function encodeVaultConfig(text: string, hmac: string): string {
  return `${text}\n${hmac}\n`
}

export function decodeVaultConfig(file: string): SignedConfig {
  const [text = '', hmac = '', ...rest] = file.split('\n')
  const json = JsonReader.of(text, 'the configuration of the vault')
  json.oneOf('format', [FORMAT] as const)
  const version = json.count('version')
  if (version > VERSION) throw new Fault('vault-newer', `the vault has version ${version} of the format, and this program knows version ${VERSION}`)
  if (rest.length !== 1 || rest[0] !== '' || hmac.length !== HMAC_DIGITS || !/^[0-9a-f]*$/.test(hmac)) throw new Fault('vault-damaged', 'the configuration of the vault has no seal')
  const config = { id: json.hex('id', VAULT_ID_BYTES), createdMs: json.count('createdMs'), hash: json.oneOf('hash', ['blake3'] as const), cipher: json.oneOf('cipher', ['aes-256-gcm'] as const), domain: json.oneOf('domain', ['vault', 'host'] as const) }
  return { config, text, hmac }
}
