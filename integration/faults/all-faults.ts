// Every scenario, by family.

import type { FaultScenario } from '../lab/fault-scenario.ts'
import { BASIC_FAULTS } from './basic-faults.ts'
import { RECOVERY_FAULTS } from './recovery-faults.ts'
import { SERVER_FAULTS } from './server-faults.ts'
import { VOLUME_FAULTS } from './volume-faults.ts'

export const ALL_FAULTS: readonly FaultScenario[] = [...BASIC_FAULTS, ...VOLUME_FAULTS, ...SERVER_FAULTS, ...RECOVERY_FAULTS]
