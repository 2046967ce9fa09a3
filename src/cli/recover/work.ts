// What every operation of recovery works with, in the shell and as a command of its own.

import type { CliContext } from '../context.ts'
import type { Printer } from './printer.ts'
import type { RecoverSource } from './recover-source.ts'

export interface Work {
  readonly context: CliContext
  readonly source: RecoverSource
  readonly printer: Printer
  /** Ends this operation, not the shell. */
  readonly signal: AbortSignal
  readonly isJson: boolean
}
