import type { FaultKind } from '../../contract.ts'

export const tlsCertificateRejected: FaultKind = {
  code: 'tls-certificate-rejected',
  severity: 'failure',
  symptom: 'A certificate was not accepted',
  cause: 'It was signed by another authority than the one that this side trusts, it has expired, or it is not valid yet because a clock is wrong.',
  confidence: 'certain',
  advice: 'Give both sides certificates of one authority that are valid today, and see that the clocks are right.',
  cures: [
    { on: 'server and client', commands: ['openssl verify -CAfile /etc/amanda/ssl/CA/crt.pem /etc/amanda/ssl/me/crt.pem', 'openssl x509 -noout -subject -issuer -dates -in /etc/amanda/ssl/me/crt.pem', 'date -u'], steps: ['CA/crt.pem of each side must be the issuer of me/crt.pem of the other.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT finds nothing.',
  words: ['certificate verify failed', 'certificate has expired', 'unknown ca'],
  patterns: [/certificate verify failed/, /certificate has expired/, /alert unknown ca/],
  samples: [
    { line: 'FAIL planner amclient /srv/many 20261126210843 0 "[Request to amclient failed: SSL_connect failed: error:0A000086:SSL routines::certificate verify failed]"', from: 'a run log of 3.5.1' },
  ],
}
