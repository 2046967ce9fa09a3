import type { PathKind } from '../../path/path-kind.ts'

export const pathNamesDiffer: PathKind = {
  code: 'path-names-differ',
  severity: 'notice',
  symptom: 'An address does not lead back to a name that leads to it',
  cause: 'The reverse zone of the name service, or /etc/hosts, has no entry for the address or an old one.',
  confidence: 'certain',
  advice: 'Nothing for Holdfast, which knows peers by their keys; stock Amanda refuses a peer whose names differ, so correct the reverse entry.',
  measured: 'The name of the address is looked up, and then the addresses of that name.',
  cures: [{ on: 'the name service, or /etc/hosts', commands: ['getent hosts ADDRESS', 'getent ahosts NAME'], steps: ['The second must show the address that was asked for in the first.'] }],
  check: 'getent hosts ADDRESS names the machine, and getent ahosts of that name shows the address.',
}
