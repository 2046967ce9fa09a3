// The server's own files and programs.

import type { FaultKind } from '../contract.ts'
import { configWrong } from './server/config-wrong.ts'
import { disklistWrong } from './server/disklist-wrong.ts'
import { historyNotWritable } from './server/history-not-writable.ts'
import { indexNotWritable } from './server/index-not-writable.ts'
import { lockFileNotWritable } from './server/lock-file-not-writable.ts'
import { logDirectoryNotUsable } from './server/log-directory-not-usable.ts'
import { mailerMissing } from './server/mailer-missing.ts'
import { plannerGaveUp } from './server/planner-gave-up.ts'
import { programRunByWrongUser } from './server/program-run-by-wrong-user.ts'
import { runNotFinished } from './server/run-not-finished.ts'
import { serverProgramDied } from './server/server-program-died.ts'
import { sharedMemoryFull } from './server/shared-memory-full.ts'
import { tapelistDamaged } from './server/tapelist-damaged.ts'

export const SERVER_KINDS: readonly FaultKind[] = [
  configWrong,
  disklistWrong,
  historyNotWritable,
  indexNotWritable,
  lockFileNotWritable,
  logDirectoryNotUsable,
  mailerMissing,
  plannerGaveUp,
  programRunByWrongUser,
  runNotFinished,
  serverProgramDied,
  sharedMemoryFull,
  tapelistDamaged,
]
