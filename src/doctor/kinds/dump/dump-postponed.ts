import type { FaultKind } from '../../contract.ts'

export const dumpPostponed: FaultKind = {
  code: 'dump-postponed',
  severity: 'notice',
  symptom: 'The client asked to try a dump again later',
  cause: 'An application that cannot dump just now (a database that is loaded, a lock) says so, and the server comes back after the time that it asked for.',
  confidence: 'certain',
  advice: 'Nothing if the dump succeeded later in the same run.',
  cures: [
    { on: 'client', steps: ['If it happens every night, move the dump (starttime in the dumptype) away from what is in its way.'] },
  ],
  check: 'The run has a dump of that disk.',
  words: ['RETRY dumper', 'sendbackup: retry'],
  patterns: [/^RETRY dumper (?<host>\S+) (?<disk>\S+) /, /sendbackup: retry\b/],
  samples: [
    { line: 'RETRY dumper amclient /srv/many 20261126210835 0 delay 1 level 0 message "database is being loaded"', from: 'a run of 3.5.1 (testdata/doctor)' },
  ],
}
