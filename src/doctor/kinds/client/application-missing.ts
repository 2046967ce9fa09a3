import type { FaultKind } from '../../contract.ts'

export const applicationMissing: FaultKind = {
  code: 'application-missing',
  severity: 'failure',
  symptom: 'The application of the dumptype is not installed on the client, or cannot be run',
  cause: 'Applications (amgtar, amstar, amsamba, ampgsql, your own) are programs in one directory of the client. It is not there, has another name, is not executable, or its interpreter is missing.',
  confidence: 'certain',
  advice: 'Install the application on the client, or correct plugin in the dumptype.',
  cures: [
    { on: 'client', commands: ['ls -l /usr/lib/amanda/application', '/usr/lib/amanda/application/NAME support'], steps: ['The name must be that of plugin in amanda.conf; the first line of a script must name an interpreter that is installed.'] },
  ],
  check: 'support prints lines such as CONFIG YES, and amcheck -c CONFIG CLIENT finds nothing.',
  words: ['Application \'', 'not found on client'],
  patterns: [/Application '[^']+' not found on client/, /Application '[^']+': \S+: error \[exec \/\S+: /, /Application '[^']+': can(?:not|non) execute support command/, /Application '[^']+': can't (?:create pipe|run 'support' command)/],
  followsFrom: ['script-missing'],
  samples: [
    { line: 'FAIL planner amclient /srv/many 20261126210923 0 "[Application \'amnone\': sendsize: error [exec /usr/lib/amanda/application/amnone: No such file or directory]]"', from: 'a run of 3.5.1 (testdata/doctor)' },
    { line: 'ERROR: amclient: Application \'amnone\' not found on client', from: 'the texts of Amanda 3.5.1' },
  ],
}
