import type { FaultKind } from '../../contract.ts'

export const tlsFingerprintDiffers: FaultKind = {
  code: 'tls-fingerprint-differs',
  severity: 'failure',
  symptom: 'The certificate of the other side has not the fingerprint that was noted for it',
  cause: 'ssl-fingerprint-file (or remote/HOST/fingerprint in ssl-dir) lists fingerprints of the certificate, and none is that of the one it sent: it was renewed, or it is another machine.',
  confidence: 'certain',
  advice: 'Find out whether the certificate was renewed; then note its new fingerprint.',
  cures: [
    { on: 'the side that says so', commands: ['openssl x509 -noout -fingerprint -sha1 -in CERTIFICATE'], steps: ['CERTIFICATE is me/crt.pem of the other side. Write the line as SHA1 Fingerprint=AA:BB:… in capitals into the fingerprint file.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT finds nothing.',
  words: ['No fingerprint match'],
  patterns: [/No fingerprint match/],
  samples: [
    { line: 'ERROR planner Request to amclient failed: No fingerprint match', from: 'a run log of 3.5.1' },
  ],
}
