import type { FaultKind } from '../../contract.ts'

export const sshKeyUnusable: FaultKind = {
  code: 'ssh-key-unusable',
  severity: 'failure',
  symptom: 'ssh cannot use the private key of the server',
  cause: 'The file that ssh-keys of the dumptype names is not there, cannot be read by the backup user, or can be read by others, which ssh does not accept.',
  confidence: 'certain',
  advice: 'Let ssh-keys name a key that is there, owned by the backup user with mode 0600.',
  cures: [
    { on: 'server', commands: ['chown backup KEYFILE', 'chmod 600 KEYFILE'], steps: ['KEYFILE is the path in the message. The key must have no passphrase.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT finds nothing.',
  words: ['PRIVATE KEY FILE', 'Identity file ', 'Load key '],
  patterns: [/UNPROTECTED PRIVATE KEY FILE/, /Identity file \S+ not accessible/, /Load key "[^"]*": /],
  samples: [
    { line: 'Load key "/var/backups/.ssh/id_ed25519": bad permissions', from: 'amcheck of 3.5.1 over ssh' },
    { line: 'Warning: Identity file /var/backups/.ssh/id_ed25519 not accessible: No such file or directory.', from: 'amcheck of 3.5.1 over ssh' },
  ],
}
