// Amanda's trace log of one run, `log.<timestamp>.<n>`, with the link `log` to the newest. Entries of all actors go through here one after
// the other; each is whole or, after a crash, missing. Format: docs/formats/run-log.md.

import type { Disk } from '../../kernel/disk.ts'
import { Fault, systemErrorCode } from '../../kernel/fault.ts'
import { formatRunLogEntry } from '../../wire/amanda/run-log.ts'
import type { RunLog } from './contract.ts'

/** Logs of one timestamp; more is a mistake somewhere. */
const LOGS_PER_RUN_MAX = 1000

/** A new log in `logDir`, which must exist. Its first line is for the caller to write (`INFO <program> <program> pid N`). */
export async function openRunLog(disk: Disk, logDir: string, run: string): Promise<RunLog> {
  for (let number = 0; number < LOGS_PER_RUN_MAX; number++) {
    const name = `log.${run}.${number}`
    try {
      const file = await disk.open(`${logDir}/${name}`, 'create-new')
      await disk.remove(`${logDir}/log`)
      await disk.symlink(name, `${logDir}/log`)
      await disk.syncDir(logDir)
      let position = 0
      let last: Promise<unknown> = Promise.resolve()
      const inOrder = (work: () => Promise<void>): Promise<void> => {
        const done = last.then(work)
        last = done.catch(() => undefined)
        return done
      }
      return {
        path: `${logDir}/${name}`,
        append: (...entries) =>
          inOrder(async () => {
            const bytes = Buffer.from(entries.map(formatRunLogEntry).join(''), 'utf8')
            await file.write([bytes], position)
            position += bytes.length
          }),
        sync: () => inOrder(() => file.sync()),
        [Symbol.asyncDispose]: () =>
          inOrder(async () => {
            await file.sync()
            await file.close()
          }),
      }
    } catch (error) {
      if (systemErrorCode(error) !== 'EEXIST') throw error
    }
  }
  throw new Fault('internal', `${logDir} has ${LOGS_PER_RUN_MAX} logs of ${run}`)
}
