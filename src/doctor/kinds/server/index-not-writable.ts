import type { FaultKind } from '../../contract.ts'

export const indexNotWritable: FaultKind = {
  code: 'index-not-writable',
  severity: 'failure',
  symptom: 'The index of a dump could not be written, and the dump was given up',
  cause: 'The directory of the indexes belongs to another user, or its file system is full.',
  confidence: 'certain',
  advice: 'Give the directory to the user of Amanda, and see that its file system has room.',
  cures: [
    { on: 'server', commands: ['amgetconf CONFIG indexdir', 'chown -R backup:backup INDEXDIR', 'df -h INDEXDIR'], steps: ['Debian calls the user of Amanda backup; others amanda or amandabackup.'] },
  ],
  check: 'amcheck -s CONFIG names no problem of the index dir.',
  words: ['err open /', 'err create /', "index dir '"],
  patterns: [/err (?:open|create) \/\S+: /, /index dir '[^']*': not writable/],
  samples: [
    { line: 'FAIL dumper amclient /srv/many 20261126214515 0 [err open /var/lib/amanda/lab/index/amclient/_srv_many/20261126214515_0-unsorted.gz.tmp: Permission denied]', from: 'testdata/doctor/index-not-writable' },
  ],
}
