import type { FaultKind } from '../../contract.ts'

export const volumeSeekError: FaultKind = {
  code: 'volume-seek-error',
  severity: 'failure',
  symptom: 'The drive could not be moved to the file or block that was wanted',
  cause: 'The volume ends before that file, the drive lost its position, or its driver does not know the command. For a robot: somebody else moved the tape meanwhile.',
  confidence: 'likely',
  advice: 'Rewind the drive and see whether mt can move to that file.',
  cures: [
    { on: 'server', commands: ['mt -f DEVICE rewind', 'mt -f DEVICE fsf N'], steps: ['If mt fails as well, the drive or its driver is at fault. If it does not, set the device properties FSF, BSF and EOM as man amanda-devices says for this drive.'] },
  ],
  check: 'mt -f DEVICE status shows the file that was asked for.',
  words: ['Could not seek', 'Error seeking within file', "Couldn't seek to end of tape"],
  patterns: [/Could not seek (?:forward|backward|to file)\b/, /Error seeking within file: /, /Couldn't seek to end of tape: /],
  samples: [
    { line: 'taper: Could not seek forward to file 12', from: 'the texts of Amanda 3.5.1' },
    { line: 'Error seeking within file: Invalid argument', from: 'the texts of Amanda 3.5.1' },
  ],
}
