// The server's own files and programs.

import type { FaultKind } from '../contract.ts'
import { configWrong } from './server/config-wrong.ts'

export const SERVER_KINDS: readonly FaultKind[] = [configWrong]
