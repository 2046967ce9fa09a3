import type { FaultKind } from '../../contract.ts'

export const authDiffers: FaultKind = {
  code: 'auth-differs',
  severity: 'failure',
  symptom: 'Server and client use different ways to talk',
  cause: 'auth of the dumptype is not the -auth= with which amandad is started on the client.',
  confidence: 'certain',
  advice: 'Make auth of the dumptype and -auth of amandad on the client the same.',
  cures: [
    { on: 'amanda.conf or xinetd', steps: ['Make auth of the dumptype and -auth= of the client\'s amandad the same; bsdtcp is the one to take.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT finds nothing.',
  words: ['client configured for auth='],
  patterns: [/client configured for auth=\S+ while server requested '\S+'/],
  samples: [
    { line: 'FAIL dumper amclient /srv/many 20261124010203 0 [client configured for auth=bsdtcp while server requested \'bsd\']', from: 'the texts of Amanda 3.5.1 (docs/formats/services.md)' },
  ],
}
