// What goes wrong in a dump that had begun.

import type { FaultKind } from '../contract.ts'
import { archiverFailed } from './dump/archiver-failed.ts'
import { chunkerCancelled } from './dump/chunker-cancelled.ts'
import { clientEndedEarly } from './dump/client-ended-early.ts'
import { clientPipeBroken } from './dump/client-pipe-broken.ts'
import { dataTimeout } from './dump/data-timeout.ts'
import { diskMissing } from './dump/disk-missing.ts'
import { dumpCutShort } from './dump/dump-cut-short.ts'
import { programKilled } from './dump/program-killed.ts'

export const DUMP_KINDS: readonly FaultKind[] = [clientPipeBroken, chunkerCancelled, dataTimeout, clientEndedEarly, archiverFailed, programKilled, dumpCutShort, diskMissing]
