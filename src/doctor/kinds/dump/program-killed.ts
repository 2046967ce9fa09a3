import type { FaultKind } from '../../contract.ts'
import { LOST_CONNECTIONS } from '../lost-connections.ts'

export const programKilled: FaultKind = {
  code: 'program-killed',
  severity: 'failure',
  symptom: 'A program of the dump was ended by a signal',
  cause: 'Signal 9 is a kill by an operator or by the system when memory ran out, 15 a polite end (a shutdown), 11 a crash, 13 a pipe that nobody reads any more.',
  confidence: 'likely',
  advice: 'Look on the client for who sent the signal: most often the system, when memory ran out.',
  cures: [
    { on: 'client', steps: ['dmesg | grep -i "out of memory", and the system log at that time.'] },
  ],
  check: 'The next dump ends by itself.',
  words: ['got signal', 'terminated with signal', 'tar was ended by SIG'],
  patterns: [/\[(?:compress|encrypt|dump|Application|index) \(\d+\) \S+ got signal \d+\]/, /\[\/\S+ got signal \d+\]/, /(?:run)?tar terminated with signal \d+/, /\btar was ended by SIG[A-Z]+/],
  followsFrom: [...LOST_CONNECTIONS, 'data-timeout', 'client-out-of-memory'],
  samples: [
    { line: 'FAIL dumper laptop /home 20261126211001 0 [tar was ended by SIGKILL]', from: 'a run log of Holdfast' },
    { line: 'sendbackup: error [dump (4711) /bin/tar got signal 9]', from: 'the texts of Amanda 3.5.1 (docs/formats/services.md)' },
    { line: 'FAIL dumper amclient /srv/many 20261126210923 0 [/usr/bin/tar terminated with signal 9: see /var/log/amanda/client/lab/amgtar.20261126210927000.debug]', from: 'a run of 3.5.1 (testdata/doctor)' },
    { line: 'sendbackup: error [/bin/gtar got signal 13]', from: 'clients of Amanda 2.4 to 3.3' },
  ],
}
