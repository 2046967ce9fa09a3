// Kinds that checks find, before a run or between runs. In logs and pasted text they are known by the code at the end of the line that
// `holdfast check` and `holdfast doctor` print.

import type { FaultKind } from '../../contract.ts'

type SetupText = Omit<FaultKind, 'words' | 'patterns' | 'samples' | 'confidence'> & {
  readonly confidence?: FaultKind['confidence']
  /** Lines of `holdfast check` or `holdfast doctor`, with the code at the end. */
  readonly lines: readonly string[]
}

export function setupKind({ lines, confidence = 'certain', ...text }: SetupText): FaultKind {
  return {
    ...text,
    confidence,
    words: [`[${text.code}]`],
    patterns: [new RegExp(`^\\s*(?:note|WARNING|ERROR)\\s+(?:(?<host>[A-Za-z0-9][\\w.-]*)(?: (?<disk>[^\\s:]+))?: )?.*\\[${text.code}\\]\\s*$`)],
    samples: lines.map((line) => ({ line, from: 'holdfast check and holdfast doctor' })),
  }
}
