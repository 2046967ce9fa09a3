import type { FaultKind } from '../../contract.ts'

export const authUnknown: FaultKind = {
  code: 'auth-unknown',
  severity: 'failure',
  symptom: 'auth names a way to talk that this Amanda does not have',
  cause: 'The word is misspelt, or this package was built without it (krb5, ssl, rsh are often left out).',
  confidence: 'certain',
  advice: 'Use an auth that both sides have; bsdtcp is in every package.',
  cures: [
    { on: 'server and client', commands: ['amgetconf --client CONFIG auth'], steps: ['auth in the dumptype and -auth= in xinetd of the client must be one of bsdtcp, bsdudp, bsd, ssh, local, and ssl where it was built in.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT finds nothing.',
  words: ['no driver for security type', 'find security driver'],
  patterns: [/no driver for security type '/, /[cC]ould not find security driver '/],
  samples: [
    { line: "ERROR planner Could not find security driver 'krb5' for host 'amclient'", from: 'a run log of 3.5.1' },
    { line: 'ERROR: amclient: selfcheck request failed: tcpm_recv_token: invalid size: "amandad: no driver for security type \'bsdtpc\'\\n\\n"', from: 'amcheck of 3.5.1' },
  ],
}
