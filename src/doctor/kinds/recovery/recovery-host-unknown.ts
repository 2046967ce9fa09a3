import type { FaultKind } from '../../contract.ts'

export const recoveryHostUnknown: FaultKind = {
  code: 'recovery-host-unknown',
  severity: 'notice',
  symptom: 'amrecover asked for a host or disk that the disklist does not name',
  cause: 'Only hosts and disks of the disklist can be chosen. amrecover begins with the name of its own machine: when that is not in the disklist, this line stands there although nothing is wrong.',
  confidence: 'certain',
  advice: 'Choose the host and disk by the names in the disklist (sethost, setdisk).',
  cures: [
    { on: 'server', commands: ['amadmin CONFIG disklist | grep -A3 host'], steps: ['In amrecover: listhost, sethost HOST, listdisk, setdisk DISK. For a disk that was removed from the disklist, put it back (strategy skip keeps it from being dumped), or use amfetchdump.'] },
  ],
  check: 'setdisk answers 200.',
  words: ['is not in your disklist', "is not in the server's disklist"],
  patterns: [/Host \S+ is not in your disklist/, /Disk \S+ is not in the server's disklist/],
  samples: [
    { line: '501 Host elsewhere is not in your disklist.', from: 'testdata/doctor/recover-host-unknown' },
    { line: "501 Disk amclient:/srv/other is not in the server's disklist.", from: 'testdata/doctor/recover-disk-unknown' },
  ],
}
