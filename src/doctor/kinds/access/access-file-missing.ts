import type { FaultKind } from '../../contract.ts'

export const accessFileMissing: FaultKind = {
  code: 'access-file-missing',
  severity: 'failure',
  symptom: 'The client has no file of allowed callers, so it refuses everybody',
  cause: '.amandahosts is not in the home directory of the backup user on the client.',
  confidence: 'certain',
  advice: 'Write .amandahosts on the client with a line for the server.',
  cures: [
    { on: 'client', commands: ['echo "SERVER backup amdump" > /var/backups/.amandahosts', 'chown backup /var/backups/.amandahosts', 'chmod 600 /var/backups/.amandahosts'], steps: ['The message names the file; the first word is the name that the address of the server has on the client. On Debian the file is a link to /etc/amandahosts.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT finds nothing.',
  words: ['amandahosts: No such file', 'amandahosts failed'],
  patterns: [/is not allowed to execute the service \w+: cannot open \S+: No such file or directory/, /open of \S+amandahosts failed/],
  samples: [
    { line: 'ERROR: NAK amclient: user backup from amserver is not allowed to execute the service noop: cannot open /var/backups/.amandahosts: No such file or directory', from: 'amcheck of 3.5.1' },
  ],
}
