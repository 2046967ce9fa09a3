import type { FaultKind } from '../../contract.ts'

export const includeMatchesNothing: FaultKind = {
  code: 'include-matches-nothing',
  severity: 'failure',
  symptom: 'Nothing on the client matches what is to be included',
  cause: 'include names patterns below the directory of the disk, and none of them fits a file there.',
  confidence: 'certain',
  advice: 'Correct include in the dumptype; patterns begin with ./ and wildcards stand in the last part only.',
  cures: [
    { on: 'client', commands: ['ls DIRECTORY'], steps: ['include: ["./data*"] takes every entry of the disk that begins with data.'] },
  ],
  check: 'holdfast check HOST finds nothing.',
  words: ['matches what is to be included'],
  patterns: [/no file of (?<disk>\S+) matches what is to be included/],
  samples: [
    { line: 'FAIL dumper client /srv/include 20261126214103 0 [no file of /srv/include matches what is to be included]', from: 'testdata/doctor/own-settings, a run of Holdfast' },
  ],
}
