import type { FaultKind } from '../../contract.ts'

export const accessFileRights: FaultKind = {
  code: 'access-file-rights',
  severity: 'failure',
  symptom: 'The client does not trust its file of allowed callers: it has a wrong owner or mode',
  cause: '.amandahosts must be owned by the backup user and accessible by nobody else.',
  confidence: 'certain',
  advice: 'Give .amandahosts on the client to the backup user with mode 0600.',
  cures: [
    { on: 'client', commands: ['chown backup /var/backups/.amandahosts', 'chmod 600 /var/backups/.amandahosts'], steps: ['The message names the file. The directory must let the backup user pass.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT finds nothing.',
  words: ['incorrect permissions; file', 'owned by id', 'amandahosts: Permission denied'],
  patterns: [/is not allowed to execute the service \w+: (?:cannot open \S+: Permission denied|\S+: incorrect permissions|\S+: owned by id)/],
  samples: [
    { line: 'ERROR: NAK amclient: user backup from amserver is not allowed to execute the service noop: /var/backups/.amandahosts: incorrect permissions; file must be accessible only by its owner (chmod 600 /var/backups/.amandahosts)', from: 'amcheck of 3.5.1' },
    { line: 'ERROR user backup from amserver is not allowed to execute the service noop: /var/backups/.amandahosts: owned by id 1, should be 34', from: 'amandad of 3.5.1' },
    { line: 'ERROR user backup from amserver is not allowed to execute the service noop: cannot open /var/backups/.amandahosts: Permission denied', from: 'amandad of 3.5.1' },
  ],
}
