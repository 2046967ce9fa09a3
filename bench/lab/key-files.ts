// A key and a certificate as the two PEM files a bare TLS socket wants.

import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { createIdentity } from '../../src/transport/tether/identity.ts'

/** Writes key.pem and cert.pem into `dir`. */
export async function writeKeyFiles(dir: string): Promise<void> {
  const identity = await createIdentity('bench', Date.now())
  writeFileSync(path.join(dir, 'key.pem'), identity.keyPem)
  writeFileSync(path.join(dir, 'cert.pem'), identity.certificatePem)
}
