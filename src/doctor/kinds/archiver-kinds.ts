// What tar and other programs say about the files that they read.

import type { FaultKind } from '../contract.ts'
import { archiverMissing } from './archiver/archiver-missing.ts'
import { archiverOptionUnknown } from './archiver/archiver-option-unknown.ts'
import { cacheDirectorySkipped } from './archiver/cache-directory-skipped.ts'
import { dumpDeviceWrong } from './archiver/dump-device-wrong.ts'
import { fileChanged } from './archiver/file-changed.ts'
import { fileHandleStale } from './archiver/file-handle-stale.ts'
import { fileNameTooLong } from './archiver/file-name-too-long.ts'
import { fileNotPermitted } from './archiver/file-not-permitted.ts'
import { fileShrank } from './archiver/file-shrank.ts'
import { fileTooLarge } from './archiver/file-too-large.ts'
import { fileUnreadable } from './archiver/file-unreadable.ts'
import { fileVanished } from './archiver/file-vanished.ts'
import { otherFileSystem } from './archiver/other-file-system.ts'
import { snapshotFileDamaged } from './archiver/snapshot-file-damaged.ts'
import { specialFileIgnored } from './archiver/special-file-ignored.ts'
import { timeStampOdd } from './archiver/time-stamp-odd.ts'

export const ARCHIVER_KINDS: readonly FaultKind[] = [
  archiverMissing,
  archiverOptionUnknown,
  cacheDirectorySkipped,
  dumpDeviceWrong,
  fileChanged,
  fileHandleStale,
  fileNameTooLong,
  fileNotPermitted,
  fileShrank,
  fileTooLarge,
  fileUnreadable,
  fileVanished,
  otherFileSystem,
  snapshotFileDamaged,
  specialFileIgnored,
  timeStampOdd,
]
