import type { FaultKind } from '../../contract.ts'

export const reverseNameDiffers: FaultKind = {
  code: 'reverse-name-differs',
  severity: 'failure',
  symptom: 'The other side does not believe a name: it does not resolve back to the address that called',
  cause: 'Amanda looks the address of the caller up, and the name it finds up again; one of the two answers does not fit. Several addresses of one machine, NAT, or a stale entry of /etc/hosts do that.',
  confidence: 'certain',
  advice: 'Put name and address of the caller into /etc/hosts of the machine that refused.',
  cures: [
    { on: 'the machine that refused', commands: ['getent hosts ADDRESS', 'getent ahosts NAME'], steps: ['ADDRESS is that of the caller, NAME what the first line prints: the second must print the address again. Correct DNS, or put address and name into its /etc/hosts.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT finds nothing.',
  words: ['doesn\'t resolve to'],
  patterns: [/doesn't resolve to \S+/],
  followsFrom: ['tls-name-differs'],
  samples: [
    { line: 'WARNING: amclient: selfcheck request failed: amserver doesn\'t resolve to 10.77.2.10:50012', from: 'the texts of Amanda 3.5.1 (docs/formats/services.md)' },
  ],
}
