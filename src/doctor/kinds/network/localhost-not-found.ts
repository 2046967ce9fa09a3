import type { FaultKind } from '../../contract.ts'

export const localhostNotFound: FaultKind = {
  code: 'localhost-not-found',
  severity: 'failure',
  symptom: 'The server cannot resolve the name localhost',
  cause: 'The programs of the server talk to each other over localhost, and /etc/hosts has no line for it.',
  confidence: 'certain',
  advice: 'Put 127.0.0.1 localhost into /etc/hosts of the server.',
  cures: [
    { on: 'server', commands: ['echo "127.0.0.1 localhost" >> /etc/hosts', 'getent ahostsv4 localhost'], steps: ['The last command must print 127.0.0.1.'] },
  ],
  check: 'getent hosts localhost prints an address, and the dump runs.',
  words: ['resolve_hostname(localhost)', 'resolve localhost', 'resolve `localhost'],
  patterns: [/resolve_hostname\(localhost\): /, /[cC](?:ould not|annot) resolve [`']?localhost/],
  samples: [
    { line: 'FAIL chunker amclient /srv/many 20261126205607 0 [Get header: resolve_hostname(localhost): Temporary failure in name resolution]', from: 'a run log of 3.5.1' },
  ],
}
