// The scripts around a restore: PRE-RECOVER before its first level and POST-RECOVER once after the last, whatever became of it; PRE- and POST-LEVEL-RECOVER around each level,
// INTER-LEVEL-RECOVER between two. The header of the dump tells them, as the dumptype had them when it was made. A script that this machine does not have, or that may
// not run here, keeps nobody from restoring: after a disaster the machine is a new one. One that runs and fails before a level does.

import type { Log } from '../../kernel/log.ts'
import type { DiskJob, Say } from '../application.ts'
import type { DiskScripts } from './disk-scripts.ts'
import type { ScriptPoint } from './script-points.ts'

/** What is wrong with this machine, not with what the script does. */
const ABSENT_CODES: ReadonlySet<string> = new Set(['script-not-permitted', 'script-missing'])

export class RestoreScripts {
  readonly #scripts: DiskScripts
  readonly #job: DiskJob
  readonly #log: Log
  #levels: number[] = []
  #isOwed = false

  constructor(scripts: DiskScripts, job: DiskJob, log: Log) {
    this.#scripts = scripts
    this.#job = job
    this.#log = log
  }

  /** Before `level` is put into the tree. Rejects with the fault of a script that failed. */
  async beforeLevel(level: number, say: Say, signal: AbortSignal): Promise<void> {
    const isFirst = this.#levels.length === 0
    this.#levels = [...this.#levels, level]
    // From here on something may have been prepared that only the script can take back.
    this.#isOwed = true
    await this.#run(isFirst ? 'PRE-RECOVER' : 'INTER-LEVEL-RECOVER', this.#levels, say, signal)
    await this.#run('PRE-LEVEL-RECOVER', [level], say, signal)
  }

  async afterLevel(level: number, say: Say, signal: AbortSignal): Promise<void> {
    await this.#run('POST-LEVEL-RECOVER', [level], say, signal)
  }

  /** Rejects never; the second call does nothing. A script that fails is said: what was restored is there. */
  async after(say: Say): Promise<void> {
    if (!this.#isOwed) return
    this.#isOwed = false
    // Not to be cancelled by what ended the restore; the limit of a script ends it.
    await this.#run('POST-RECOVER', this.#levels, say, new AbortController().signal).catch(async (error: unknown) => {
      this.#log.warn('a script failed after a restore', { disk: this.#job.disk, reason: String(error) })
      await say({ kind: 'strange', text: error instanceof Error ? error.message : String(error) }).catch(() => undefined)
    })
  }

  async #run(point: ScriptPoint, levels: readonly number[], say: Say, signal: AbortSignal): Promise<void> {
    if (!this.#scripts.hasAny(point)) return
    const { lines, complaints, faults } = await this.#scripts.run(point, this.#job, levels, signal)
    for (const text of lines) await say({ kind: 'normal', text })
    const failed = faults.find(({ code }) => !ABSENT_CODES.has(code))
    const said = faults.filter((fault) => fault !== failed).map(({ message }) => message)
    for (const text of [...complaints, ...said]) await say({ kind: 'strange', text })
    if (failed !== undefined) throw failed
  }
}
