// The one error class for operating errors: things that go wrong outside this program. A Fault has a stable code (the table is in
// fault-codes.ts), says whether trying again helps, and tells the operator what to do. Callers switch on `code`, never on text.

import { FAULT_CODES, type FaultCode } from './fault-codes.ts'

/** Whether trying the same thing again can help: never, after a pause, or at once. */
export type Retry = 'never' | 'later' | 'now'

export interface FaultOptions {
  /** Facts for the log: names, offsets, sizes. Never a secret. */
  readonly context?: Readonly<Record<string, string | number | boolean | undefined>>
  readonly cause?: unknown
  /** Replaces the table's advice when the caller knows better. */
  readonly next?: string
  readonly retry?: Retry
}

export class Fault extends Error {
  override readonly name = 'Fault'
  readonly code: FaultCode
  readonly retry: Retry
  /** What the operator should do, one sentence. */
  readonly next: string
  readonly context: Readonly<Record<string, string | number | boolean | undefined>>

  constructor(code: FaultCode, message: string, options: FaultOptions = {}) {
    super(message, options.cause === undefined ? {} : { cause: options.cause })
    const entry = FAULT_CODES[code]
    this.code = code
    this.retry = options.retry ?? entry.retry
    this.next = options.next ?? entry.next
    this.context = options.context ?? {}
  }
}

/** The Fault in `error`, or the error wrapped as `internal` so that nothing is shown without a code. */
export function faultOf(error: unknown): Fault {
  if (error instanceof Fault) return error
  // Closing what was in use failed as well: what came first is the reason.
  if (error instanceof SuppressedError) return faultOf(error.suppressed)
  const systemCode = systemErrorCode(error)
  const message = error instanceof Error ? error.message : String(error)
  switch (systemCode) {
    case 'ENOSPC':
    case 'EDQUOT':
      return new Fault('disk-full', message, { cause: error })
    case 'ENOENT':
      return new Fault('file-missing', message, { cause: error })
    case 'EACCES':
    case 'EPERM':
      return new Fault('permission-denied', message, { cause: error })
    case 'EIO':
      return new Fault('disk-error', message, { cause: error })
    case 'ABORT_ERR':
      return new Fault('cancelled', message, { cause: error })
    default:
      return new Fault('internal', message, { cause: error })
  }
}

/** The errno name of a system error (`ENOSPC`), if it is one. */
export function systemErrorCode(error: unknown): string | undefined {
  if (error instanceof Error && 'code' in error && typeof error.code === 'string') return error.code
  return undefined
}
