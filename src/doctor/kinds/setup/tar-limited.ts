import type { FaultKind } from '../../contract.ts'
import { setupKind } from './setup-kind.ts'

export const tarLimited: FaultKind = setupKind({
  code: 'tar-limited',
  severity: 'warning',
  symptom: 'The tar of a machine cannot keep all there is to a file',
  cause: 'It was built without support for extended attributes and access lists, or is too old. Dumps lack them, and files come back without them: capabilities, SELinux labels, ACLs.',
  advice: 'Install a newer GNU tar, built with support for them.',
  cures: [
    { on: 'the machine that is named', commands: ['tar --version', 'tar --help | grep -e --xattrs -e --acls'], steps: ['Packages of distributions have both; a tar built by hand needs libacl and libattr when it is configured.'] },
  ],
  check: 'Both options stand in tar --help.',
  lines: [
    'WARNING laptop /home: /home: tar (GNU tar) 1.20 keeps no extended attributes and access lists. Read what the agent says and correct it on laptop. [tar-limited]',
  ],
})
