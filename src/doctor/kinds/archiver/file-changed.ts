import type { FaultKind } from '../../contract.ts'

export const fileChanged: FaultKind = {
  code: 'file-changed',
  severity: 'notice',
  symptom: 'A file changed while it was read',
  cause: 'A program wrote to the file during the dump. What is in the dump may be half old and half new; for log files that does not matter, for databases, mailboxes and images of virtual machines it does.',
  confidence: 'certain',
  advice: 'Nothing for log files; dump databases and images from a snapshot or after a script has quieted them.',
  cures: [
    { on: 'client', steps: ['For files that must be whole: dump a snapshot (LVM, ZFS, btrfs) of the file system, or let a script of the dumptype stop the writer or dump the database to a file before (execute_on pre-dle-backup).'] },
    { on: 'amanda.conf', steps: ['Where it does not matter, amgtar can be told to keep quiet: property "NORMAL" ": file changed as we read it$".'] },
  ],
  check: 'The dump is no longer called strange.',
  words: ['file changed as we read it'],
  patterns: [/: file changed as we read it/],
  samples: [
    { line: '  ? /bin/tar: ./grows: file changed as we read it', from: 'a run of 3.5.1 (testdata/doctor)' },
    { line: '? gtar: ./var/log/messages: file changed as we read it', from: 'clients of Amanda 2.4 to 3.3' },
  ],
}
