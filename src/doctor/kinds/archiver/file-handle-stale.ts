import type { FaultKind } from '../../contract.ts'

export const fileHandleStale: FaultKind = {
  code: 'file-handle-stale',
  severity: 'failure',
  symptom: 'A file server forgot what was mounted: files could not be read',
  cause: 'The directory that is mounted over NFS was removed, moved or exported anew on the server; the client holds a handle that means nothing any more.',
  confidence: 'certain',
  advice: 'Mount the file system again on the client.',
  cures: [
    { on: 'client', commands: ['umount -fl PATH', 'mount PATH'], steps: ['See what holds it first (fuser -vm PATH).'] },
    { on: 'disklist', steps: ['Better: dump the directory on the file server itself.'] },
  ],
  check: 'ls PATH on the client works, and the next dump names no such file.',
  words: ['Stale file handle', 'Stale NFS file handle', 'endpoint is not connected'],
  patterns: [/: Stale (?:NFS )?file handle/, /tar: .*: Transport endpoint is not connected/],
  samples: [
    { line: '  ? /bin/tar: ./export/mail: Warning: Cannot stat: Stale file handle', from: 'GNU tar 1.34 in the run log of 3.5.1' },
    { line: '? gtar: ./export: Cannot stat: Stale NFS file handle', from: 'clients of Amanda 2.4 to 3.3' },
  ],
}
