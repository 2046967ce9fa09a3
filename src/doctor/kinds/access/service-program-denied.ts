import type { FaultKind } from '../../contract.ts'

export const serviceProgramDenied: FaultKind = {
  code: 'service-program-denied',
  severity: 'failure',
  symptom: 'The client has no program for the service, or may not run it',
  cause: 'amandad found no executable file where the service should be: the client package is not complete, or modes were changed.',
  confidence: 'certain',
  advice: 'Install the client package of Amanda again, or correct the mode of the file that the message names.',
  cures: [
    { on: 'client', commands: ['ls -l /usr/lib/amanda'], steps: ['The named program must be there and executable for the backup user.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT finds nothing.',
  words: ['execute access to'],
  patterns: [/execute access to '[^']*' denied/],
  samples: [
    { line: "ERROR execute access to '/usr/lib/amanda/sendsize' denied", from: 'amandad of 3.5.1' },
  ],
}
