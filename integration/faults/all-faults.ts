// Every scenario, by family.

import type { FaultScenario } from '../lab/fault-scenario.ts'
import { ARCHIVER_FAULTS } from './archiver-faults.ts'
import { BASIC_FAULTS } from './basic-faults.ts'
import { CLIENT_FAULTS } from './client-faults.ts'
import { DUMP_FAULTS } from './dump-faults.ts'
import { ESTIMATE_FAULTS } from './estimate-faults.ts'

export const ALL_FAULTS: readonly FaultScenario[] = [...BASIC_FAULTS, ...ARCHIVER_FAULTS, ...CLIENT_FAULTS, ...DUMP_FAULTS, ...ESTIMATE_FAULTS]
