import type { FaultKind } from '../../contract.ts'

export const tapeDeviceMissing: FaultKind = {
  code: 'tape-device-missing',
  severity: 'failure',
  symptom: 'The device of the tape drive cannot be opened',
  cause: 'There is no such device, it has no tape, another program has it open, or the user of Amanda may not open it.',
  confidence: 'certain',
  advice: 'See whether mt can use the device as the user of Amanda.',
  cures: [
    { on: 'server', commands: ['ls -l DEVICE', "su backup -s /bin/sh -c 'mt -f DEVICE status'", 'fuser -v DEVICE'], steps: ['Use the non-rewinding name (/dev/nst0) or a link below /dev/tape/by-id. The user of Amanda must be in the group of the device, on Debian tape.'] },
  ],
  check: 'amtape CONFIG current shows the label.',
  words: ["Can't open tape device", 'is not a tape device', 'is not ready or is empty'],
  patterns: [/Can't open tape device \S+: (?!Is a directory)/, /File \S+ is not a tape device/, /Tape device \S+ is not ready or is empty/],
  samples: [
    { line: "INFO taper Slot 1 is a device in error: Can't open tape device /dev/nst0: No such file or directory, autolabel disabled", from: 'testdata/doctor/tape-drive-missing' },
  ],
}
