// Which kinds of faults a line may be of, by the words that it has: of some hundred kinds one or two are looked at further. Pure.

import type { FaultCode } from '../../kernel/fault-codes.ts'
import type { FaultKind } from '../contract.ts'
import { FAULT_KINDS } from '../kinds.ts'
import { BLOCK_WORDS } from './log-block.ts'
import { CONTEXT_WORDS } from './log-context.ts'
import { CONNECTION_WORDS } from './lost-connection.ts'
import { OWN_WORDS } from './own-log.ts'
import { SHORT_DUMP_WORDS } from './short-dump.ts'

/** Words of lines that say how long a connection was silent, or that something failed for whatever reason. */
const OTHER_WORDS = [
  ...OWN_WORDS, ...CONNECTION_WORDS, ...SHORT_DUMP_WORDS, ...BLOCK_WORDS, ': FAILED ', ' FAILED [', ' FAILED "', ': TRY-AGAIN ', ': TAPE-ERROR ', ': NO-ROOM ', 'error result for host', 'PARTIAL taper ', 'ERROR: NAK ', 'selfcheck request failed', 'unknown response: ', ': critical (fatal): ',
  ...['dumper', 'planner', 'driver', 'chunker', 'taper', 'sendbackup', 'amflush', 'amdump', 'amvault', 'amreport'].flatMap((program) => [`FAIL ${program}`, `ERROR ${program}`, `FATAL ${program}`]),
]

/** What a line must hold to be worth a look. */
export const LOG_WORDS: readonly string[] = [...new Set([...FAULT_KINDS.flatMap(({ words }) => words), ...CONTEXT_WORDS, ...OTHER_WORDS])]

const CONTEXT = new Set(CONTEXT_WORDS)
const OTHER = new Set(OTHER_WORDS)

interface WordUse {
  /** Places in FAULT_KINDS. */
  readonly kinds: readonly number[]
  /** It says whose dump a file is about. */
  readonly context: string | undefined
  /** The line is worth being read, and not only for `context`. */
  readonly isLooked: boolean
}

/** Of each of LOG_WORDS. */
const USES: readonly WordUse[] = LOG_WORDS.map((word) => {
  const kinds = FAULT_KINDS.flatMap(({ words }, index) => (words.includes(word) ? [index] : []))
  return { kinds, context: CONTEXT.has(word) ? word : undefined, isLooked: kinds.length > 0 || OTHER.has(word) }
})

/** Most lines have one word only. */
const KINDS_OF_WORD: readonly (readonly FaultKind[])[] = USES.map(({ kinds }) => kinds.flatMap((index) => FAULT_KINDS[index] ?? []))

/** The places in LOG_WORDS of those that stand in `text`. */
export function wordsIn(text: string): number[] {
  return LOG_WORDS.flatMap((word, index) => (text.includes(word) ? [index] : []))
}

export function contextWord(word: number): string | undefined {
  return USES[word]?.context
}

export function areLooked(words: readonly number[]): boolean {
  for (const word of words) if (USES[word]?.isLooked === true) return true
  return false
}

/** Kinds with one of these words, in the order of FAULT_KINDS. */
export function kindsWith(words: readonly number[]): readonly FaultKind[] {
  const [only = -1, ...others] = words
  if (others.length === 0) return KINDS_OF_WORD[only] ?? []
  const indexes = new Set<number>()
  for (const word of words) for (const index of USES[word]?.kinds ?? []) indexes.add(index)
  return [...indexes].sort((a, b) => a - b).flatMap((index) => FAULT_KINDS[index] ?? [])
}

/** Kinds that a fault code of ours is. */
export function kindsOfCode(code: FaultCode): readonly FaultKind[] {
  return FAULT_KINDS.filter(({ faultCodes }) => faultCodes?.includes(code) === true)
}
