import type { FaultKind } from '../../contract.ts'

export const debugDirectoryUnusable: FaultKind = {
  code: 'debug-directory-unusable',
  severity: 'failure',
  symptom: 'Amanda on the client cannot write its debug files, and ends before it does anything',
  cause: 'Every program of Amanda opens a debug file first; where the directory is missing or belongs to another user it ends. xinetd that starts amandad as another user than before does that, too. amandad prints that to the network connection, so the server sees bytes that are no answer.',
  confidence: 'certain',
  advice: 'Make the directory on the client and give it to the user of Amanda.',
  cures: [
    { on: 'client', commands: ['install -d -o backup -g backup -m 750 /var/log/amanda'], steps: ['The directory is named in the message.', 'user in /etc/xinetd.d/amanda must be the user of Amanda: the same that owns the directory.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT finds nothing.',
  words: ['create debug directory', 'open debug directory', 'open debug file'],
  patterns: [/(?:create|open) debug (?:directory|file) /],
  samples: [
    { line: 'ERROR: amclient: selfcheck request failed: tcpm_recv_token: invalid size: "amandad: critical (fatal): create debug directory \\"/var/log/amanda/amandad/\\": Permission denied\\naman"', from: 'amcheck of 3.5.1' },
    { line: 'error result for host amclient disk /srv/many: Request to amclient failed: tcpm_recv_token: invalid size: "amandad: critical (fatal): create debug directory \\"/var/log/amanda/amandad/\\": Permission denied\\naman"', from: 'a run of 3.5.1 (testdata/doctor)' },
  ],
}
