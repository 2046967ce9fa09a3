import type { FaultKind } from '../../contract.ts'

export const settingNotPossible: FaultKind = {
  code: 'setting-not-possible',
  severity: 'failure',
  symptom: 'A setting of the dumptype is not possible together with others, or on that client',
  cause: 'The configuration can be read, but the agent or the server cannot do what it says: a property is missing, a program has no whole path, or the order of filters is impossible.',
  confidence: 'certain',
  advice: 'Correct the setting that the line names in the dumptype, then run `holdfast check`.',
  cures: [
    { on: 'holdfast.yaml', commands: ['holdfast config show', 'holdfast check HOST'], steps: ['The application command needs properties: {command: PROGRAM}. Programs are named by their whole path. What the client encrypts cannot be compressed by the server: compress on the client as well.'] },
  ],
  check: 'holdfast check HOST finds nothing.',
  faultCodes: ['config-invalid'],
  words: ['needs the property command', 'is not an absolute path', 'cannot be compressed on the server'],
  patterns: [/the application command needs the property command/, /is not an absolute path/, /a dump that the client encrypts cannot be compressed on the server/],
  samples: [
    { line: 'FAIL dumper client /srv/property 20261126214103 0 [/srv/property: the application command needs the property command]', from: 'testdata/doctor/own-settings, a run of Holdfast' },
  ],
}
