import type { FaultKind } from '../../contract.ts'

export const scriptMissing: FaultKind = {
  code: 'script-missing',
  severity: 'failure',
  symptom: 'A script of the dumptype is not installed on the client',
  cause: 'Scripts are programs in the same directory as applications. A dump with a script that cannot be run is not made.',
  confidence: 'certain',
  advice: 'Install the script on the client, or correct plugin in the definition of the script.',
  cures: [
    { on: 'client', commands: ['ls -l /usr/lib/amanda/application', '/usr/lib/amanda/application/NAME support'], steps: ['It must be executable, and answer support.'] },
    { on: 'client', commands: ['ls -l SCRIPTDIR'], steps: ['An agent of Holdfast: SCRIPTDIR is script-dir of agent.yaml.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT, or holdfast check CLIENT, finds nothing.',
  faultCodes: ['script-missing'],
  words: ['Script \''],
  patterns: [/Script '[^']+' not found on client/, /Script '[^']+' command 'support': /, /Script '[^']+': cannot execute support command/, /Script '[^']+' is not in \/\S*/],
  samples: [
    { line: "FAIL dumper client /srv/scripted 20261127004103 0 [Script 'nowhere' is not in /etc/holdfast/scripts]", from: 'the texts of Holdfast' },
    { line: 'FAIL dumper amclient /srv/many 20261126210943 0 [Script \'script-none\' command \'support\': sendbackup: error [exec /usr/lib/amanda/application/script-none: No such file or directory]', from: 'a run of 3.5.1 (testdata/doctor)' },
  ],
}
