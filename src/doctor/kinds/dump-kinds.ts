// What goes wrong in a dump that had begun.

import type { FaultKind } from '../contract.ts'
import { archiverFailed } from './dump/archiver-failed.ts'
import { checksumDiffers } from './dump/checksum-differs.ts'
import { chunkerCancelled } from './dump/chunker-cancelled.ts'
import { clientEndedEarly } from './dump/client-ended-early.ts'
import { clientPipeBroken } from './dump/client-pipe-broken.ts'
import { dataTimeout } from './dump/data-timeout.ts'
import { diskMissing } from './dump/disk-missing.ts'
import { dumpCutShort } from './dump/dump-cut-short.ts'
import { dumpPostponed } from './dump/dump-postponed.ts'
import { filterFailed } from './dump/filter-failed.ts'
import { indexFailed } from './dump/index-failed.ts'
import { programKilled } from './dump/program-killed.ts'
import { serverFilterFailed } from './dump/server-filter-failed.ts'
import { sizeNotTold } from './dump/size-not-told.ts'

export const DUMP_KINDS: readonly FaultKind[] = [
  archiverFailed,
  checksumDiffers,
  chunkerCancelled,
  clientEndedEarly,
  clientPipeBroken,
  dataTimeout,
  diskMissing,
  dumpCutShort,
  dumpPostponed,
  filterFailed,
  indexFailed,
  programKilled,
  serverFilterFailed,
  sizeNotTold,
]
