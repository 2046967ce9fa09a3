import type { FaultKind } from '../../contract.ts'

export const snapshotFileDamaged: FaultKind = {
  code: 'snapshot-file-damaged',
  severity: 'failure',
  symptom: 'A list of files of an earlier dump (snapshot file) cannot be read by tar',
  cause: 'For incremental dumps tar reads the list that it wrote before, in gnutar-lists. It is cut off (a full disk, a crash), or another version of tar wrote it.',
  confidence: 'certain',
  advice: 'Force a full dump of the disk: it begins a new list.',
  cures: [
    { on: 'server', commands: ['amadmin CONFIG force CLIENT DISK'], steps: ['The full dump does not read the list.'] },
    { on: 'client', commands: ['ls -l /var/lib/amanda/gnutar-lists; df -h /var/lib/amanda'], steps: ['Look at the file that is named, and at the disk it is on.'] },
  ],
  check: 'The next incremental dump ends.',
  words: ['snapshot file', 'Unexpected EOF', 'in snapshot'],
  patterns: [/tar: \S+: (?:.*in snapshot file|.*snapshot file)/, /tar: \S*_\d+(?:\.new)?:\d*:? ?(?:Unexpected|Invalid|Missing|Bad)/],
  samples: [
    { line: 'Thu Nov 26 21:32:08.441445757 2026: pid 32472: thd-0x55ed7cdf5e00: sendsize: /bin/tar: /var/lib/amanda/gnutar-lists/amclient_srv_many_1.new: Unexpected EOF in snapshot file', from: 'a run of 3.5.1 (testdata/doctor)' },
  ],
}
