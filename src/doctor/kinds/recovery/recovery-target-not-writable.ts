import type { FaultKind } from '../../contract.ts'

export const recoveryTargetNotWritable: FaultKind = {
  code: 'recovery-target-not-writable',
  severity: 'failure',
  symptom: 'What is restored could not be written into the target',
  cause: 'The directory has no room, or the user that runs the program may not write there. amfetchdump runs as the user of Amanda, not as root.',
  confidence: 'certain',
  advice: 'Choose a directory that the user may write, with room for the whole dump.',
  cures: [
    { on: 'server', commands: ['df -h TARGET', 'install -d -o backup -g backup -m 0700 TARGET'], steps: ['amfetchdump without -p writes the whole dump into the directory where it was started, or into -O TARGET.'] },
  ],
  check: 'The program ends without an error.',
  words: ['for writing: ', 'Error writing to fd'],
  patterns: [/Could not open '[^']*' for writing: /, /Error writing to fd \d+: /],
  samples: [
    { line: "Could not open '' for writing: Permission denied", from: 'testdata/doctor/fetch-target-not-writable' },
    { line: 'Error writing to fd 7: No space left on device', from: 'testdata/doctor/fetch-target-full' },
  ],
}
