import type { FaultKind } from '../../contract.ts'
import { setupKind } from './setup-kind.ts'

export const clockUnsynchronised: FaultKind = setupKind({
  code: 'clock-unsynchronised',
  severity: 'warning',
  symptom: 'The clock of a machine is not synchronised',
  cause: 'No NTP service keeps it, or it reaches no time server. A clock that drifts starts runs at the wrong time, keeps volumes too long or too short, and makes tokens end too early.',
  advice: 'Let NTP keep the clock.',
  cures: [
    { on: 'the machine that is named', commands: ['timedatectl set-ntp true', 'timedatectl timesync-status'], steps: ['Any NTP service will do (systemd-timesyncd, chrony); UDP port 123 must be let out.'] },
  ],
  check: 'timedatectl says "System clock synchronized: yes".',
  lines: [
    'WARNING the clock of this machine is not synchronised. Let NTP keep it (`timedatectl set-ntp true`): schedules, retention and tokens go by it. [clock-unsynchronised]',
  ],
})
