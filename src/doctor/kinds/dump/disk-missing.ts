import type { FaultKind } from '../../contract.ts'

export const diskMissing: FaultKind = {
  code: 'disk-missing',
  severity: 'failure',
  symptom: 'The directory of a disklist entry does not exist on the client',
  cause: 'The path in the disklist is wrong, or a file system that should be mounted there is not, and its mount point is gone as well.',
  confidence: 'certain',
  advice: 'Mount the file system, or correct the path.',
  cures: [
    { on: 'client', steps: ['ls -ld PATH, and findmnt PATH if it should be a mount: mount it, and see that it is mounted before the night.'] },
    { on: 'disklist or holdfast.yaml', steps: ['Correct the path, or take the entry out.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT, or holdfast check CLIENT, finds nothing.',
  words: [': Cannot open: No such file', ': Cannot chdir', 'Could not access', 'there is no directory /'],
  patterns: [/: \S*tar: (?<disk>\/\S*): Cannot (?:open|chdir): No such file or directory/, /Could not access '?(?<disk>[^'\s]+)'? .*No such file or directory/, /there is no directory (?<disk>\/[^\s\])"]*)/],
  samples: [
    { line: 'FAIL dumper laptop /srv/gone 20261126211001 0 [[there is no directory /srv/gone]]', from: 'a run log of Holdfast' },
    { line: 'Thu Nov 26 19:12:31.493315156 2026: pid 6102: thd-0x563092761e00: sendsize: /bin/tar: /srv/gone: Cannot open: No such file or directory', from: 'sendsize of 3.5.1' },
    { line: "HOST amclient ERROR: Could not access '/srv/gone' (/srv/gone): No such file or directory", from: 'amcheck of 3.5.1' },
  ],
}
