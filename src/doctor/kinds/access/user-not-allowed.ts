import type { FaultKind } from '../../contract.ts'

export const userNotAllowed: FaultKind = {
  code: 'user-not-allowed',
  severity: 'failure',
  symptom: 'The client does not allow the server\'s user to ask for this service',
  cause: 'The file of allowed callers on the client (.amandahosts of the backup user) has no line for this host, user and service, or is not owned by that user with mode 0600.',
  confidence: 'certain',
  advice: 'Add the line that the message prints to .amandahosts on the client.',
  cures: [
    { on: 'client', steps: ['Add the line that the message prints to the file it names, for example: echo "SERVER backup amdump" >> /var/backups/.amandahosts', 'chown backup and chmod 600 that file.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT finds nothing.',
  words: ['is not allowed to execute'],
  patterns: [/user (?<user>\S+) from (?<server>\S+) is not allowed to execute the service \w+/],
  samples: [
    { line: '04 "ERROR user nobody from localhost is not allowed to execute the service noop: Please add the line \\"localhost nobody amdump\\" to /var/backups/.amandahosts on the client"', from: 'amandad of 3.5.1' },
  ],
}
