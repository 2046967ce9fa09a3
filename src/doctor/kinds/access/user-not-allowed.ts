import type { FaultKind } from '../../contract.ts'

export const userNotAllowed: FaultKind = {
  code: 'user-not-allowed',
  severity: 'failure',
  symptom: 'The client does not allow the server\'s user to ask for this service',
  cause: 'The file of allowed callers on the client (.amandahosts of the backup user) has no line for this host, user and service. The host must be written as the client calls it: the name that the address of the server has there.',
  confidence: 'certain',
  advice: 'Add the line that the message prints to .amandahosts on the client.',
  cures: [
    { on: 'client', commands: ['echo "SERVER backup amdump" >> /var/backups/.amandahosts', 'getent hosts ADDRESS'], steps: ['The message prints the line and names the file. When the host in it is not the name you expected, the address of the server has another name on the client: write that one, or correct DNS.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT finds nothing.',
  words: ['is not allowed to execute', ' not allowed from '],
  patterns: [/user (?<user>\S+) from (?<server>\S+) is not allowed to execute the service \w+: (?!cannot open |\S+: (?:incorrect permissions|owned by id))/, /access as \S+ not allowed from (?<user>[^@\s]+)@(?<server>[^\s\]]+)/],
  samples: [
    { line: 'ERROR planner amclient NAK: [access as backup not allowed from backup@amserver] amandahostsauth failed', from: 'the texts of Amanda 2.4' },
    { line: '04 "ERROR user nobody from localhost is not allowed to execute the service noop: Please add the line \\"localhost nobody amdump\\" to /var/backups/.amandahosts on the client"', from: 'amandad of 3.5.1' },
  ],
}
