import type { FaultKind } from '../../contract.ts'

export const fileShrank: FaultKind = {
  code: 'file-shrank',
  severity: 'warning',
  symptom: 'A file became shorter while it was read, and the rest of it was filled with zeros',
  cause: 'Another program truncated or rewrote the file during the dump. In the dump it has its old length, and zeros where tar found nothing more: that copy is not a good one.',
  confidence: 'certain',
  advice: 'Dump the file from a snapshot, or stop its writer during the dump.',
  cures: [
    { on: 'client', steps: ['Find who rewrites the file at that hour (logrotate with copytruncate, a database, an export) and move one of the two in time.', 'For files that must be whole: dump a snapshot, or let a script of the dumptype stop the writer.'] },
  ],
  check: 'The next dump does not name the file.',
  words: ['padding with zeros', 'File shrank by', 'shrunk by'],
  patterns: [/: File (?:shrank|\S+ shrunk) by \d+ bytes?[;,] padding with zeros/, /: (?:File \S* ?shrunk|file \S* shrunk) by \d+ bytes/],
  samples: [
    { line: '  ? /bin/tar: ./shrinks: File shrank by 8110080 bytes; padding with zeros', from: 'a run of 3.5.1 (testdata/doctor)' },
    { line: '? gtar: File ./db/ibdata shrunk by 4096 bytes, padding with zeros', from: 'clients of Amanda 2.4 to 3.3' },
  ],
}
