import type { FaultKind } from '../../contract.ts'

export const heldDumpDamaged: FaultKind = {
  code: 'held-dump-damaged',
  severity: 'failure',
  symptom: 'A dump on the holding disk is damaged, and was not written to a volume',
  cause: 'Its bytes do not have the checksum of when they were written, or the file is shorter than its header says. The disk or memory of the server changed them, or the file was cut.',
  confidence: 'certain',
  advice: 'Check the disk that holds it; the next run dumps the disk again. Remove the damaged file when nothing of it is needed.',
  cures: [
    { on: 'server', commands: ['dmesg | grep -iE "i/o error|blk_update"', 'holdfast dump HOST DISK --level full'], steps: ['The report names the file. It stays where it is, and holdfast flush meets it again, until you remove it.'] },
  ],
  check: 'holdfast flush leaves nothing on the holding disk, and holdfast verify finds every checksum right.',
  faultCodes: ['holding-damaged', 'dump-crc-mismatch'],
  words: ['as when it was written', 'on its way to the volume', 'bytes too early'],
  patterns: [/its checksum is \S+ and not \S+ as when it was written/, /the dump has the checksum \S+ on its way to the volume and not/, /the dump ends \d+ bytes too early/],
  samples: [
    { line: 'FAIL taper "ST:main" "POOL:main" client /srv/second 20261126214200 0 "/srv/holding/20261126214200/client._lab_second.0: its checksum is 131fd936:3178496 and not 94572562:3178496 as when it was written"', from: 'testdata/doctor/own-held-damaged, a run of Holdfast' },
  ],
}
