import type { FaultKind } from '../../contract.ts'

export const lockFileNotWritable: FaultKind = {
  code: 'lock-file-not-writable',
  severity: 'failure',
  symptom: 'A program waits for ever for a file that it may not open',
  cause: 'Amanda locks a file by opening it for writing (command_file, tapelist.lock, the state of the changer). When it may not, it tries again without end and says nothing elsewhere: the run hangs. Often a file was made by root.',
  confidence: 'certain',
  advice: 'Give the file that is named, and its directory, to the user of Amanda.',
  cures: [
    { on: 'server', commands: ['chown -R backup:backup /etc/amanda/CONFIG /var/lib/amanda', 'ps -u backup -o pid,etime,args'], steps: ['Then end the run that hangs by its process ids, and run amcleanup CONFIG. Debian calls the user of Amanda backup; others amanda or amandabackup.'] },
  ],
  check: 'amdump ends.',
  words: ['file_lock_lock open failed'],
  patterns: [/file_lock_lock open failed \(/],
  samples: [
    { line: 'Thu Nov 26 21:05:53.507707975 2026: pid 7809: thd-0x5644d4979800: taper: file_lock_lock open failed (/var/lib/amanda/lab/vtapes/state): Permission denied', from: 'testdata/doctor/changer-state-not-writable' },
  ],
}
