// Every scenario, by family.

import type { FaultScenario } from '../lab/fault-scenario.ts'
import { ACCESS_FAULTS } from './access-faults.ts'
import { BASIC_FAULTS } from './basic-faults.ts'
import { NETWORK_FAULTS } from './network-faults.ts'
import { SSH_FAULTS } from './ssh-faults.ts'
import { TLS_FAULTS } from './tls-faults.ts'

export const ALL_FAULTS: readonly FaultScenario[] = [...BASIC_FAULTS, ...NETWORK_FAULTS, ...ACCESS_FAULTS, ...SSH_FAULTS, ...TLS_FAULTS]
