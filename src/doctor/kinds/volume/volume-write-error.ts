import type { FaultKind } from '../../contract.ts'

export const volumeWriteError: FaultKind = {
  code: 'volume-write-error',
  severity: 'failure',
  symptom: 'A volume could not be written: its drive or disk reported an error',
  cause: 'The error comes from the kernel: a worn or dirty tape, a drive or cable that fails, a disk with bad blocks, a file system that was mounted read-only after an error.',
  confidence: 'certain',
  advice: 'Look at the kernel log of the server, and try another volume.',
  cures: [
    { on: 'server', commands: ['dmesg | tail -50'], steps: ['For a tape: clean the drive and try a new cartridge; if the error stays with the drive, have it repaired. For a disk: smartctl -a DEVICE, then replace what fails.', 'Mark the volume with amadmin CONFIG no-reuse LABEL so that it is not written again.'] },
  ],
  check: 'amdevcheck CONFIG says SUCCESS, and the next run writes a volume to its end.',
  words: ['Error writing', 'Short write on tape device'],
  patterns: [/Error writing (?:device fd \d+|block|filemark|file header|tapestart header): (?!No space left)/, /Short write on tape device/],
  samples: [
    { line: 'PARTIAL taper "ST:lab" "POOL:lab" amclient /srv/many 20261126210704 1 0 8ba4e796:522240 8ba4e796:522240 8ba4e796:522240 [sec 0.100000 bytes 0 kps 0.000000 orig-kb 510] "Error writing device fd 4: Input/output error"', from: 'testdata/doctor/volume-write-error' },
    { line: 'taper: Error writing block: Input/output error', from: 'the texts of Amanda 3.5.1' },
  ],
}
