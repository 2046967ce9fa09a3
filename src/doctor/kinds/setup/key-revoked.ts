import type { FaultKind } from '../../contract.ts'
import { setupKind } from './setup-kind.ts'

export const keyRevoked: FaultKind = setupKind({
  code: 'key-revoked',
  severity: 'warning',
  symptom: 'Every key of a host is revoked: its agent is not let in',
  cause: 'Somebody ran holdfast agents revoke, or a new enrolment replaced the old key.',
  advice: 'Make a token and enrol the agent with it, if the host is to be backed up.',
  cures: [
    { on: 'server', commands: ['holdfast agents token HOST'], steps: ['If the host is gone for good, take it out of holdfast.yaml.'] },
    { on: 'client', commands: ['holdfast agent enrol TOKEN'], steps: [] },
  ],
  check: 'holdfast agents list shows the host as connected.',
  lines: [
    'ERROR   laptop: every key of laptop is revoked. Run `holdfast agents token laptop` here and `holdfast agent enrol TOKEN` on the host. [key-revoked]',
  ],
})
