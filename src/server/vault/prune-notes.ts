// What the keep rules of the vault did last: a small file beside the catalog. Losing it costs nothing but one night in which nothing is removed.

import { readFile, type Disk } from '../../kernel/disk.ts'
import { systemErrorCode } from '../../kernel/fault.ts'
import type { KeepRules } from '../../storage/vault/contract.ts'

const FILE_BYTES_MAX = 64 * 1024

/** `isDryRun`: it would have been, the rules are new. */
export interface PruneOutcome {
  readonly atMs: number
  readonly removed: number
  readonly kept: number
  readonly freedBytes: number
  readonly isDryRun: boolean
}

export interface PruneNotes {
  /** The rules that were looked at, canonical. */
  readonly rules?: string
  /** When garbage was last swept. */
  readonly sweptMs?: number
  readonly last?: PruneOutcome
}

export function rulesText(rules: KeepRules): string {
  return JSON.stringify(Object.entries(rules).filter(([, value]) => value !== undefined).toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** Whether the rules are others than at the end of the last run. */
export function areNewRules(notes: PruneNotes, rules: KeepRules): boolean {
  return notes.rules !== rulesText(rules)
}

function outcomeOf(value: unknown): PruneOutcome | undefined {
  if (typeof value !== 'object' || value === null) return undefined
  const { atMs, removed, kept, freedBytes, isDryRun } = value as Record<string, unknown>
  return typeof atMs === 'number' && typeof removed === 'number' && typeof kept === 'number' && typeof freedBytes === 'number' && typeof isDryRun === 'boolean' ? { atMs, removed, kept, freedBytes, isDryRun } : undefined
}

export async function readPruneNotes(disk: Disk, file: string): Promise<PruneNotes> {
  try {
    const value: unknown = JSON.parse((await readFile(disk, file, FILE_BYTES_MAX)).toString('utf8'))
    if (typeof value !== 'object' || value === null) return {}
    const { rules, sweptMs, last } = value as Record<string, unknown>
    const outcome = outcomeOf(last)
    return { ...(typeof rules === 'string' ? { rules } : {}), ...(typeof sweptMs === 'number' ? { sweptMs } : {}), ...(outcome === undefined ? {} : { last: outcome }) }
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT' || error instanceof SyntaxError) return {}
    throw error
  }
}
