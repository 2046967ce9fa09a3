// What `extract` is told, on the command line and in the shell → options that make sense together, or `usage-wrong`. Pure.

import type { ExtractOptions } from '../../archive/extract/contract.ts'
import { Fault } from '../../kernel/fault.ts'
import { FIXED_WORDS } from './syntax.ts'

export interface ExtractWords {
  /** A directory of this machine; with `toAgent`, of that one. */
  readonly to: string | undefined
  readonly isOriginal: boolean
  readonly toAgent: string | undefined
  readonly existing: string | undefined
  readonly owners: string | undefined
  /** Globs of bytes. */
  readonly excludes: readonly string[]
  readonly isResumed: boolean
  readonly isDryRun: boolean
}

export type ExtractGoal =
  | { readonly kind: 'here'; readonly target: string }
  /** Over the directory that the disk is. */
  | { readonly kind: 'original' }
  /** `existing` undefined: into a directory that is missing or empty. */
  | { readonly kind: 'agent'; readonly host: string; readonly target: string; readonly existing: ExtractOptions['existing'] | undefined }

export interface ExtractWishes {
  readonly goal: ExtractGoal
  readonly existing: ExtractOptions['existing']
  readonly owners: ExtractOptions['owners']
  readonly excludes: readonly string[]
  readonly isResumed: boolean
  readonly isDryRun: boolean
}

/** `fallback`: where to when it is not said. Throws `usage-wrong`. */
export function extractWishes(words: ExtractWords, fallback: string | undefined): ExtractWishes {
  const existing = oneOf('--existing', words.existing ?? 'refuse', FIXED_WORDS.existing) as ExtractOptions['existing']
  const owners = oneOf('--owners', words.owners ?? 'number', FIXED_WORDS.owners) as ExtractOptions['owners']
  const rest = { existing, owners, excludes: words.excludes, isResumed: words.isResumed, isDryRun: words.isDryRun }
  if (words.toAgent !== undefined) return { goal: agentGoal(words, words.toAgent, words.existing === undefined ? undefined : existing), ...rest }
  if (words.isOriginal) {
    if (words.to !== undefined) throw new Fault('usage-wrong', '--original and --to name two places', { next: 'Give one of them.' })
    return { goal: { kind: 'original' }, ...rest }
  }
  const target = words.to ?? fallback
  if (target === undefined) throw new Fault('usage-wrong', 'it is not said where to restore to', { next: 'Add `--to DIR`, or `--original` for the places the names had.' })
  return { goal: { kind: 'here', target }, ...rest }
}

function agentGoal(words: ExtractWords, host: string, existing: ExtractOptions['existing'] | undefined): ExtractGoal {
  if (words.to === undefined) throw new Fault('usage-wrong', 'it is not said where on the agent to restore to', { next: 'Add `--to DIR`.' })
  const others = [
    ['--original', words.isOriginal],
    ['--owners', words.owners !== undefined],
    ['--exclude', words.excludes.length > 0],
    ['--resume', words.isResumed],
  ] as const
  const [wrong] = others.find(([, isGiven]) => isGiven) ?? []
  if (wrong !== undefined) throw new Fault('usage-wrong', `${wrong} does not go with --to-agent`, { next: 'An agent restores all that is named, owners by number.' })
  return { kind: 'agent', host, target: words.to, existing }
}

function oneOf(option: string, word: string, words: readonly string[] | undefined): string {
  if (words?.includes(word) === true) return word
  throw new Fault('usage-wrong', `${option} is one of ${words?.join(', ')}, not ${JSON.stringify(word)}`)
}
