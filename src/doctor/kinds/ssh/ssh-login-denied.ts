import type { FaultKind } from '../../contract.ts'

export const sshLoginDenied: FaultKind = {
  code: 'ssh-login-denied',
  severity: 'failure',
  symptom: 'The client does not let the server log in with ssh',
  cause: "The public key of the server's backup user is not in authorized_keys of the user on the client, or sshd does not look at that file because of its modes.",
  confidence: 'certain',
  advice: "Put the public key of the server's backup user into authorized_keys of the client's backup user.",
  cures: [
    { on: 'client', commands: ['chmod 700 ~backup/.ssh', 'chmod 600 ~backup/.ssh/authorized_keys', 'chown -R backup ~backup/.ssh'], steps: ["The file needs the line of the server's key (ssh-keys of the dumptype, with .pub). sshd says in its log why it refuses: journalctl -u ssh."] },
    { on: 'server', commands: ['su -s /bin/sh backup -c "ssh -v -o BatchMode=yes -l backup CLIENT true"'], steps: ['It must try the key that is meant; client-username of the dumptype is the user on the client.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT finds nothing.',
  words: ['Permission denied (publickey'],
  patterns: [/(?:(?<!\S)\S+@(?<host>\S+): )?Permission denied \(publickey/],
  followsFrom: ['ssh-key-unusable'],
  samples: [
    { line: 'backup@amclient: Permission denied (publickey,password,keyboard-interactive).', from: 'amcheck of 3.5.1 over ssh' },
  ],
}
