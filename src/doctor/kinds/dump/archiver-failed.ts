import type { FaultKind } from '../../contract.ts'
import { CAUSES_ON_CLIENT } from '../causes-on-client.ts'

export const archiverFailed: FaultKind = {
  code: 'archiver-failed',
  severity: 'failure',
  symptom: 'tar, or another program on the client, ended with an error',
  cause: 'The number is the exit status of the program. For GNU tar 2 is a fatal error: a disk that cannot be read, an option it does not know, no permission.',
  confidence: 'likely',
  advice: 'Read what the program said in its debug file on the client, and run it by hand.',
  cures: [
    { on: 'client', steps: ['Read the lines of the program above it in the report, and its debug file (runtar, amgtar, sendbackup; agent.log of Holdfast).', 'Run the command that the debug file shows by hand, as root.'] },
  ],
  check: 'The program ends with 0 or 1.',
  words: [' returned ', ' exited with status'],
  patterns: [/\[(?:dump|Application|index) \(\d+\) \S+ returned \d+\]/, /\[\/\S+ returned \d+\]/, /tar exited with status (?:[2-9]|\d\d)/, /(?:^|\[)\/\S+ exited with status [1-9]\d*/, /: Application '[^']*': exited with status [1-9]\d*/],
  followsFrom: [...CAUSES_ON_CLIENT, 'recovery-dump-truncated', 'recovery-crc-mismatch'],
  samples: [
    { line: 'FAIL dumper client /lab/failing 20261126213732 0 [/bin/false exited with status 1]', from: 'a run log of Holdfast' },
    { line: 'FAIL dumper laptop /home 20261126211001 0 [tar exited with status 2: tar: ./file: Read error at byte 0, while reading 512 bytes: Input/output error]', from: 'a run log of Holdfast' },
    { line: 'sendbackup: error [dump (4711) /bin/tar returned 2]', from: 'the texts of Amanda 3.5.1 (docs/formats/services.md)' },
    { line: 'FAIL planner amclient /srv/gone 20261124010203 0 "[/usr/lib/amanda/runtar exited with status 2: see /var/log/amanda/client/lab/sendsize.20261124010203.debug]"', from: 'the texts of Amanda 3.5.1 (docs/formats/services.md)' },
    { line: 'FAIL dumper web /home 0 [/usr/bin/gtar returned 2]', from: 'clients of Amanda 2.4 to 3.3' },
    { line: 'sendbackup: error [/bin/tar returned 2]', from: 'clients of Amanda 2.4 to 3.3' },
  ],
}
