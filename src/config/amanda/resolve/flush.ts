// When dumps go from the holding disk to volumes: `flush` of a storage. Where there is no holding disk nothing waits.

import type { StorageInput } from '../../schema.ts'
import type { SettingsReader } from './ledger.ts'

type FlushInput = NonNullable<Exclude<StorageInput, { kind: 'vault' }>['flush']>

const PERCENT_MAX = 100_000
const ORDERS = ['first', 'firstfit', 'largest', 'largestfit', 'smallest', 'last'] as const
/** `autoflush`: dumps of earlier runs are written along not at all, those of the disks that are dumped, or all. */
const EARLIER: Readonly<Record<string, NonNullable<FlushInput['earlier']>>> = { NO: 'none', YES: 'selected', ALL: 'all' }

/** Undefined: as holdfast.yaml has it when it says nothing. `readerOf` knows where a keyword is to be read. */
export function flushInput(readerOf: (keyword: string) => SettingsReader): FlushInput | undefined {
  const percent = (keyword: string): number => readerOf(keyword).number(keyword, 0, PERCENT_MAX)
  const [dumped, scheduled, rest] = [percent('FLUSH_THRESHOLD_DUMPED'), percent('FLUSH_THRESHOLD_SCHEDULED'), percent('TAPERFLUSH')]
  const taperalgo = readerOf('TAPERALGO').word('TAPERALGO').toLowerCase()
  const order = ORDERS.find((one) => one === taperalgo) ?? 'first'
  const earlier = EARLIER[readerOf('AUTOFLUSH').word('AUTOFLUSH')] ?? 'none'
  const flush: FlushInput = {
    ...(dumped === 0 ? {} : { dumped }),
    ...(scheduled === 0 ? {} : { scheduled }),
    ...(rest === 0 ? {} : { rest }),
    ...(order === 'first' ? {} : { order }),
    ...(earlier === 'all' ? {} : { earlier }),
  }
  return Object.keys(flush).length === 0 ? undefined : flush
}
