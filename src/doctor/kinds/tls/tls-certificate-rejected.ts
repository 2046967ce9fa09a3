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
  words: ['certificate verify failed', 'certificate has expired', 'unknown ca', 'alert bad certificate', 'alert certificate '],
  patterns: [/certificate verify failed/, /certificate has expired/, /SSL routines::\w+ alert (?:unknown ca|bad certificate|certificate (?:expired|revoked|unknown))/],
  samples: [
    { line: 'Thu Nov 26 21:48:54.584268192 2026: pid 849: thd-0x55ec567cde00: amandad: SSL_accept failed: error:0A000418:SSL routines::tlsv1 alert unknown ca', from: 'amandad of 3.5.1' },
    { line: 'FAIL planner amclient /srv/many 20261126210843 0 "[Request to amclient failed: SSL_connect failed: error:0A000086:SSL routines::certificate verify failed]"', from: 'a run log of 3.5.1' },
  ],
}
