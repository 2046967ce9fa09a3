import type { FaultKind } from '../../contract.ts'

export const refusalUnreadable: FaultKind = {
  code: 'refusal-unreadable',
  severity: 'failure',
  symptom: 'The client refused before it had read the request, and its reason was lost',
  cause: "amandad of 3.5.0 to 3.5.2 (auth bsdtcp) sends the reason of an early refusal in a form that the planner cannot read. Such a refusal has one cause: the name of the server's address does not fit.",
  confidence: 'likely',
  advice: 'Run amcheck -c, which shows the reason, and make name and address of the server agree on the client.',
  cures: [
    { on: 'server', commands: ['amcheck -c CONFIG CLIENT'], steps: ['It prints the reason without its first letter.'] },
    { on: 'client', commands: ['getent hosts ADDRESS', 'getent hosts SERVER'], steps: ['Both must name the same pair: correct DNS or /etc/hosts.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT finds nothing.',
  words: ['[NAK parse failed]'],
  patterns: [/NAK: \[NAK parse failed\]/],
  followsFrom: ['reverse-name-missing', 'reverse-name-differs'],
  samples: [
    { line: 'FAIL planner amclient /srv/many 20261126210313 0 "[amclient NAK: [NAK parse failed]]"', from: 'a run log of 3.5.1' },
  ],
}
