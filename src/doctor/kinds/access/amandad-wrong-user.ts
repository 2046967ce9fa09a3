import type { FaultKind } from '../../contract.ts'

export const amandadWrongUser: FaultKind = {
  code: 'amandad-wrong-user',
  severity: 'failure',
  symptom: 'amandad of the client was started as the wrong user',
  cause: 'amandad must run as the backup user that it was built for; xinetd, inetd or systemd starts it as another.',
  confidence: 'certain',
  advice: 'Set user = backup (the user that the message names) in xinetd or systemd of the client.',
  cures: [
    { on: 'client', commands: ['grep -n user /etc/xinetd.d/amanda', 'systemctl reload xinetd'], steps: ['user and group must be those of Amanda; files in /var/log/amanda and /var/lib/amanda that the wrong user made must be given back with chown -R backup.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT finds nothing.',
  words: ['must be run as user', 'running as user'],
  patterns: [/'amandad' must be run as user '/, /amandad: .*running as user \S+ instead of/],
  samples: [
    { line: 'ERROR: amclient: selfcheck request failed: tcpm_recv_token: invalid size: "amandad: \'amandad\' must be run as user \'backup\' when using \'bsdtcp\' authentication\\n"', from: 'amcheck of 3.5.1' },
    { line: 'amandad: error [running as user "root" instead of "amanda"]', from: 'the texts of Amanda 2.4' },
  ],
}
