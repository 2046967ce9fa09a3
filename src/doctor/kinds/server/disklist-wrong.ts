import type { FaultKind } from '../../contract.ts'

export const disklistWrong: FaultKind = {
  code: 'disklist-wrong',
  severity: 'failure',
  symptom: 'The disklist has mistakes, and nothing was dumped',
  cause: 'A line names a dumptype that is not defined, a disk stands there twice, a line ends early, or there is no disk at all. One such line stops the whole run.',
  confidence: 'certain',
  advice: 'Mend the line that is named, and run amadmin CONFIG disklist.',
  cures: [
    { on: 'server', commands: ['amadmin CONFIG disklist'], steps: ['A line is: host, disk, dumptype, each separated by blanks. The dumptype must be defined in amanda.conf with the same spelling; two entries of one directory need two names.'] },
  ],
  check: 'amadmin CONFIG disklist prints every disk.',
  words: ['disklist", line ', 'empty disklist', 'Errors processing disklist', 'ERROR amreport'],
  patterns: [/disklist", line \d+: /, /empty disklist "/, /Errors processing disklist/, /^ERROR amreport\s*$/],
  samples: [
    { line: 'ERROR amtrmlog "/etc/amanda/lab/disklist", line 2: duplicate disk record, previous on line 1', from: 'testdata/doctor/disklist-duplicate' },
    { line: 'FATAL planner empty disklist "/etc/amanda/lab/disklist"', from: 'testdata/doctor/disklist-empty' },
  ],
}
