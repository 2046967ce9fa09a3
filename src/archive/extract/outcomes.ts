// What one thread has to tell: counts, and problems up to a bound. Owners that only root may set are counted, not listed, since a restore by another user has one for
// every file.

import type { ExtractCounts, ExtractProblem, ExtractProblemCode } from './contract.ts'

const PROBLEMS_MAX = 1000

export interface OutcomeReport {
  readonly counts: ExtractCounts
  readonly problems: readonly ExtractProblem[]
  readonly leftOut: number
  readonly owners: number
  readonly setIds: number
}

export class Outcomes {
  restored = 0
  skipped = 0
  failed = 0
  bytes = 0
  /** Names that did not get their owner. */
  owners = 0
  /** Files that did not get their set-user-id or set-group-id bit, because their owner is not as it was. */
  setIds = 0
  readonly #problems: ExtractProblem[] = []
  #leftOut = 0

  fail(path: string, code: ExtractProblemCode, reason: string): void {
    this.failed++
    this.#add({ path, code, reason, severity: 'failed' })
  }

  strange(path: string, code: ExtractProblemCode, reason: string): void {
    this.#add({ path, code, reason, severity: 'strange' })
  }

  add({ counts, problems, leftOut, owners, setIds }: OutcomeReport): void {
    this.restored += counts.restored
    this.skipped += counts.skipped
    this.failed += counts.failed
    this.bytes += counts.bytes
    this.owners += owners
    this.setIds += setIds
    this.#leftOut += leftOut
    for (const problem of problems) this.#add(problem)
  }

  report(): OutcomeReport {
    const { restored, skipped, failed, bytes, owners, setIds } = this
    return { counts: { restored, skipped, failed, bytes }, problems: [...this.#problems], leftOut: this.#leftOut, owners, setIds }
  }

  /** All of it for the operator: the summaries first, what was left out last. */
  summary(): ExtractProblem[] {
    const general = (code: ExtractProblemCode, reason: string): ExtractProblem => ({ path: '', code, reason, severity: 'strange' })
    return [
      ...(this.owners === 0 ? [] : [general('attributes', `${this.owners} files and directories did not get their owner back, because the restore does not run as root`)]),
      ...(this.setIds === 0 ? [] : [general('attributes', `${this.setIds} files did not get their set-user-id or set-group-id bits back, because they did not get their owner back`)]),
      ...this.#problems,
      ...(this.#leftOut === 0 ? [] : [general('system', `${this.#leftOut} more problems were left out`)]),
    ]
  }

  #add(problem: ExtractProblem): void {
    if (this.#problems.length < PROBLEMS_MAX) this.#problems.push(problem)
    else this.#leftOut++
  }
}
