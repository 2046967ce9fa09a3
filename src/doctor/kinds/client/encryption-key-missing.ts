import type { FaultKind } from '../../contract.ts'

export const encryptionKeyMissing: FaultKind = {
  code: 'encryption-key-missing',
  severity: 'failure',
  symptom: 'The encryption program has no key or no pass phrase',
  cause: 'amcrypt-ossl reads its pass phrase from .am_passphrase in the home directory of the user of Amanda, amcrypt from .am_passphrase and its key ring, amgpgcrypt from .gnupg; on the machine where it runs. A new machine does not have them.',
  confidence: 'certain',
  advice: 'Put the pass phrase or key on the machine, and keep a copy elsewhere: without it no restore is possible.',
  cures: [
    { on: 'client or server', commands: ['getent passwd backup', 'ls -l ~backup/.am_passphrase ~backup/.gnupg'], steps: ['Owner is the user of Amanda, mode 600.'] },
  ],
  check: 'echo test | PROGRAM | PROGRAM -d prints test, as the user of Amanda.',
  words: ['am_passphrase', 'secret key', 'No public key', 'bad decrypt'],
  patterns: [/cannot open \S*am_passphrase/, /am_passphrase: No such file/, /gpg: .*(?:no default secret key|No public key|No secret key)/i],
  samples: [
    { line: '  ? /usr/sbin/amcrypt-ossl: 81: cannot open /var/backups/.am_passphrase: No such file', from: 'a run of 3.5.1 (testdata/doctor)' },
  ],
}
