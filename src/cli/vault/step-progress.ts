// Progress of work on a vault, which goes in steps: a line on a terminal for the step that is under way. What a step counts is said by its name.

import type { VaultProgress } from '../../storage/vault/contract.ts'
import type { CliContext } from '../context.ts'
import { ProgressLine } from '../progress.ts'

export interface StepProgress {
  readonly take: VaultProgress
  clear(): void
}

export function stepProgress(context: Pick<CliContext, 'clock' | 'streams'>): StepProgress {
  const { isTerminal, columns, err } = context.streams
  const line = new ProgressLine(context.clock, { isTerminal, columns, write: err })
  return {
    take(step, done, total) {
      const unit = /\bbytes\b/.test(step) ? {} : { unit: 'done' }
      line.show({ what: step, bytes: done, ...(total === undefined ? {} : { totalBytes: total }), ...unit })
    },
    clear: () => line.clear(),
  }
}
