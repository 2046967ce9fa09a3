import type { FaultKind } from '../../contract.ts'

export const sambaPasswordMissing: FaultKind = {
  code: 'samba-password-missing',
  severity: 'failure',
  symptom: 'The client has no user and password for a Windows share',
  cause: 'Dumps of Windows shares are made by a client with smbclient, which takes user and password from amandapass on that client.',
  confidence: 'certain',
  advice: 'Add a line for the share to amandapass on the client.',
  cures: [
    { on: 'client', commands: ['ls -l /etc/amanda/amandapass /etc/amandapass'], steps: ['A line is: //host/share user%password domain. The file belongs to the user of Amanda, mode 600.'] },
  ],
  check: 'smbclient with that user lists the share.',
  words: ['open password file', 'invalid samba host', 'cannot find password', 'password field not', 'samba access error', 'configured for samba', 'NT_STATUS_'],
  patterns: [/cannot open password file '?[^':]+'?: /, /\[invalid samba host or password not found\?\]/, /cannot find password\b/, /password field not 'user%pass'/, /samba access error:/, /not configured for samba/, /NT_STATUS_(?:LOGON_FAILURE|ACCESS_DENIED|BAD_NETWORK_NAME)/],
  samples: [
    { line: 'FAIL planner amclient /srv/many 20261126210938 0 "[Application \'amsamba\': ERROR cannot open password file \'/etc/amanda/amandapass\': No such file or directory]"', from: 'a run of 3.5.1 (testdata/doctor)' },
    { line: 'sendbackup: error [invalid samba host or password not found?]', from: 'the texts of Amanda 3.5.1' },
  ],
}
