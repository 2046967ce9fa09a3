import type { FaultKind } from '../../contract.ts'

export const applicationIncapable: FaultKind = {
  code: 'application-incapable',
  severity: 'failure',
  symptom: 'The application of the dumptype cannot do what the dumptype asks of it',
  cause: 'Each application says what it supports: exclude and include lists, kinds of estimates, levels, a data path. A dumptype that asks for more is refused.',
  confidence: 'certain',
  advice: 'Take out of the dumptype what the application does not support.',
  cures: [
    { on: 'client', commands: ['/usr/lib/amanda/application/NAME support'], steps: ['support prints what it can do.'] },
    { on: 'amanda.conf', steps: ['A dumptype of its own for this application, without what it lacks; or another application.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT finds nothing.',
  words: ['Application \'', 'doesn\'t support'],
  patterns: [/Application '[^']+':? (?:doesn't|does not) support /, /Application '[^']+' can't (?:do|estimate) /, /application \S+ doesn't support /],
  samples: [
    { line: 'HOST amclient ERROR: /srv/many: Application \'amlab\': doesn\'t support exclude-list', from: 'amcheck of 3.5.1' },
    { line: 'FAIL planner amclient /srv/many 20261124010203 0 "[Application \'amlab\' can\'t do CALCSIZE estimate]"', from: 'the texts of Amanda 3.5.1' },
  ],
}
