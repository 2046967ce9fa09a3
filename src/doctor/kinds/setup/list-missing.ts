import type { FaultKind } from '../../contract.ts'
import { setupKind } from './setup-kind.ts'

export const listMissing: FaultKind = setupKind({
  code: 'list-missing',
  severity: 'warning',
  symptom: 'A list of what to leave out or to take in is named in the configuration and not on the client',
  cause: 'exclude-lists or include-lists of the dumptype name a file on the client; a relative name begins in the directory of the disk. It was never made, has another name, or was removed. What it should leave out is in the dumps. With lists-optional it is no error.',
  advice: 'Make the file on the client, or correct the name in the dumptype.',
  cures: [
    { on: 'client', commands: ['ls -l FILE'], steps: ['One pattern a line, as GNU tar takes them: ./cache or *.iso.'] },
    { on: 'holdfast.yaml', steps: ['Correct exclude-lists or include-lists; lists-optional: false makes a missing list an error.'] },
  ],
  check: 'holdfast check HOST does not name the list any more.',
  lines: [
    'ERROR   laptop /home: /home: /etc/backup.exclude, a list of excludes, is not on this client. Correct it on laptop, then run `holdfast check laptop`. [list-missing]',
  ],
})
