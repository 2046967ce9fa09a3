import type { FaultKind } from '../../contract.ts'

export const configWrong: FaultKind = {
  code: 'config-wrong',
  severity: 'failure',
  symptom: 'The configuration has mistakes, and the program ended before it did anything',
  cause: 'A line of amanda.conf, or of a file that it includes, is not what Amanda can read. One mistake, such as a block on one line, makes many more lines after it look wrong: the first is the one to mend.',
  confidence: 'certain',
  advice: 'Mend the first line that is named, and run amgetconf CONFIG org.',
  cures: [
    { on: 'server', steps: ['Mend the first line that is named, then run amgetconf CONFIG org, which reads all of it. A block begins with { at the end of a line, and has one parameter a line.'] },
  ],
  check: 'amgetconf CONFIG org prints the organisation and no error.',
  words: ["', line ", 'errors processing config file', 'parse error: '],
  patterns: [/'(?:[^']*)', line \d+: .*(?:expected|unknown|is not|missing|duplicate|error|could not open conf file)/, /errors processing config file/, /^parse error: |: parse error: .*(?:not defined|could not open conf file)/],
  followsFrom: ['disklist-wrong'],
  samples: [
    { line: "Thu Nov 26 19:11:22.933667671 2026: pid 5365: thd-0x55d0f533ee00: amdump: '/etc/amanda/lab/amanda.conf', line 31: end of line is expected", from: 'amdump of 3.5.1' },
    { line: 'Thu Nov 26 19:11:22.991269712 2026: pid 5365: thd-0x55d0f533ee00: amdump: critical (fatal): errors processing config file at /usr/sbin/amdump line 86.', from: 'amdump of 3.5.1' },
  ],
}
