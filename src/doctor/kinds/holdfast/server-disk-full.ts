import type { FaultKind } from '../../contract.ts'

export const serverDiskFull: FaultKind = {
  code: 'server-disk-full',
  severity: 'failure',
  symptom: 'A file system of the server is full',
  cause: 'Something that Holdfast had to write found no space: catalog, indexes, logs, holding disk or a volume. The line names the file.',
  confidence: 'certain',
  advice: 'Free space on the file system that is named, or move the directory elsewhere in the configuration.',
  cures: [
    { on: 'server', commands: ['df -h', 'df -i', 'du -xsh /var/lib/holdfast /var/log/holdfast /var/cache/holdfast'], steps: ['df -i shows file systems that have space but no inodes left. What waits on the holding disk goes with holdfast flush.'] },
  ],
  check: 'holdfast check finds nothing, and holdfast dump ends well.',
  faultCodes: ['disk-full'],
  words: ['ENOSPC: no space', 'EDQUOT: '],
  patterns: [/\b(?:ENOSPC: no space left on device|EDQUOT: )/],
  samples: [
    { line: 'FAIL dumper laptop /home 20261126211001 0 [ENOSPC: no space left on device, write]', from: 'the texts of Holdfast' },
    { line: '{"level":50,"time":"2026-11-26T21:10:04.112Z","run":"20261126211001","code":"disk-full","error":"ENOSPC: no space left on device, write","msg":"a run could not be made"}', from: 'the texts of Holdfast' },
  ],
}
