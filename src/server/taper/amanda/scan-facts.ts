// What a scan for the next volume of an Amanda configuration goes by, and its answer. All three scans are pure: slots have been looked at before.

import type { SlotRecord, VolumeReading } from '../../../storage/amanda/contract.ts'
import type { TapelistEntry } from '../../../wire/amanda/tapelist.ts'
import type { RetentionStatus } from './retention-status.ts'
import type { VolumeRules } from './volume-rules.ts'

export interface ScannedSlot {
  readonly slot: string
  /** What the changer remembers. */
  readonly known: SlotRecord['content']
  /** What is really there. */
  readonly found: VolumeReading
}

export interface ScanFacts {
  readonly rules: VolumeRules
  readonly tapelist: readonly TapelistEntry[]
  readonly statuses: ReadonlyMap<string, RetentionStatus>
  /** In the order of the changer. */
  readonly slots: readonly ScannedSlot[]
  /** Index of the current slot; -1: none is. */
  readonly current: number
  readonly isFastSearch: boolean
  /** Labels that this run has written already. */
  readonly taken: ReadonlySet<string>
}

/** `reused`: with its label; `relabelled`: it had another one. */
export interface ScanChoice {
  readonly slot: string
  readonly label: string
  readonly kind: 'reused' | 'blank' | 'relabelled' | 'unreadable'
  readonly oldLabel?: string
}

export interface ScanAnswer {
  /** What `amtape taper` prints, in stock's words. */
  readonly lines: readonly string[]
  /** Slots that were loaded on the way. */
  readonly loaded: readonly string[]
  readonly choice: ScanChoice | undefined
  /** Why there is none. */
  readonly error: string | undefined
}

export const NO_VOLUME = 'No acceptable volumes found'

/** Whether the storage may write on the volume of `entry` because nothing on it has to be kept. */
export function isReusable(facts: ScanFacts, entry: TapelistEntry): boolean {
  const { pool } = facts.rules
  return facts.statuses.get(entry.label) === 'retention-no' && (entry.pool === undefined || entry.pool === pool) && !facts.taken.has(entry.label)
}

export function choiceLine(choice: ScanChoice): string {
  switch (choice.kind) {
    case 'reused': return `Will write to volume '${choice.label}' in slot ${choice.slot}.`
    case 'blank': return `Will write label '${choice.label}' to new volume in slot ${choice.slot}.`
    case 'relabelled': return `Will write label '${choice.label}' to '${choice.oldLabel}' labelled volume in slot ${choice.slot}.`
    case 'unreadable': return `Will write label '${choice.label}' to non-Amanda volume in slot ${choice.slot}.`
  }
}
