import type { FaultKind } from '../../contract.ts'

export const logDirectoryNotUsable: FaultKind = {
  code: 'log-directory-not-usable',
  severity: 'failure',
  symptom: 'The directory of the logs is not there or may not be written',
  cause: 'Without a log no run begins, and dumps that exist cannot be found. The directory was moved, is not mounted, or belongs to another user.',
  confidence: 'certain',
  advice: 'Make the directory, or give it to the user of Amanda.',
  cures: [
    { on: 'server', commands: ['amgetconf CONFIG logdir', 'install -d -o backup -g backup -m 0750 LOGDIR'], steps: ['If logs exist elsewhere, move them there: recovery reads them. Debian calls the user of Amanda backup; others amanda or amandabackup.'] },
  ],
  check: 'amcheck -s CONFIG names no problem of the log dir.',
  words: ["logdir '", "log dir '"],
  patterns: [/logdir '[^']*' do not exists/, /log dir '[^']*' \([^)]*\): not writable/],
  samples: [
    { line: "ERROR: log dir '/var/lib/amanda/lab/log' (Permission denied): not writable", from: 'testdata/doctor/logdir-not-writable' },
  ],
}
