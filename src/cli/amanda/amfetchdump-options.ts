// The command line of amfetchdump: what was asked for, or what is wrong with it, in the words of stock Amanda.

import type { UndoChoice, UndoWhen } from '../../restore/amanda/undo-plan.ts'
import { parseDumpSpecs, type DumpSpec } from '../../wire/amanda/dump-spec.ts'
import { readStockWords, type StockOption } from './stock-words.ts'

export interface AmfetchdumpCall {
  readonly config: string
  readonly overrides: readonly string[]
  readonly allowed: readonly string[]
  readonly specs: readonly DumpSpec[]
  readonly undo: UndoChoice
  /** The changer or device that is used in place of the configured one. */
  readonly device: string | undefined
  readonly directory: string | undefined
  readonly isPipe: boolean
  readonly isInParts: boolean
  /** Nobody is asked whether volumes are there. */
  readonly isAssumed: boolean
  readonly header: { readonly kind: 'none' } | { readonly kind: 'with-data' } | { readonly kind: 'file'; readonly path: string } | { readonly kind: 'descriptor'; readonly fd: number }
  readonly extract: { readonly target: string; readonly included: readonly string[]; readonly includeLists: readonly string[]; readonly excluded: readonly string[]; readonly excludeLists: readonly string[] } | undefined
}

export type AmfetchdumpOutcome =
  | { readonly kind: 'call'; readonly call: AmfetchdumpCall }
  | { readonly kind: 'version' }
  /** `before` and `after` the usage. */
  | { readonly kind: 'usage'; readonly before?: string; readonly after?: string }
  | { readonly kind: 'refused'; readonly message: string }

export const AMFETCHDUMP_USAGE = `Usage: amfetchdump [-c|-C|-l] [-p|-n] [-a] [-O directory] [-d device]
    [-h|--header-file file|--header-fd fd]
    [--reserve-tapes] [--release-tapes]
    [-decrypt|--no-decrypt|--server-decrypt|--client-decrypt]
    [--decompress|--no-decompress|--server-decompress|--client-decompress]
    [(--extract | --extract-client=HOSTNAME) --target target
     [--data-path (amanda|directtcp)]
     [--application-property='NAME=VALUE']*
     [--include-file file]*
     [--include-list filename]*
     [--include-list-glob filename]*
     [--exclude-file file]*
     [--exclude-list filename]*
     [--exclude-list-glob filename]*]
     [--prev-level level]
     [--next-level level]
    [--init] [--restore]
    [-o configoption]* [--exact-match] config
    hostname [diskname [datestamp [hostname [diskname [datestamp ... ]]]]]
`

const OPTIONS: readonly StockOption[] = [
  ...['version', 'help', 'usage', 'c', 'C', 'l', 'p', 'n', 'a', 'h', 'exact-match', 'reserve-tapes', 'release-tapes', 'extract', 'run-client-scripts'].map((name) => ({ name })),
  ...['server-decompress', 'client-decompress', 'server-decrypt', 'client-decrypt'].map((name) => ({ name })),
  ...['decompress', 'decrypt', 'init', 'restore'].map((name) => ({ name, canBeDenied: true })),
  ...['O', 'd', 'o', 'header-file', 'header-fd', 'extract-client', 'directory', 'target', 'data-path', 'application-property', 'prev-level', 'next-level', 'allow-program'].map((name) => ({ name, takesValue: true })),
  ...['include', 'exclude'].flatMap((what) => ['file', 'list', 'list-glob'].map((name) => ({ name: `${what}-${name}`, takesValue: true }))),
]

type Given = ReadonlyMap<string, readonly string[]>

const isSet = (given: Given, name: string): boolean => given.has(name)
const last = (given: Given, name: string): string | undefined => given.get(name)?.at(-1)

/** Undefined: two of them contradict each other. */
function whenOf(given: Given, what: 'decompress' | 'decrypt'): UndoWhen | undefined {
  const plain = last(given, what)
  const said: UndoWhen[] = [
    ...(plain === undefined ? [] : [plain === 'no' ? ('never' as const) : ('always' as const)]),
    ...(isSet(given, `server-${what}`) ? ['server' as const] : []),
    ...(isSet(given, `client-${what}`) ? ['client' as const] : []),
  ]
  if (said.length > 1) return undefined
  return said[0] ?? 'always'
}

