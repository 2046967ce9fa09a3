import type { FaultKind } from '../../contract.ts'

export const applicationPropertyWrong: FaultKind = {
  code: 'application-property-wrong',
  severity: 'failure',
  symptom: 'The application does not know a property that the dumptype gives it',
  cause: 'Properties become options of the application. A name that is misspelt, or that is newer than the client, ends the application at once. The estimate may pass all the same.',
  confidence: 'certain',
  advice: 'Correct the property in the definition of the application.',
  cures: [
    { on: 'amanda.conf', commands: ['man amgtar'], steps: ['The manual page of the application lists its properties; - and _ are the same, capitals do not count.'] },
    { on: 'client', steps: ['A property can also come from amanda-client.conf.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT finds nothing.',
  words: ['unrecognized option', 'have priority for property', 'Bad property'],
  patterns: [/\bam\w+: unrecognized option/, /Both server client have priority for property/],
  samples: [
    { line: 'FAIL dumper amclient /srv/many 20261126210930 0 [amgtar: unrecognized option \'--no-such-property\']', from: 'a run of 3.5.1 (testdata/doctor)' },
  ],
}
