// What a check found, explained: the words of the finding with what its kind says of it. A code that has no kind is one of our faults; the
// table of faults says what is known of it, and nothing is guessed.

import { FAULT_CODES, type FaultCode } from '../../kernel/fault-codes.ts'
import type { Cure } from '../contract.ts'
import { kindOfEither } from '../fault-kinds.ts'
import type { AnyKind } from '../kinds.ts'

/** A `CheckFinding` of the server is one. */
interface SetupFinding {
  readonly severity: 'ok' | 'note' | 'warning' | 'error'
  readonly code: string
  readonly message: string
  /** What to do now, in the words of the case; empty when nothing is to be done. */
  readonly next: string
  readonly host?: string
  readonly disk?: string
  readonly details?: readonly string[]
}

export interface ExplainedFinding {
  readonly code: string
  readonly severity: SetupFinding['severity']
  readonly host?: string
  readonly disk?: string
  /** What is wrong here. */
  readonly message: string
  readonly details: readonly string[]
  /** What that is, in general. */
  readonly symptom: string
  readonly cause: string
  readonly confidence: AnyKind['confidence']
  readonly advice: string
  readonly cures: readonly Cure[]
  readonly check: string
  /** Page of the documentation, relative to docs/. */
  readonly page: string
  /** Something was not backed up, and that is what the finding says. */
  readonly isFailure: boolean
}

/** Kinds that say that dumps were not made. Of other kinds a check tells before it comes to that. */
const FAILURES: ReadonlySet<string> = new Set(['disk-never-dumped', 'disk-overdue', 'disk-failing'])

const RUN_AGAIN = 'The same command does not name it any more.'

function generalOf(code: string): Pick<ExplainedFinding, 'symptom' | 'cause' | 'confidence' | 'cures' | 'check' | 'page'> {
  const kind = kindOfEither(code)
  if (kind !== undefined) {
    const { symptom, cause, confidence, cures, check } = kind
    return { symptom, cause, confidence, cures, check, page: `doctor/${kind.code}.md` }
  }
  const { summary, next } = Object.hasOwn(FAULT_CODES, code) ? FAULT_CODES[code as FaultCode] : { summary: 'A check found something that this doctor has no page for', next: 'Go by what the finding says; the program that found it may be newer than this one.' }
  return { symptom: `${summary.charAt(0).toUpperCase()}${summary.slice(1)}`, cause: 'What it came from stands in the finding itself.', confidence: 'possible', cures: [{ on: 'what is named', steps: [next] }], check: RUN_AGAIN, page: 'errors.md' }
}

export function explainFinding(finding: SetupFinding): ExplainedFinding {
  const { code, severity, message, next, host, disk, details = [] } = finding
  const general = generalOf(code)
  return {
    code,
    severity,
    ...(host === undefined ? {} : { host }),
    ...(disk === undefined ? {} : { disk }),
    message,
    details,
    ...general,
    advice: next === '' ? (kindOfEither(code)?.advice ?? 'Nothing.') : next,
    isFailure: severity === 'error' && FAILURES.has(code),
  }
}
