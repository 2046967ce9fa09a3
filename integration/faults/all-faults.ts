// Every scenario, by family.

import type { FaultScenario } from '../lab/fault-scenario.ts'
import { BASIC_FAULTS } from './basic-faults.ts'

export const ALL_FAULTS: readonly FaultScenario[] = [...BASIC_FAULTS]
