import type { FaultKind } from '../../contract.ts'
import { requestFailed } from '../request-failed.ts'

export const localAuthForRemote: FaultKind = {
  code: 'local-auth-for-remote',
  severity: 'failure',
  symptom: 'auth local is set for a host that is not this machine',
  cause: 'auth "local" starts amandad on the server itself, so the name in the disklist must be one of this machine.',
  confidence: 'certain',
  advice: 'Give the host auth "bsdtcp" (or ssh), or correct its name in the disklist.',
  cures: [
    { on: 'dumptype', steps: ['auth "bsdtcp" for other hosts; auth "local" only for the server, by a name that resolves to an address it has.'] },
  ],
  check: 'amcheck -c CONFIG CLIENT finds nothing.',
  words: [': is not local'],
  patterns: [requestFailed(String.raw`\S+: is not local`)],
  samples: [
    { line: 'FAIL planner amclient /srv/many 20261126205620 0 "[Request to amclient failed: amclient: is not local]"', from: 'a run log of 3.5.1' },
  ],
}
