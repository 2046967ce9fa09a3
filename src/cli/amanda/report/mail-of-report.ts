// The mail of a report: whether the configuration wants one, its subject, and to whom it goes. Mail filters know the subjects, so they are Amanda's.

import { reportExitCode } from './exit-status.ts'
import type { LogFacts } from './log-facts.ts'
import { isFinished, reportDate } from './text-report.ts'

export type Verdict = 'good' | 'strange' | 'failed'

const STRANGE_ONLY = 2

export function verdictOf(facts: LogFacts): Verdict {
  const code = reportExitCode(facts)
  if (!isFinished(facts) || (code & ~STRANGE_ONLY) !== 0) return 'failed'
  return code === 0 ? 'good' : 'strange'
}

/** `when` is what send-amreport-on says: ALL, STRANGE, ERROR or NEVER. */
export function isMailWanted(when: string, verdict: Verdict): boolean {
  switch (when) {
    case 'NEVER':
      return false
    case 'ERROR':
      return verdict === 'failed'
    case 'STRANGE':
      return verdict !== 'good'
    default:
      return true
  }
}

const WORDS: Readonly<Record<Verdict, string>> = { good: '', strange: 'STRANGE: ', failed: 'FAIL: ' }

export function mailSubject(facts: LogFacts, organisation: string): string {
  const runner = (['amflush', 'amvault'] as const).find((name) => facts.programs.get(name) !== undefined)
  const start = (['planner', 'amflush', 'amvault'] as const).map((name) => facts.programs.get(name)?.start).find((found) => found !== undefined)
  return `${organisation} ${WORDS[verdictOf(facts)]}${(runner ?? 'amanda').toUpperCase()} MAIL REPORT FOR ${reportDate(start ?? '')}`
}

/** The addresses in a text, which blanks part; undefined when it has characters that a mail program could take for something else. */
export function mailAddresses(text: string): string[] | undefined {
  if (!/^[\w@.,+\-=%!/:\s]*$/.test(text)) return undefined
  return text.split(/\s+/).filter((word) => word !== '' && !word.startsWith('-'))
}
