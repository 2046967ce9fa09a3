// What goes wrong in our own dumps and runs: what report, status and mail say beside each row.

import type { FaultKind } from '../contract.ts'
import { agentAsksAgain } from './holdfast/agent-asks-again.ts'
import { agentDoesNotPermit } from './holdfast/agent-does-not-permit.ts'
import { agentNotConnected } from './holdfast/agent-not-connected.ts'
import { agentNotEnrolled } from './holdfast/agent-not-enrolled.ts'
import { agentRefused } from './holdfast/agent-refused.ts'
import { agentReportedError } from './holdfast/agent-reported-error.ts'
import { agentVersionDiffers } from './holdfast/agent-version-differs.ts'
import { amandadStuck } from './holdfast/amandad-stuck.ts'
import { answerNotUnderstood } from './holdfast/answer-not-understood.ts'
import { applicationNotThere } from './holdfast/application-not-there.ts'
import { catalogDamaged } from './holdfast/catalog-damaged.ts'
import { clientWithoutChecksum } from './holdfast/client-without-checksum.ts'
import { defectOfHoldfast } from './holdfast/defect-of-holdfast.ts'
import { diskDumpedAlready } from './holdfast/disk-dumped-already.ts'
import { dumpCancelled } from './holdfast/dump-cancelled.ts'
import { dumpCrcDiffers } from './holdfast/dump-crc-differs.ts'
import { dumpStalled } from './holdfast/dump-stalled.ts'
import { estimateTookTooLong } from './holdfast/estimate-took-too-long.ts'
import { filterProgramComplained } from './holdfast/filter-program-complained.ts'
import { filterProgramFailed } from './holdfast/filter-program-failed.ts'
import { heldDumpDamaged } from './holdfast/held-dump-damaged.ts'
import { holdingNameTaken } from './holdfast/holding-name-taken.ts'
import { holdingWithoutRoom } from './holdfast/holding-without-room.ts'
import { includeMatchesNothing } from './holdfast/include-matches-nothing.ts'
import { incrementalWithoutBase } from './holdfast/incremental-without-base.ts'
import { indexNotKept } from './holdfast/index-not-kept.ts'
import { levelRefused } from './holdfast/level-refused.ts'
import { listFileMissing } from './holdfast/list-file-missing.ts'
import { nextDumpWillBeFull } from './holdfast/next-dump-will-be-full.ts'
import { partLargerThanVolume } from './holdfast/part-larger-than-volume.ts'
import { programNotInstalled } from './holdfast/program-not-installed.ts'
import { reportNotMailed } from './holdfast/report-not-mailed.ts'
import { runCutShort } from './holdfast/run-cut-short.ts'
import { runVolumesUsedUp } from './holdfast/run-volumes-used-up.ts'
import { scriptNotPermitted } from './holdfast/script-not-permitted.ts'
import { scriptTimedOut } from './holdfast/script-timed-out.ts'
import { serverAccessDenied } from './holdfast/server-access-denied.ts'
import { serverDiskFailing } from './holdfast/server-disk-failing.ts'
import { serverDiskFull } from './holdfast/server-disk-full.ts'
import { serverFileGone } from './holdfast/server-file-gone.ts'
import { sessionLost } from './holdfast/session-lost.ts'
import { settingNotPossible } from './holdfast/setting-not-possible.ts'
import { slotHoldsOtherFiles } from './holdfast/slot-holds-other-files.ts'
import { tapelistNotUnderstood } from './holdfast/tapelist-not-understood.ts'
import { tooManyStreams } from './holdfast/too-many-streams.ts'
import { volumeDamaged } from './holdfast/volume-damaged.ts'
import { volumeDirectoryMissing } from './holdfast/volume-directory-missing.ts'

export const HOLDFAST_KINDS: readonly FaultKind[] = [
  agentAsksAgain,
  agentDoesNotPermit,
  agentNotConnected,
  agentNotEnrolled,
  agentRefused,
  agentReportedError,
  agentVersionDiffers,
  amandadStuck,
  answerNotUnderstood,
  applicationNotThere,
  catalogDamaged,
  clientWithoutChecksum,
  defectOfHoldfast,
  diskDumpedAlready,
  dumpCancelled,
  dumpCrcDiffers,
  dumpStalled,
  estimateTookTooLong,
  filterProgramComplained,
  filterProgramFailed,
  heldDumpDamaged,
  holdingNameTaken,
  holdingWithoutRoom,
  includeMatchesNothing,
  incrementalWithoutBase,
  indexNotKept,
  levelRefused,
  listFileMissing,
  nextDumpWillBeFull,
  partLargerThanVolume,
  programNotInstalled,
  reportNotMailed,
  runCutShort,
  runVolumesUsedUp,
  scriptNotPermitted,
  scriptTimedOut,
  serverAccessDenied,
  serverDiskFailing,
  serverDiskFull,
  serverFileGone,
  sessionLost,
  settingNotPossible,
  slotHoldsOtherFiles,
  tapelistNotUnderstood,
  tooManyStreams,
  volumeDamaged,
  volumeDirectoryMissing,
]
