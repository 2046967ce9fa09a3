// The command line of amrestore: what was asked for, or what is wrong with it, in the words of stock Amanda.

import type { UndoChoice } from '../../restore/amanda/undo-plan.ts'
import { parseDumpSpecs, type DumpSpec } from '../../wire/amanda/dump-spec.ts'
import { readStockWords, type StockOption, type StockWords } from './stock-words.ts'

export interface AmrestoreCall {
  readonly config: string | undefined
  readonly overrides: readonly string[]
  readonly allowed: readonly string[]
  /** Device, changer or file on a holding disk. */
  readonly source: string
  readonly isHolding: boolean
  readonly label: string | undefined
  readonly fileNumber: number
  readonly specs: readonly DumpSpec[]
  readonly undo: UndoChoice
  readonly isRaw: boolean
  readonly hasHeader: boolean
  readonly isPipe: boolean
  readonly goesOnAfterFilter: boolean
}

export type AmrestoreOutcome = { readonly kind: 'call'; readonly call: AmrestoreCall } | { readonly kind: 'version' } | { readonly kind: 'usage'; readonly message?: string }

export const AMRESTORE_USAGE = `Usage: amrestore [--config config] [-b blocksize] [-r|-c|-C] [-p] [-h]
    [-f filenum] [-l label] [--exact-match] [-o configoption]*
    [--continue-on-filter-error]
    {device | [--holding] holdingfile}
    [hostname [diskname [datestamp [hostname [diskname [datestamp ... ]]]]]]"));
`

const OPTIONS: readonly StockOption[] = [
  ...['version', 'help', 'usage', 'holding', 'exact-match', 'continue-on-filter-error', 'r', 'c', 'C', 'p', 'h'].map((name) => ({ name })),
  ...['config', 'l', 'b', 'f', 'o', 'allow-program'].map((name) => ({ name, takesValue: true })),
]

function wrongTogether({ given: options, words }: StockWords): string | undefined {
  if (options.has('help') || options.has('usage')) return 'help'
  if (words.length === 0) return 'Must specify a device or holding-disk file'
  if (options.has('r') && (options.has('c') || options.has('C'))) return 'Cannot use both -r (raw) and -c/-C (compression) -- use -h instead'
  if (options.has('holding') && options.has('l')) return 'Cannot check a label on a holding-disk file'
  return undefined
}

export function parseAmrestore(argv: readonly string[]): AmrestoreOutcome {
  const read = readStockWords(argv, OPTIONS)
  const options = read.given
  const last = (name: string): string | undefined => options.get(name)?.at(-1)
  const areNumbers = ['b', 'f'].every((name) => options.get(name)?.every((text) => /^-?\d{1,15}$/.test(text)) !== false)
  if (read.wrong.length > 0 || !areNumbers) return { kind: 'usage' }
  if (options.has('version')) return { kind: 'version' }
  const message = wrongTogether(read)
  const [source, ...specs] = read.words
  if (message !== undefined || source === undefined) return { kind: 'usage', ...(message === undefined ? {} : { message }) }
  const isRaw = options.has('r')
  const compress = options.has('C') ? 'best' : options.has('c') ? 'fast' : 'none'
  const when = isRaw ? 'never' : 'always'
  return {
    kind: 'call',
    call: {
      config: last('config'),
      overrides: options.get('o') ?? [],
      allowed: options.get('allow-program') ?? [],
      source,
      isHolding: options.has('holding'),
      label: last('l'),
      fileNumber: Math.max(1, Number(last('f') ?? 1)),
      specs: parseDumpSpecs(specs, { groupSize: 3, isExact: options.has('exact-match') }),
      undo: { decrypt: when, decompress: when, compress },
      isRaw,
      hasHeader: isRaw || options.has('h'),
      isPipe: options.has('p'),
      goesOnAfterFilter: options.has('continue-on-filter-error'),
    },
  }
}
