// A dumptype of Amanda, with all that it inherits, as settings of holdfast.yaml: every one of them, also those that are as their defaults.

import type { FlatDumptype } from '../../dumptypes.ts'
import { compressOf, encryptOf } from './filters.ts'
import { DEFAULT_INTERFACE } from './interfaces.ts'
import type { Ledger, SettingsReader } from './ledger.ts'
import { patternsOf } from './patterns.ts'
import { programOf, scriptsOf } from './program.ts'

/** What the dumptype of a disk depends on beside itself. */
export interface DumptypeFacts {
  /** Whether there are holding disks. */
  readonly hasHolding: boolean
  /** What a volume holds: no part is larger. */
  readonly volumeBytes: number
  /** Whether the tapetype says how dumps are split; then dumptypes say nothing of it. */
  readonly isSplitByTapetype: boolean
}

const DAYS_MAX = 100_000

export function dumptypeSettings(dumptype: SettingsReader, ledger: Ledger, facts: DumptypeFacts): FlatDumptype {
  const { application, properties } = programOf(dumptype, ledger)
  const compress = compressOf(dumptype)
  const excludes = patternsOf(dumptype, 'EXCLUDE', application)
  const includes = patternsOf(dumptype, 'INCLUDE', application)
  const partBytes = partBytesOf(dumptype, facts)
  const startMinutes = startMinutesOf(dumptype)
  return {
    application,
    properties,
    compress,
    encrypt: encryptOf(dumptype),
    exclude: excludes.files,
    'exclude-lists': excludes.lists,
    include: includes.files,
    'include-lists': includes.lists,
    'lists-optional': excludes.isOptional,
    'include-lists-optional': includes.isOptional,
    'absolute-excludes': false,
    priority: lowerOf(dumptype.word('PRIORITY'), ['low', 'medium', 'high'], 'medium'),
    strategy: strategyOf(dumptype),
    'dump-cycle': dumptype.number('DUMPCYCLE', 0, DAYS_MAX),
    bump: {
      size: dumptype.bytes('BUMPSIZE'),
      percent: dumptype.number('BUMPPERCENT', 0, 100),
      multiplier: dumptype.number('BUMPMULT', 0.999, 1000),
      days: dumptype.number('BUMPDAYS', 0, DAYS_MAX),
    },
    'expected-ratio': ratiosOf(dumptype),
    'promote-days': dumptype.number('MAXPROMOTEDAY', 0, DAYS_MAX),
    'skip-full': dumptype.isOn('SKIP_FULL'),
    'skip-incremental': dumptype.isOn('SKIP_INCR'),
    // A spindle is a disk's, and so is an interface that is not the usual one.
    spindle: -1,
    interface: DEFAULT_INTERFACE,
    ...(startMinutes === undefined ? {} : { 'start-time': startMinutes }),
    // Amanda counts the first try as well.
    retries: dumptype.number('RETRY_DUMP', 1, TRIES_MAX) - 1,
    'max-dumps': dumptype.number('MAXDUMPS', 1, 1000),
    holding: holdingOf(dumptype, facts),
    index: dumptype.isOn('INDEX'),
    record: dumptype.isOn('RECORD'),
    estimate: estimateOf(dumptype),
    ...(partBytes === undefined ? {} : { 'part-size': partBytes }),
    scripts: scriptsOf(dumptype, ledger),
  }
}

function lowerOf<Word extends string>(word: string, words: readonly Word[], otherwise: Word): Word {
  return words.find((one) => one === word.toLowerCase()) ?? otherwise
}

function strategyOf(dumptype: SettingsReader): FlatDumptype['strategy'] {
  const word = dumptype.word('STRATEGY')
  if (word === 'HANOI') dumptype.remark('STRATEGY', 'changed', 'standard is used: nobody makes dumps of the strategy hanoi')
  return dumptype.isOn('IGNORE') ? 'skip' : lowerOf(word, ['standard', 'nofull', 'noinc', 'skip', 'incronly'], 'standard')
}

/** Minutes after midnight. Undefined at midnight, which is no limit. `starttime` is HHMM as a number. */
function startMinutesOf(dumptype: SettingsReader): number | undefined {
  const value = dumptype.value('STARTTIME')
  const given = value.kind === 'time' ? value.value : 0
  const minutes = Math.trunc(given / 100) * 60 + (given % 100)
  const kept = Math.min(Math.max(minutes, 0), DAY_MINUTES - 1)
  if (kept !== minutes) dumptype.remark('STARTTIME', 'changed', kept === 0 ? 'dumps start at once' : 'dumps start at 23:59: there is no later time of the day')
  return kept === 0 ? undefined : kept
}

const DAY_MINUTES = 24 * 60

function ratiosOf(dumptype: SettingsReader): NonNullable<FlatDumptype['expected-ratio']> {
  const value = dumptype.value('COMPRATE')
  return value.kind === 'rates' ? { full: Math.min(value.full, RATIO_MAX), incremental: Math.min(value.incremental, RATIO_MAX) } : { full: 1, incremental: 1 }
}

const RATIO_MAX = 1000
const TRIES_MAX = 21

function holdingOf(dumptype: SettingsReader, { hasHolding }: DumptypeFacts): FlatDumptype['holding'] {
  const word = lowerOf(dumptype.word('HOLDINGDISK'), ['never', 'auto', 'required'], 'auto')
  if (hasHolding) return word
  if (word === 'required') dumptype.remark('HOLDINGDISK', 'changed', 'there is no holding disk, so dumps go straight to volumes')
  return 'never'
}

/** The first way of a list is taken. The server's own, where it knows nothing of a disk, guesses from other dumps, as Amanda's does at the end of its list. */
function estimateOf(dumptype: SettingsReader): FlatDumptype['estimate'] {
  const [first = 'CLIENT', ...others] = dumptype.words('ESTIMATE')
  if (others.length > 0) dumptype.remark('ESTIMATE', 'changed', `${first.toLowerCase()} is used, and what comes behind it is not`)
  return lowerOf(first, ['client', 'calcsize', 'server'], 'client')
}

/** Undefined: as the storage says. */
function partBytesOf(dumptype: SettingsReader, { volumeBytes, isSplitByTapetype }: DumptypeFacts): number | undefined {
  if (!dumptype.isOn('ALLOW_SPLIT')) {
    dumptype.remark('ALLOW_SPLIT', 'changed', 'a dump is split only where it is larger than a volume')
    return volumeBytes
  }
  if (!dumptype.isWritten('TAPE_SPLITSIZE')) return undefined
  if (isSplitByTapetype) {
    dumptype.remark('TAPE_SPLITSIZE', 'unneeded', 'left out: the tapetype says how dumps are split')
    return undefined
  }
  const bytes = dumptype.bytes('TAPE_SPLITSIZE')
  if (bytes === 0) return volumeBytes
  const kept = Math.min(Math.max(bytes, PART_BYTES_MIN), volumeBytes)
  if (kept !== bytes) dumptype.remark('TAPE_SPLITSIZE', 'changed', `${kept} bytes are used`)
  return kept
}

const PART_BYTES_MIN = 64 * 1024
