// A configuration without a schedule: backups happen only when somebody thinks of them.

import type { ConfigCheck } from './facts.ts'

export const scheduleMissing: ConfigCheck = ({ config }) =>
  config.schedule.cron === undefined ? [{ severity: 'warning', code: 'schedule-missing', message: 'there is no schedule, so runs start by hand only', next: 'Set `schedule: {at: "30 1 * * *"}`, or leave it if another program calls `holdfast dump`.' }] : []
