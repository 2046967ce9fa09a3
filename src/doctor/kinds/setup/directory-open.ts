import type { FaultKind } from '../../contract.ts'
import { setupKind } from './setup-kind.ts'

export const directoryOpen: FaultKind = setupKind({
  code: 'directory-open',
  severity: 'warning',
  symptom: 'Others may write where keys, dumps or programs of Holdfast lie',
  cause: 'The mode of the directory or program lets group or others write. Whoever can write there can replace keys, the catalog or a program that sees every dump.',
  advice: 'Take the right to write from group and others.',
  cures: [
    { on: 'the machine that is named', commands: ['chmod go-w PATH'], steps: ['Find out who could write there and whether something was changed: ls -la PATH.'] },
  ],
  check: 'The check does not name it any more.',
  lines: [
    'ERROR   others may write into /var/lib/holdfast (mode 777). Run `chmod go-w /var/lib/holdfast`. [directory-open]',
  ],
})
