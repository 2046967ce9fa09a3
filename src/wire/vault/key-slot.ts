// A key slot: one way to the master key of a vault. It is a file of JSON in the clear: what it holds is the master key sealed under a key that somebody has, with the vault's id and the
// slot's name as additional data.

import { Fault } from '../../kernel/fault.ts'
import { canonicalJson, JsonReader, type JsonFields } from './json-fields.ts'
import { KEY_BYTES, SALT_BYTES, TAG_BYTES } from './limits.ts'

const VERSION = 1
const NONCE_BYTES = 12
/** Passphrases: at most 1 GiB of memory and as much work, whatever a file says. */
const COST_MAX = 2 ** 20
const BLOCK_SIZE_MAX = 8
const PARALLEL_MAX = 4

/** Numbers of scrypt. */
export interface ScryptCost {
  readonly n: number
  readonly r: number
  readonly p: number
}

export interface KeySlot {
  readonly kdf: { readonly kind: 'scrypt'; readonly cost: ScryptCost } | { readonly kind: 'file' }
  readonly salt: Uint8Array
  readonly nonce: Uint8Array
  /** Ciphertext of the master key and tag. */
  readonly wrapped: Uint8Array
  readonly label: string
  readonly createdMs: number
}

export function encodeKeySlot(slot: KeySlot): string {
  const cost: JsonFields = slot.kdf.kind === 'scrypt' ? { ...slot.kdf.cost } : {}
  return `${canonicalJson({ ...cost, version: VERSION, kdf: slot.kdf.kind, salt: hex(slot.salt), nonce: hex(slot.nonce), wrapped: hex(slot.wrapped), label: slot.label, createdMs: slot.createdMs })}\n`
}

export function decodeKeySlot(text: string): KeySlot {
  const json = JsonReader.of(text, 'a key slot')
  const version = json.count('version')
  if (version > VERSION) throw new Fault('vault-newer', `a key slot has version ${version} of the format, and this program knows version ${VERSION}`)
  const kind = json.oneOf('kdf', ['scrypt', 'file'] as const)
  return {
    kdf: kind === 'scrypt' ? { kind, cost: readCost(json) } : { kind },
    salt: bytes(json.hex('salt', SALT_BYTES)),
    nonce: bytes(json.hex('nonce', NONCE_BYTES)),
    wrapped: bytes(json.hex('wrapped', KEY_BYTES + TAG_BYTES)),
    label: json.text('label'),
    createdMs: json.count('createdMs'),
  }
}

function readCost(json: JsonReader): ScryptCost {
  const cost = { n: json.count('n'), r: json.count('r'), p: json.count('p') }
  const isPossible = cost.n >= 2 && cost.n <= COST_MAX && Number.isInteger(Math.log2(cost.n)) && cost.r >= 1 && cost.r <= BLOCK_SIZE_MAX && cost.p >= 1 && cost.p <= PARALLEL_MAX
  if (!isPossible) throw json.fault('the cost of scrypt')
  return cost
}

function hex(value: Uint8Array): string {
  return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('hex')
}

function bytes(text: string): Uint8Array {
  return Buffer.from(text, 'hex')
}
