import type { FaultKind } from '../../contract.ts'

export const tlsKeyDiffers: FaultKind = {
  code: 'tls-key-differs',
  severity: 'failure',
  symptom: 'The private key does not belong to the certificate',
  cause: 'me/private/key.pem and me/crt.pem were made in different runs of openssl, or one was renewed without the other.',
  confidence: 'certain',
  advice: 'Put the key and the certificate that were made together into place.',
  cures: [
    { on: 'the side that says so', commands: ['openssl x509 -noout -pubkey -in /etc/amanda/ssl/me/crt.pem', 'openssl pkey -pubout -in /etc/amanda/ssl/me/private/key.pem'], steps: ['Both must print the same.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT finds nothing.',
  words: ['Private key does not match'],
  patterns: [/Private key does not match the certificate public key/],
  samples: [
    { line: 'ERROR planner Request to amclient failed: Private key does not match the certificate public key', from: 'a run log of 3.5.1' },
  ],
}
