import type { FaultKind } from '../../contract.ts'

export const filterFailed: FaultKind = {
  code: 'filter-failed',
  severity: 'failure',
  symptom: 'The program that compresses or encrypts on the client ended with an error',
  cause: 'Its exit status is in the line, and what it said stands in the lines before. Without such words look for a missing licence or key, a full /tmp, too little memory.',
  confidence: 'likely',
  advice: 'Run the program by hand on the client with some data, and read what it says.',
  cures: [
    { on: 'client', commands: ['head -c 1000000 /dev/urandom | PROGRAM | PROGRAM -d | wc -c'], steps: ['As the user of Amanda.'] },
  ],
  check: 'The command prints 1000000.',
  words: ['compress returned', 'encrypt returned', 'compress (', 'encrypt ('],
  patterns: [/\[(?:compress|encrypt) \(\d+\) .*returned \d+\]/, /\[(?:compress|encrypt) returned \d+\]/],
  followsFrom: ['idle-connection-cut', 'data-timeout', 'filter-missing', 'encryption-key-missing', 'client-disk-full', 'client-out-of-memory'],
  samples: [
    { line: 'FAIL dumper amclient /srv/many 20261126211008 0 [compress (11340) compress returned 3]', from: 'a run of 3.5.1 (testdata/doctor)' },
    { line: 'sendbackup: error [compress returned 1]', from: 'clients of Amanda 2.4 to 3.3' },
  ],
}
