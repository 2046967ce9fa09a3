import type { FaultKind } from '../../contract.ts'

export const reverseNameMissing: FaultKind = {
  code: 'reverse-name-missing',
  severity: 'failure',
  symptom: 'The address of the caller has no name on the machine that was called',
  cause: 'amandad looks up the name of the address that calls, to find it in .amandahosts, and gets none: the address is not in DNS (PTR) nor in /etc/hosts.',
  confidence: 'certain',
  advice: 'Give the address of the server a name on the client: a PTR record, or a line in /etc/hosts.',
  cures: [
    { on: 'client', commands: ['getent hosts ADDRESS', 'echo "ADDRESS SERVER" >> /etc/hosts'], steps: ['ADDRESS is the one from which the server calls, after any NAT. The name must be the one in .amandahosts.'] },
  ],
  check: 'getent hosts ADDRESS prints the name of the server, and amcheck -c CONFIG CLIENT finds nothing.',
  words: ['etnameinfo failed'],
  patterns: [/g?etnameinfo failed/],
  samples: [
    { line: 'ERROR: amclient: unknown response: etnameinfo failed: Unknown error', from: 'amcheck of 3.5.1' },
  ],
}
