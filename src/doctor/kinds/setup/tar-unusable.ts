import type { FaultKind } from '../../contract.ts'
import { setupKind } from './setup-kind.ts'

export const tarUnusable: FaultKind = setupKind({
  code: 'tar-unusable',
  severity: 'warning',
  symptom: 'There is no GNU tar that Holdfast could use',
  cause: 'tar is not installed, is another one (bsdtar, busybox), or gnutar in agent.yaml names a program that is not there. Dumps of the application gnutar need GNU tar; restores need none.',
  advice: 'Install GNU tar, or name it with `gnutar` in agent.yaml.',
  cures: [
    { on: 'Debian, Ubuntu', commands: ['apt-get install tar'], steps: [] },
    { on: 'Alpine', commands: ['apk add tar'], steps: [] },
    { on: 'FreeBSD, macOS', steps: ['Install gtar (pkg install gtar; brew install gnu-tar) and set gnutar: /usr/local/bin/gtar in agent.yaml.'] },
  ],
  check: 'tar --version says GNU tar, and holdfast check HOST finds nothing.',
  lines: [
    'ERROR   laptop /home: /home: cannot start tar: spawn tar ENOENT. Correct it on laptop, then run `holdfast check laptop`. [tar-unusable]',
  ],
})
