import type { PathKind } from '../../path/path-kind.ts'

export const pathClocksApart: PathKind = {
  code: 'path-clocks-apart',
  severity: 'warning',
  symptom: 'The clocks of the two machines differ',
  cause: 'At least one of them is not set by a time server.',
  confidence: 'certain',
  advice: 'Let a time service set both clocks: incremental dumps compare times of files with times of dumps, and logs of both sides cannot be joined otherwise.',
  measured: 'As NTP does: each exchange carries four times, and of twenty exchanges the fastest is taken. Half its round trip is the error.',
  cures: [
    { on: 'Linux', platform: 'linux', commands: ['timedatectl set-ntp true', 'timedatectl timesync-status'], steps: ['Or install chrony.'] },
    { on: 'FreeBSD', platform: 'freebsd', commands: ['service ntpd onestart', 'sysrc ntpd_enable=YES ntpd_sync_on_start=YES'], steps: ['ntpq -p shows whether it has found a server.'] },
  ],
  check: 'Measure again: the difference is below a second.',
}
