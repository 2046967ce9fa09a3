import type { FaultKind } from '../../contract.ts'

export const fileNotPermitted: FaultKind = {
  code: 'file-not-permitted',
  severity: 'failure',
  symptom: 'The backup program was not allowed to read files: they are not in the dump',
  cause: 'Even as root tar may not read everything: a file server maps root to nobody (root_squash), a FUSE mount belongs to one user, SELinux or AppArmor forbids it, or tar did not run as root because runtar lost its set-uid bit.',
  confidence: 'likely',
  advice: 'Dump these files on the machine that owns them, or allow root to read them.',
  cures: [
    { on: 'client', commands: ['ls -l /usr/lib/amanda/runtar'], steps: ['ls -lZ FILE and findmnt -T FILE tell whose it is and from where it is mounted.', 'Of NFS: dump the directory on the file server itself, or export it with no_root_squash to this client.', 'Of FUSE: mount with allow_root, or leave it out (tar stays on one file system by itself).', 'If all files of a user are named, runtar does not run as root: see program-not-setuid.'] },
  ],
  check: 'The dump names no such file.',
  words: ['Permission denied', 'Operation not permitted'],
  patterns: [/tar: \S.*: (?:Warning: )?Cannot (?:open|stat|read|savedir|opendir|readlink|chdir|access): (?:Permission denied|Operation not permitted)/],
  samples: [
    { line: '  ? /bin/tar: ./secret: Warning: Cannot open: Permission denied', from: 'a run of 3.5.1 (testdata/doctor)' },
    { line: '? gtar: ./home/anna: Cannot open: Permission denied', from: 'clients of Amanda 2.4 to 3.3' },
  ],
}
