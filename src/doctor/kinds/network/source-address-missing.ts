import type { FaultKind } from '../../contract.ts'
import { requestFailed } from '../request-failed.ts'

export const sourceAddressMissing: FaultKind = {
  code: 'source-address-missing',
  severity: 'failure',
  symptom: 'The server was told to call from an address that it does not have',
  cause: 'src-ip of the interface in amanda.conf is not an address of this machine (any more).',
  confidence: 'certain',
  advice: 'Correct src-ip of the interface in amanda.conf, or leave it out.',
  cures: [
    { on: 'server', commands: ['ip -br address'], steps: ['src-ip in define interface must be one of these addresses; without it the system chooses.'] },
  ],
  check: 'The dump runs again.',
  words: ['Cannot assign requested address'],
  patterns: [requestFailed(String.raw`ambind: bind failed \w: Cannot assign requested address`)],
  samples: [
    { line: 'FAIL dumper amclient /srv/many 20261126205559 0 [[request failed: ambind: bind failed A: Cannot assign requested address]]', from: 'a run log of 3.5.1' },
  ],
}
