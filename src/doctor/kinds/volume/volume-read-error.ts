import type { FaultKind } from '../../contract.ts'

export const volumeReadError: FaultKind = {
  code: 'volume-read-error',
  severity: 'failure',
  symptom: 'A volume could not be read: its drive or disk reported an error',
  cause: 'The error comes from the kernel: a damaged tape, a drive that is dirty or out of adjustment, a disk with bad blocks.',
  confidence: 'certain',
  advice: 'Look at the kernel log, and read the volume in another drive or from a copy of the disk.',
  cures: [
    { on: 'server', commands: ['dmesg | tail -50'], steps: ['For a tape: clean the drive, then read the cartridge in the drive that wrote it. For a disk: copy it first with ddrescue, then read the copy.', 'Other volumes may have an older dump of the same disk: amadmin CONFIG find HOST DISK.'] },
  ],
  check: 'amcheckdump CONFIG validates the dump.',
  words: ['Error reading', 'IO error reading tape label'],
  patterns: [/Error reading (?:fd \d+|from tape device|Amanda header): Input\/output error/, /Error reading from tape device: /, /IO error reading tape label/],
  samples: [
    { line: 'Problem reading Amanda header: Error reading fd 4: Input/output error', from: 'testdata/doctor/fetch-read-error' },
    { line: 'Error reading from tape device: Input/output error', from: 'the texts of Amanda 3.5.1' },
  ],
}