/** What is wrong and is said above the usage. */
function wrongBefore(given: Given): string | undefined {
  if (isSet(given, 'c') && isSet(given, 'C')) return "Can't use -c and -C"
  for (const what of ['decompress', 'decrypt'] as const) {
    if (whenOf(given, what) === undefined) return `Can't use only on of --${what}, --no-${what}, --server-${what} or --client-${what}`
    if (isSet(given, 'l') && last(given, what) === '') return `-l is incompatible with --${what}`
  }
  const isExtract = isSet(given, 'extract') || isSet(given, 'extract-client')
  if (!isExtract && (isSet(given, 'target') || isSet(given, 'directory'))) return '--target set but neither --extract or --extract-client'
  if (isExtract && isSet(given, 'p')) return '--pipe is incompatible with --extract'
  if (isExtract && isSet(given, 'n')) return '-n is incompatible with --extract'
  return undefined
}

/** What is wrong and is said below it. */
function wrongAfter(given: Given, words: readonly string[]): string | undefined {
  if (words.length < 2) return 'must specify at least a hostname'
  if (isSet(given, 'p') && isSet(given, 'n')) return '-p is not compatible with -n'
  if (isSet(given, 'l') && (isSet(given, 'c') || isSet(given, 'C'))) return '-l is not compatible with -c or -C'
  if (['h', 'header-file', 'header-fd'].filter((name) => isSet(given, name)).length > 1) return '-h, --header-file, and --header-fd are mutually incompatible'
  return undefined
}

function headerOf(given: Given): AmfetchdumpCall['header'] {
  const path = last(given, 'header-file')
  const fd = last(given, 'header-fd')
  if (path === undefined && fd === undefined) return isSet(given, 'h') ? { kind: 'with-data' } : { kind: 'none' }
  // On a pipe the header stands in front of the data, whatever else was said.
  if (isSet(given, 'p')) return { kind: 'with-data' }
  return path === undefined ? { kind: 'descriptor', fd: Number(fd) } : { kind: 'file', path }
}

/** What stock Amanda can and Holdfast cannot. */
function refusal(given: Given): string | undefined {
  if (isSet(given, 'extract-client')) return 'amfetchdump: --extract-client is not possible yet: extract here with --extract, or use `holdfast restore --to-agent`'
  if (isSet(given, 'reserve-tapes') || isSet(given, 'release-tapes')) return 'amfetchdump: tapes cannot be reserved or released yet: mark volumes with `amadmin CONF no-reuse LABEL`'
  if (isSet(given, 'extract') && !isSet(given, 'target') && !isSet(given, 'directory')) return '--directorty must be set when --extract is set'
  return undefined
}

export function parseAmfetchdump(argv: readonly string[]): AmfetchdumpOutcome {
  const { given, words, wrong } = readStockWords(argv, OPTIONS)
  const fd = last(given, 'header-fd')
  if (wrong.length > 0 || (fd !== undefined && !/^\d{1,6}$/.test(fd))) return { kind: 'usage' }
  if (isSet(given, 'version')) return { kind: 'version' }
  if (isSet(given, 'help') || isSet(given, 'usage')) return { kind: 'usage', after: 'ERROR: help' }
  const [config, ...specs] = words
  if (config === undefined) return { kind: 'usage' }
  const before = wrongBefore(given)
  if (before !== undefined) return { kind: 'usage', before }
  const after = wrongAfter(given, words)
  if (after !== undefined) return { kind: 'usage', after: `ERROR: ${after}` }
  const message = refusal(given)
  if (message !== undefined) return { kind: 'refused', message }
  const isLeft = isSet(given, 'l')
  const target = last(given, 'target') ?? last(given, 'directory')
  const many = (...names: readonly string[]): string[] => names.flatMap((name) => given.get(name) ?? [])
  return {
    kind: 'call',
    call: {
      config,
      overrides: given.get('o') ?? [],
      allowed: given.get('allow-program') ?? [],
      specs: parseDumpSpecs(specs, { groupSize: 4, isExact: isSet(given, 'exact-match') }),
      undo: {
        decrypt: isLeft ? 'never' : (whenOf(given, 'decrypt') ?? 'always'),
        decompress: isLeft ? 'never' : (whenOf(given, 'decompress') ?? 'always'),
        compress: isSet(given, 'c') ? 'fast' : isSet(given, 'C') ? 'best' : 'none',
      },
      device: last(given, 'd'),
      directory: last(given, 'O'),
      isPipe: isSet(given, 'p'),
      isInParts: isSet(given, 'n'),
      isAssumed: isSet(given, 'a'),
      header: headerOf(given),
      extract: target === undefined ? undefined : { target, included: many('include-file'), includeLists: many('include-list', 'include-list-glob'), excluded: many('exclude-file'), excludeLists: many('exclude-list', 'exclude-list-glob') },
    },
  }
}
