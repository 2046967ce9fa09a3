// Every scenario, by family.

import type { FaultScenario } from '../lab/fault-scenario.ts'
import { ACCESS_FAULTS } from './access-faults.ts'
import { ARCHIVER_FAULTS } from './archiver-faults.ts'
import { BASIC_FAULTS } from './basic-faults.ts'
import { CLIENT_FAULTS } from './client-faults.ts'
import { DUMP_FAULTS } from './dump-faults.ts'
import { ESTIMATE_FAULTS } from './estimate-faults.ts'
import { NETWORK_FAULTS } from './network-faults.ts'
import { RECOVERY_FAULTS } from './recovery-faults.ts'
import { SERVER_FAULTS } from './server-faults.ts'
import { SSH_FAULTS } from './ssh-faults.ts'
import { TLS_FAULTS } from './tls-faults.ts'
import { VOLUME_FAULTS } from './volume-faults.ts'

export const ALL_FAULTS: readonly FaultScenario[] = [...BASIC_FAULTS, ...ARCHIVER_FAULTS, ...CLIENT_FAULTS, ...DUMP_FAULTS, ...ESTIMATE_FAULTS, ...NETWORK_FAULTS, ...ACCESS_FAULTS, ...SSH_FAULTS, ...TLS_FAULTS, ...VOLUME_FAULTS, ...SERVER_FAULTS, ...RECOVERY_FAULTS]
