import type { FaultKind } from '../../contract.ts'

export const timeStampOdd: FaultKind = {
  code: 'time-stamp-odd',
  severity: 'notice',
  symptom: 'Files have a time in the future, or one that cannot be',
  cause: 'The clock of the machine that wrote them was ahead, or it is behind on the one that reads them. Incremental dumps choose files by time, so with clocks apart they take too much or leave changes out.',
  confidence: 'likely',
  advice: 'Compare the clocks of both machines, and let them keep time (chrony, ntpd).',
  cures: [
    { on: 'both', commands: ['date -u; timedatectl', 'find PATH -newermt "now + 1 hour" -ls'], steps: ['See that both keep time, and correct files from the future with touch.'] },
  ],
  check: 'date -u says the same on both machines.',
  words: ['s in the future', 'implausibly old time stamp', 'out of time_t range'],
  patterns: [/: time stamp \S+ \S+ is \d\S* s in the future/, /: implausibly old time stamp/, /value \S+ out of time_t range/],
  samples: [
    { line: 'tar: ./tomorrow: time stamp 2027-01-01 00:00:00 is 3066000.123456789 s in the future', from: 'a run of 3.5.1 (testdata/doctor)' },
    { line: 'tar: ./ancient: implausibly old time stamp 1969-12-31 23:59:59', from: 'a run of 3.5.1 (testdata/doctor)' },
  ],
}
