import type { FaultKind } from '../../contract.ts'
import { requestFailed } from '../request-failed.ts'

export const reservedPortDenied: FaultKind = {
  code: 'reserved-port-denied',
  severity: 'failure',
  symptom: 'The server may not open a port below 1024',
  cause: 'Only root may open such a port, so Amanda has a helper that is set-uid root (ambind; before 3.5 planner, dumper and amcheck themselves). It has lost that bit, or its file system is mounted nosuid.',
  confidence: 'certain',
  advice: 'Make ambind set-uid root again.',
  cures: [
    { on: 'server', commands: ['chown root:backup /usr/lib/amanda/ambind', 'chmod 4750 /usr/lib/amanda/ambind'], steps: ['The group is the one Amanda runs with. findmnt -T /usr/lib/amanda must not say nosuid. Before 3.5: the same for planner, dumper and amcheck.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT finds nothing.',
  words: ['bind failed A:', 'get a reserved port', 'bind to a reserved port'],
  patterns: [requestFailed(String.raw`ambind: bind failed \w: Permission denied`), /did not get a reserved port: \d+/, /unable to bind to a reserved port/],
  followsFrom: ['program-not-setuid'],
  samples: [
    { line: 'ERROR: amclient: selfcheck request failed: ambind: bind failed A: Permission denied', from: 'amcheck of 3.5.1' },
    { line: 'FAIL planner amclient /srv/many 20261126210352 0 "[Request to amclient failed: ambind: bind failed A: Permission denied]"', from: 'a run log of 3.5.1' },
  ],
}
