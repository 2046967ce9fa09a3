import type { FaultKind } from '../../contract.ts'

export const tlsFileMissing: FaultKind = {
  code: 'tls-file-missing',
  severity: 'failure',
  symptom: 'The files of TLS are not where Amanda looks for them',
  cause: 'auth ssl needs a certificate, its key and the certificate of the authority on both sides (ssl-dir: me/crt.pem, me/private/key.pem, CA/crt.pem, or the ssl-*-file options), readable by the backup user.',
  confidence: 'certain',
  advice: 'Put certificate, key and authority where ssl-dir or the ssl-*-file options say.',
  cures: [
    { on: 'server and client', commands: ['ls -lR /etc/amanda/ssl', 'amgetconf CONFIG ssl-dir'], steps: ['The debug file of planner or amandad says which file it was loading last. Owner backup, and mode 0600 for the key.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT finds nothing.',
  words: ['system library::', 'must be set', 'ssl-cert-file failed', 'ssl-key-file failed', 'ssl-ca-cert-file failed'],
  patterns: [/error:\w+:system library::(?:No such file or directory|Permission denied)/, /ssl[-_](?:ca[-_])?(?:cert|key)[-_]file must be set/, /Load ssl-(?:ca-)?(?:cert|key)-file failed/, /no ssl-ca-cert-file defined/],
  samples: [
    { line: 'ERROR planner Request to amclient failed: error:80000002:system library::No such file or directory', from: 'a run log of 3.5.1' },
  ],
}
