import type { FaultKind } from '../../contract.ts'

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
  words: ['got signal'],
  patterns: [/\[(?:compress|encrypt|dump|Application|index) \(\d+\) \S+ got signal \d+\]/],
  followsFrom: ['idle-connection-cut', 'keepalive-half-cure', 'connections-lost-at-once', 'client-went-away', 'data-timeout'],
  samples: [
    { line: 'sendbackup: error [dump (4711) /bin/tar got signal 9]', from: 'the texts of Amanda 3.5.1 (docs/formats/services.md)' },
  ],
}
