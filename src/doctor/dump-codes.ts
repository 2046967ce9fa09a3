// The doctor's codes of one dump of ours: from its fault code, its message and what the client's program printed. The words say more than the
// code of a fault: `agent-error` is whatever a client said. Lines that no kind knows give no code. Pure.

import type { FaultKind, Severity } from './contract.ts'
import { kindOfFault } from './fault-kinds.ts'
import { FAULT_KINDS } from './kinds.ts'

export interface DumpFacts {
  readonly faultCode?: string | undefined
  /** Why it failed or is partial. */
  readonly message?: string | undefined
  /** Strange lines of the client, with their mark `? `. */
  readonly lines?: readonly string[] | undefined
}

/** More causes at once help nobody. */
const CODES_MAX = 3
const SEVERITIES: readonly Severity[] = ['failure', 'warning', 'notice']

/** The kinds that a line of text names. */
function kindsOfText(text: string): FaultKind[] {
  return FAULT_KINDS.filter(({ words, patterns }) => words.some((word) => text.includes(word)) && patterns.some((pattern) => pattern.test(text)))
}

function kindsOfFailure(faultCode: string | undefined, message: string): FaultKind[] {
  const said = kindsOfText(message).filter(({ severity }) => severity !== 'notice')
  const byCode = faultCode === undefined ? undefined : kindOfFault(faultCode)
  // A message may quote others, such as why each volume was refused: its own kind is the one of the code,
  // unless what is quoted brought it about.
  if (byCode !== undefined && (said.length === 0 || (said.includes(byCode) && !said.some(({ code }) => byCode.followsFrom?.includes(code))))) return [byCode]
  return said
}

/** The gravest first, at most three; empty when nobody knows what it is. */
export function codesOfDump({ faultCode, message = '', lines = [] }: DumpFacts): string[] {
  const isFailed = faultCode !== undefined || message !== ''
  const failure = isFailed ? kindsOfFailure(faultCode, message) : []
  const strange = lines.flatMap(kindsOfText).filter(({ severity }) => !isFailed || severity !== 'notice')
  const kinds = [...new Set([...failure, ...strange.toSorted((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity))])]
  const codes = kinds.filter(({ followsFrom = [] }) => !kinds.some(({ code }) => followsFrom.includes(code))).map(({ code }) => code)
  return codes.slice(0, CODES_MAX)
}
