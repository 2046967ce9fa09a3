// The long list of the same: every scenario of integration/faults/. One that has no logs in testdata/doctor yet leaves them there.
// `doctor-faults:NAME,NAME` plays some of them.

import type { IntegrationCase } from '../case.ts'
import { ALL_FAULTS } from '../faults/all-faults.ts'
import { noMounts } from '../lab/namespaces.ts'
import { STOCK_PROGRAMS } from '../lab/stock-amanda.ts'
import { playFaults } from './doctor-logs.ts'

export const integrationCase: IntegrationCase = {
  name: 'doctor-faults',
  summary: 'The doctor on logs of stock Amanda that was broken in every way we know; records the logs of new ones',
  needs: [...STOCK_PROGRAMS, 'openssl', 'ssh', 'sshd', 'ssh-keygen'],
  needsRoot: true,
  probe: noMounts,
  timeoutMs: 3_600_000,
  isInTest: false,
  run: (context) => playFaults(context, ALL_FAULTS.filter(({ name }) => context.parts.length === 0 || context.parts.includes(name))),
}
