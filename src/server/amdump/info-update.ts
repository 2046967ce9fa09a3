// What a dump adds to the memory of its disk (curinfo), in two steps as stock Amanda has them: when the dump is whole, and when it is on a volume.
// A dump makes those of its level and above it useless as bases, so they are forgotten. Pure. Format: docs/formats/curinfo.md.

import { INFO_HISTORY_MAX, INFO_RATES_MAX, type DiskInfo, type InfoRates } from '../../wire/amanda/curinfo.ts'
import { NO_INFO } from '../planner/amanda/disk-past.ts'

export interface RememberedDump {
  readonly level: number
  /** KiB that the program made. */
  readonly sizeKib: number
  /** KiB after compression; at least 1. */
  readonly storedKib: number
  /** Whole seconds; at least 1. */
  readonly seconds: number
  /** When its run began, in seconds since 1970. */
  readonly dateS: number
  /** Its ratio tells something about later ones. */
  readonly isCompressed: boolean
}

function withRates({ rates, ratios }: InfoRates, { sizeKib, storedKib, seconds, isCompressed }: RememberedDump): InfoRates {
  const newest = (values: readonly number[]): number[] => values.slice(0, INFO_RATES_MAX)
  return { rates: newest([storedKib / seconds, ...rates]), ratios: isCompressed && sizeKib > 0 ? newest([storedKib / sizeKib, ...ratios]) : ratios }
}

/** The dump is whole. Orders of the operator are obeyed with it. */
export function infoAfterDump(info: DiskInfo = NO_INFO, dump: RememberedDump): DiskInfo {
  const { level, sizeKib, storedKib, seconds, dateS } = dump
  const facts = { level, sizeKib, storedKib, seconds, dateS }
  return {
    command: 0,
    full: level === 0 ? withRates(info.full, dump) : info.full,
    incremental: level === 0 ? info.incremental : withRates(info.incremental, dump),
    stats: [...info.stats.filter((one) => one.level < level), facts],
    last: { level, runs: info.last?.level === level ? info.last.runs + 1 : 1 },
    history: [facts, ...info.history].slice(0, INFO_HISTORY_MAX),
  }
}

/** The dump of `level` begins on a volume. Nothing changes when the memory has another dump of that level by now. */
export function infoAfterTape(info: DiskInfo, dump: { readonly level: number; readonly dateS: number }, place: { readonly label: string; readonly fileNumber: number }): DiskInfo {
  return { ...info, stats: info.stats.map((one) => (one.level === dump.level && one.dateS === dump.dateS ? { ...one, place } : one)) }
}
