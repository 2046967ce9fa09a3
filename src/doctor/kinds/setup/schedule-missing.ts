import type { FaultKind } from '../../contract.ts'
import { setupKind } from './setup-kind.ts'

export const scheduleMissing: FaultKind = setupKind({
  code: 'schedule-missing',
  severity: 'warning',
  symptom: 'Runs start by hand only',
  cause: 'There is no schedule in holdfast.yaml. Backups that somebody must think of are not made.',
  advice: 'Set a schedule.',
  cures: [
    { on: 'holdfast.yaml', steps: ['schedule: {at: "30 1 * * *"} runs every night at half past one. Then restart the server.', 'Leave it if cron or another program calls holdfast dump.'] },
  ],
  check: 'holdfast status names the next run.',
  lines: [
    'WARNING there is no schedule, so runs start by hand only. Set `schedule: {at: "30 1 * * *"}`, or leave it if another program calls `holdfast dump`. [schedule-missing]',
  ],
})
