import type { FaultKind } from '../../contract.ts'

export const sshHostKeyChanged: FaultKind = {
  code: 'ssh-host-key-changed',
  severity: 'failure',
  symptom: 'The host key of the client is not the one that ssh knows',
  cause: 'The client was installed anew, its name or address belongs to another machine now, or somebody stands in between.',
  confidence: 'certain',
  advice: 'Find out why the key changed; only then remove the old one and accept the new one.',
  cures: [
    { on: 'server', commands: ['su -s /bin/sh backup -c "ssh-keygen -R CLIENT"', 'su -s /bin/sh backup -c "ssh -l backup CLIENT true"'], steps: ['Compare the fingerprint with ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub on the client before you accept it.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT finds nothing.',
  words: ['HOST IDENTIFICATION HAS CHANGED', 'has changed and you have requested'],
  patterns: [/REMOTE HOST IDENTIFICATION HAS CHANGED/, /Host key for (?<host>\S+) has changed and you have requested strict checking/],
  samples: [
    { line: 'Host key for amclient has changed and you have requested strict checking.', from: 'amcheck of 3.5.1 over ssh' },
    { line: '@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @', from: 'amcheck of 3.5.1 over ssh' },
  ],
}
