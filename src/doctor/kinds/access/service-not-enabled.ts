import type { FaultKind } from '../../contract.ts'

export const serviceNotEnabled: FaultKind = {
  code: 'service-not-enabled',
  severity: 'failure',
  symptom: 'The client\'s amandad does not offer the service that was asked for',
  cause: 'Services are words on the command line of amandad (xinetd, inetd or systemd): amdump for backups, amindexd and amidxtaped for recovery. The word is missing.',
  confidence: 'certain',
  advice: 'Add the service to the arguments of amandad in xinetd or systemd.',
  cures: [
    { on: 'client or server that refused', commands: ['grep -rn amandad /etc/xinetd.d /etc/inetd.conf /etc/systemd/system'], steps: ['Add the service to server_args of /etc/xinetd.d/amanda: -auth=bsdtcp amdump amindexd amidxtaped, and reload xinetd.'] },
  ],
  check: 'The request is answered.',
  words: ['invalid service'],
  patterns: [/(?:noop|\w+): invalid service, add '\w+' as argument to amandad/],
  samples: [
    { line: 'ERROR selfcheck: invalid service, add \'selfcheck\' as argument to amandad', from: 'amandad of 3.5.1' },
  ],
}
