import type { FaultKind } from '../../contract.ts'

export const nameNotFound: FaultKind = {
  code: 'name-not-found',
  severity: 'failure',
  symptom: 'The name of a client could not be resolved',
  cause: 'The server asked for the address of a name and got none: the name in the disklist is wrong, or DNS does not answer.',
  confidence: 'certain',
  advice: 'Correct the name in the disklist, or make it known to DNS or /etc/hosts.',
  cures: [
    { on: 'server', commands: ['getent ahosts CLIENT'], steps: ['It must print an address; correct the disklist, /etc/hosts or DNS.'] },
  ],
  check: 'getent hosts CLIENT prints the address.',
  words: ['resolve_hostname(', 'Could not resolve hostname'],
  patterns: [/resolve_hostname\((?!localhost\))(?<host>[^)']+)\): /, /ssh: Could not resolve hostname (?<host>\S+): /],
  samples: [
    { line: 'FAIL planner amclient /srv/many 20261124010203 0 "[Request to amclient failed: resolve_hostname(amclient): Name or service not known]"', from: 'the texts of Amanda 3.5.1 (docs/formats/services.md)' },
  ],
}
