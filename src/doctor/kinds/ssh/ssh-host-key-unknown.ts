import type { FaultKind } from '../../contract.ts'

export const sshHostKeyUnknown: FaultKind = {
  code: 'ssh-host-key-unknown',
  severity: 'failure',
  symptom: 'ssh does not know the host key of the client, and nobody is there to accept it',
  cause: 'Amanda runs ssh without questions. The client is not in known_hosts of the user that runs the dump (its home, not yours).',
  confidence: 'certain',
  advice: 'Let the backup user of the server connect to the client once by hand and accept the key.',
  cures: [
    { on: 'server', commands: ['su -s /bin/sh backup -c "ssh -l backup CLIENT true"'], steps: ['Compare the fingerprint with ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub on the client before you accept it.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT finds nothing.',
  words: ['Host key verification failed'],
  patterns: [/Host key verification failed/],
  followsFrom: ['ssh-host-key-changed'],
  samples: [
    { line: 'Host key verification failed.', from: 'amcheck of 3.5.1 over ssh' },
  ],
}
