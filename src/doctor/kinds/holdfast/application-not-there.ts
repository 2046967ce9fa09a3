import type { FaultKind } from '../../contract.ts'

export const applicationNotThere: FaultKind = {
  code: 'application-not-there',
  severity: 'failure',
  symptom: 'The agent does not have the application of the dumptype',
  cause: 'The dumptype names a program for making the dump that this agent does not know: an application of stock Amanda while plugin-dir is not set, or a name with a mistake.',
  confidence: 'certain',
  advice: 'Correct the application in the dumptype, or set plugin-dir in agent.yaml on the client.',
  cures: [
    { on: 'holdfast.yaml', commands: ['holdfast config show'], steps: ['application: gnutar and command are always there.'] },
    { on: 'client', commands: ['ls /usr/libexec/amanda/application /usr/lib/amanda/application'], steps: ['plugin-dir in agent.yaml must be the directory that has the application.'] },
  ],
  check: 'holdfast check HOST finds nothing.',
  faultCodes: ['application-unknown'],
  words: ['this agent has no application', 'cannot be used: '],
  patterns: [/this agent has no application \S+/, /the application \S+ cannot be used: /],
  samples: [
    { line: 'FAIL dumper client /srv/application 20261126214103 0 [this agent has no application ambsdtar]', from: 'testdata/doctor/own-settings, a run of Holdfast' },
    { line: 'FAIL dumper laptop /home 20261126211001 0 [the application amsamba cannot be used: it is not in the plug-in directory]', from: 'the texts of Holdfast' },
  ],
}
