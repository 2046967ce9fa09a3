// The scripts around one dump: PRE-DLE-BACKUP before it, and POST-DLE-BACKUP once after it, whatever became of it. What they print goes to
// MESG as Amanda's client writes it: stdout as a normal line, stderr as a strange one, and as the error of the dump when a script failed.

import type { Log } from '../../kernel/log.ts'
import type { DumpJob, Say } from '../application.ts'
import type { DiskScripts, PointReport } from './disk-scripts.ts'

export class DumpScripts {
  readonly #scripts: DiskScripts
  readonly #job: DumpJob
  readonly #log: Log
  #isOwed = false

  constructor(scripts: DiskScripts, job: DumpJob, log: Log) {
    this.#scripts = scripts
    this.#job = job
    this.#log = log
  }

  get areThere(): boolean {
    return this.#scripts.hasAny('PRE-DLE-BACKUP', 'POST-DLE-BACKUP')
  }

  /** The job with what the scripts have changed. Rejects with the fault of the script that failed. */
  async before(say: Say, signal: AbortSignal): Promise<DumpJob> {
    // From here on something may have been prepared that only the script can take back.
    this.#isOwed = this.areThere
    const report = await this.#scripts.run('PRE-DLE-BACKUP', this.#job, [this.#job.level], signal)
    await this.#tell(report, say)
    const [fault] = report.faults
    if (fault !== undefined) throw fault
    return this.#scripts.adapt(this.#job)
  }

  /** Why the dump is a failed one, if a script says so. Rejects never; the second call does nothing. */
  async after(say: Say): Promise<string | undefined> {
    if (!this.#isOwed) return undefined
    this.#isOwed = false
    // Not to be cancelled by what ended the dump; the limit of a script ends it.
    const report = await this.#scripts.run('POST-DLE-BACKUP', this.#job, [this.#job.level], new AbortController().signal)
    await this.#tell(report, say).catch(() => undefined)
    const [fault] = report.faults
    if (fault === undefined) return undefined
    this.#log.warn('a script failed after a dump', { disk: this.#job.disk, level: this.#job.level, code: fault.code, reason: fault.message })
    return fault.message
  }

  async #tell(report: PointReport, say: Say): Promise<void> {
    for (const text of report.lines) await say({ kind: 'normal', text })
    for (const text of [...report.complaints, ...report.faults.slice(1).map(({ message }) => message)]) await say({ kind: 'strange', text })
  }
}
