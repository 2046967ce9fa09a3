import type { FaultKind } from '../../contract.ts'

export const clientDiskFull: FaultKind = {
  code: 'client-disk-full',
  severity: 'failure',
  symptom: 'A disk of the client is full: Amanda or tar could not write its own files there',
  cause: 'tar keeps lists of files in gnutar-lists, Amanda its debug files and temporary files; on a full disk the dump of every other disk of that client fails too.',
  confidence: 'certain',
  advice: 'Make room on the client\'s disk that is named in the line (often /var or /tmp).',
  cures: [
    { on: 'client', commands: ['df -h /var/lib/amanda /var/log/amanda /tmp; df -i /var/lib/amanda', 'du -xh --max-depth=2 /var | sort -h | tail'], steps: ['Look for what grew: logs, old debug files of Amanda, cores.'] },
  ],
  check: 'df shows room, and the next dump ends.',
  words: ['No space left on device', 'quota exceeded', ', has nothing available', ', only has '],
  patterns: [/(?:tar|runtar|sendbackup|sendsize|amandad|amgtar|calcsize)\b.*: (?:No space left on device|Disk quota exceeded)/, /\bdir '[^']+' needs [^,]+, (?:has nothing|only has [^,]+) available/],
  samples: [
    { line: '  ? /bin/tar: /var/lib/amanda/gnutar-lists/amclient_srv_many_0.new: Cannot close: No space left on device', from: 'a run of 3.5.1 (testdata/doctor)' },
    { line: 'HOST amclient ERROR: dir \'/tmp/amanda\' needs 64 KB, has nothing available', from: 'amcheck of 3.5.1' },
  ],
}
