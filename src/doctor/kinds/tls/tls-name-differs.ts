import type { FaultKind } from '../../contract.ts'

export const tlsNameDiffers: FaultKind = {
  code: 'tls-name-differs',
  severity: 'failure',
  symptom: 'The name in the certificate is not that of the machine that sent it',
  cause: 'ssl-check-certificate-host is on, and the common name in the certificate does not resolve to the address of the connection: a certificate of another host, or a host with another address.',
  confidence: 'certain',
  advice: 'Give each host a certificate with its own name, or correct DNS or /etc/hosts.',
  cures: [
    { on: 'both sides', commands: ['openssl x509 -noout -subject -in /etc/amanda/ssl/me/crt.pem', 'getent hosts NAME'], steps: ['NAME is the common name (CN): it must resolve to the address of that host on the other side.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT finds nothing.',
  words: ['Common name of certi'],
  patterns: [/Common name of certi\w+ \([^)]*\) doesn't resolv/],
  samples: [
    { line: "ERROR planner Request to amclient failed: Common name of certicate (amserver) doesn't resolv to IP (10.77.2.10:10080): amserver doesn't resolve to 10.77.2.10:10080", from: 'a run log of 3.5.1' },
  ],
}
