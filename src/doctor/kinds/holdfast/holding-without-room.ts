import type { FaultKind } from '../../contract.ts'

export const holdingWithoutRoom: FaultKind = {
  code: 'holding-without-room',
  severity: 'failure',
  symptom: 'No holding disk had room for a dump',
  cause: 'Dumps wait on the holding disk until they are on volumes. It holds dumps of earlier runs that no volume took, it is small for what is dumped at once, or other files fill its file system.',
  confidence: 'certain',
  advice: 'Write what waits to volumes with `holdfast flush`, or give the holding disk more room in the configuration.',
  cures: [
    { on: 'server', commands: ['holdfast status', 'holdfast flush', 'df -h HOLDING'], steps: ['If flush finds no volume, mend that first: holdfast check.'] },
    { on: 'holdfast.yaml', steps: ['Raise holding.use or lower keep-free, add a second holding disk, or set holding: never for a disk that is larger than it: its dump then goes straight to volumes.'] },
  ],
  check: 'holdfast status shows free room on the holding disk, and holdfast dump HOST DISK ends well.',
  faultCodes: ['holding-full'],
  words: ['the holding disks have ', 'no holding disk has room', 'no holding disk is configured'],
  patterns: [/the dump needs about \d+ bytes and the holding disks have -?\d+/, /no holding disk (?:has room|is configured)/],
  samples: [
    { line: 'FAIL dumper client /srv/endless 20261126214242 0 [/srv/holding/20261126214242/client._lab_endless.0: no holding disk has room left after 8351744 bytes]', from: 'testdata/doctor/own-disk-full, a run of Holdfast' },
    { line: 'FAIL dumper laptop /home 20261126211001 0 [/var/holding/20261126211001/laptop._home.0: no holding disk has room left after 8388608 bytes]', from: 'the texts of Holdfast' },
  ],
}
