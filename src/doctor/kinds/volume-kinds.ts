// Volumes, changers, and retention.

import type { FaultKind } from '../contract.ts'
import { changerSlotsMissing } from './volume/changer-slots-missing.ts'
import { changerWrong } from './volume/changer-wrong.ts'
import { dumpTooBig } from './volume/dump-too-big.ts'
import { noAcceptableVolume } from './volume/no-acceptable-volume.ts'
import { retentionTooShort } from './volume/retention-too-short.ts'
import { skippedDegraded } from './volume/skipped-degraded.ts'
import { tapeDeviceMissing } from './volume/tape-device-missing.ts'
import { volumeFull } from './volume/volume-full.ts'
import { volumeLabelWrong } from './volume/volume-label-wrong.ts'
import { volumeNotWritable } from './volume/volume-not-writable.ts'
import { volumeParityError } from './volume/volume-parity-error.ts'
import { volumeReadError } from './volume/volume-read-error.ts'
import { volumeSeekError } from './volume/volume-seek-error.ts'
import { volumeStillNeeded } from './volume/volume-still-needed.ts'
import { volumeWriteError } from './volume/volume-write-error.ts'
import { volumesUsedUp } from './volume/volumes-used-up.ts'

export const VOLUME_KINDS: readonly FaultKind[] = [
  changerSlotsMissing,
  changerWrong,
  dumpTooBig,
  noAcceptableVolume,
  retentionTooShort,
  skippedDegraded,
  tapeDeviceMissing,
  volumeFull,
  volumeLabelWrong,
  volumeNotWritable,
  volumeParityError,
  volumeReadError,
  volumeSeekError,
  volumeStillNeeded,
  volumeWriteError,
  volumesUsedUp,
]
