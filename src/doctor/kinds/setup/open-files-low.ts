import type { FaultKind } from '../../contract.ts'
import { setupKind } from './setup-kind.ts'

export const openFilesLow: FaultKind = setupKind({
  code: 'open-files-low',
  severity: 'warning',
  symptom: 'A process may open fewer files than Holdfast may need',
  cause: 'A limit (ulimit -n, LimitNOFILE of a unit) is lower than usual. Connections, chunks and programs of dumps that run at once need files.',
  advice: 'Raise the limit where Holdfast is started.',
  cures: [
    { on: 'systemd', steps: ['LimitNOFILE=65536 under [Service] in a drop-in (systemctl edit UNIT), then restart the unit.'] },
    { on: 'a shell', commands: ['ulimit -n 65536'], steps: ['Before holdfast is started; the hard limit is in /etc/security/limits.conf.'] },
  ],
  check: 'grep "open files" /proc/PID/limits shows the new limit.',
  lines: [
    'WARNING a process may open 256 files, and Holdfast may need 512. Raise the limit where Holdfast is started: `LimitNOFILE=65536` in its unit, or `ulimit -n 65536`. [open-files-low]',
  ],
})
