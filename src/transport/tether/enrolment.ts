// The one-time token that brings an agent and its server together, as one word to copy: `hf1.` and base64url of JSON with the host's
// name, where the server is, the fingerprint of its key and a secret. The agent believes only a server with that key; the server
// believes only who knows the secret, once. Bytes: docs/protocol/tether.md.

import { Fault } from '../../kernel/fault.ts'
import type { Random } from '../../kernel/random.ts'
import type { ServerAddress } from './tls-link.ts'

export interface EnrolmentToken {
  readonly host: string
  readonly addresses: readonly ServerAddress[]
  readonly serverFingerprint: string
  readonly secret: string
  readonly expiresMs: number
}

const PREFIX = 'hf1.'
const TOKEN_CHARACTERS_MAX = 4096
/** Bytes of randomness in the secret: nobody guesses 192 bits. */
const SECRET_BYTES = 24

export function createToken(random: Random, host: string, addresses: readonly ServerAddress[], serverFingerprint: string, expiresMs: number): EnrolmentToken {
  return { host, addresses, serverFingerprint, secret: Buffer.from(random.bytes(SECRET_BYTES)).toString('base64url'), expiresMs }
}

export function formatToken(token: EnrolmentToken): string {
  const value = { h: token.host, a: token.addresses.map(({ host, port }) => [host, port]), f: token.serverFingerprint, s: token.secret, e: token.expiresMs }
  return PREFIX + Buffer.from(JSON.stringify(value)).toString('base64url')
}

function isAddress(value: unknown): value is readonly [string, number] {
  return Array.isArray(value) && value.length === 2 && typeof value[0] === 'string' && value[0] !== '' && Number.isInteger(value[1]) && value[1] > 0 && value[1] < 65_536
}

/** Throws `token-invalid` with what is wrong; never shows the secret. */
export function parseToken(text: string): EnrolmentToken {
  const word = text.trim()
  if (!word.startsWith(PREFIX)) throw new Fault('token-invalid', `a token begins with ${PREFIX}`)
  if (word.length > TOKEN_CHARACTERS_MAX) throw new Fault('token-invalid', 'the token is too long')
  let value: Record<string, unknown>
  try {
    value = JSON.parse(Buffer.from(word.slice(PREFIX.length), 'base64url').toString('utf8')) as Record<string, unknown>
  } catch {
    throw new Fault('token-invalid', 'the token is damaged or cut short')
  }
  const { h: host, a: addresses, f: serverFingerprint, s: secret, e: expiresMs } = value ?? {}
  const isWhole = typeof host === 'string' && Array.isArray(addresses) && addresses.length > 0 && addresses.every(isAddress) && typeof serverFingerprint === 'string' && typeof secret === 'string' && typeof expiresMs === 'number'
  if (!isWhole) throw new Fault('token-invalid', 'the token is not complete')
  return { host, addresses: addresses.map(([name, port]) => ({ host: name, port })), serverFingerprint, secret, expiresMs }
}
