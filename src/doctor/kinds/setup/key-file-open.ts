import type { FaultKind } from '../../contract.ts'
import { setupKind } from './setup-kind.ts'

export const keyFileOpen: FaultKind = setupKind({
  code: 'key-file-open',
  severity: 'warning',
  symptom: 'Others may read a private key of Holdfast',
  cause: 'The mode of the key file lets group or others read it, often after a copy or a restore. Whoever has the key can speak for this server or host.',
  advice: 'Set the mode to 600, and make a new key if others have had access.',
  cures: [
    { on: 'the machine that is named', commands: ['chmod 600 FILE'], steps: ['A new key for an agent: holdfast agents renew HOST on the server.', 'A new key for the server means to enrol every agent anew: do it if the key may have been copied.'] },
  ],
  check: 'The check does not name the file any more.',
  lines: [
    'ERROR   others may read the key file /var/lib/holdfast/server-key.json (mode 644). Run `chmod 600 /var/lib/holdfast/server-key.json`, and make a new key if others have had access to this machine. [key-file-open]',
  ],
})
