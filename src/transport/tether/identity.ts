// The key pair that a server or agent is known by, and the certificate that carries it through TLS. Only the public key counts: its
// fingerprint is what the other side pins. The private key never leaves its directory and is readable by its owner alone.

import { createHash, webcrypto } from 'node:crypto'
import { Fault, systemErrorCode } from '../../kernel/fault.ts'
import { readFile, replaceFile, type Disk } from '../../kernel/disk.ts'

export interface Identity {
  readonly keyPem: string
  readonly certificatePem: string
  /** SPKI, DER. */
  readonly publicKey: Uint8Array
  /** `sha256:…` of the public key. */
  readonly fingerprint: string
}

/** P-256: Node's TLS 1.3 signs and verifies it fastest of the curves every OpenSSL has. */
const ALGORITHM = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' } as const
/** Dates are not looked at by our peers; middleboxes that do look should not take offence. */
const YEARS = 50
const YEAR_MS = 365 * 86_400_000

/** A new key pair with a certificate for it. `name` is only for people who look at the certificate. */
export async function createIdentity(name: string, nowMs: number): Promise<Identity> {
  // Only for the moment in which a key is made: loaded for good, it would cost every process ten megabytes.
  await import('reflect-metadata')
  const { cryptoProvider, PemConverter, X509CertificateGenerator } = await import('@peculiar/x509')
  cryptoProvider.set(webcrypto)
  const keys = await webcrypto.subtle.generateKey(ALGORITHM, true, ['sign', 'verify'])
  const certificate = await X509CertificateGenerator.createSelfSigned({
    name: `CN=${name.replace(/[^A-Za-z0-9.-]/g, '_').slice(0, 60) || 'holdfast'}`,
    notBefore: new Date(nowMs - YEAR_MS),
    notAfter: new Date(nowMs + YEARS * YEAR_MS),
    signingAlgorithm: ALGORITHM,
    keys,
  })
  const privateKey = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey)
  const publicKey = new Uint8Array(await webcrypto.subtle.exportKey('spki', keys.publicKey))
  return { keyPem: PemConverter.encode(privateKey, 'PRIVATE KEY'), certificatePem: certificate.toString('pem'), publicKey, fingerprint: fingerprintOfKey(publicKey) }
}

/** `sha256:` and the base64url of the SHA-256 of the public key's SPKI form (DER). */
export function fingerprintOfKey(publicKey: Uint8Array): string {
  return `sha256:${createHash('sha256').update(publicKey).digest('base64url')}`
}

interface StoredIdentity {
  readonly key: string
  readonly certificate: string
  readonly publicKey: string
}

/** Undefined when there is none at `file`. */
export async function loadIdentity(disk: Disk, file: string): Promise<Identity | undefined> {
  let text: string
  try {
    text = (await readFile(disk, file)).toString('utf8')
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return undefined
    throw error
  }
  try {
    const stored = JSON.parse(text) as StoredIdentity
    const publicKey = Buffer.from(stored.publicKey, 'base64')
    return { keyPem: stored.key, certificatePem: stored.certificate, publicKey, fingerprint: fingerprintOfKey(publicKey) }
  } catch (error) {
    throw new Fault('wire-malformed', `the key file ${file} is damaged`, { cause: error, next: 'Restore the key file from a copy, or remove it and enrol again.' })
  }
}

/** Durable and readable by its owner alone when it resolves. One file, so that key and certificate always belong together. */
export async function saveIdentity(disk: Disk, file: string, identity: Identity): Promise<void> {
  const stored: StoredIdentity = { key: identity.keyPem, certificate: identity.certificatePem, publicKey: Buffer.from(identity.publicKey).toString('base64') }
  await replaceFile(disk, file, Buffer.from(`${JSON.stringify(stored, undefined, 2)}\n`), 0o600)
}
