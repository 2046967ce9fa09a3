import type { FaultKind } from '../../contract.ts'

export const filterProgramFailed: FaultKind = {
  code: 'filter-program-failed',
  severity: 'failure',
  symptom: 'A program that compresses or encrypts dumps failed',
  cause: 'It ended with an error, or before it had read everything. Its own words stand in the line: a key that is missing or has expired, an option it does not know.',
  confidence: 'likely',
  advice: 'Read the lines that the program printed, and run it by hand as the user of the server.',
  cures: [
    { on: 'server', commands: ['PROGRAM < /etc/hostname > /dev/null; echo $?'], steps: ['As the user that runs the server, without a terminal: gpg needs its key and no passphrase prompt.'] },
  ],
  check: 'holdfast dump HOST DISK ends well, and holdfast verify --native reads it back.',
  faultCodes: ['filter-failed', 'process-failed'],
  words: ['before it had read all of its input', 'the filter /'],
  patterns: [/ended before it had read all of its input/, /the filter \/\S+ (?:exited with status \d+|was ended by SIG[A-Z]+)/],
  samples: [
    { line: 'FAIL dumper client /srv/failing 20261126214103 0 [the filter /bin/false exited with status 1]', from: 'testdata/doctor/own-settings, a run of Holdfast' },
    { line: 'FAIL dumper laptop /home 20261126211001 0 [/usr/bin/gpg ended before it had read all of its input]', from: 'the texts of Holdfast' },
  ],
}
