// Which programs may be started because somebody else named them: a server its filters on a client, the header of a volume those that
// undo them. Well-known programs may be, under exactly these paths; everything else takes a word of the side that runs it.

/** Compress or encrypt stdin to stdout. None of them does anything else without arguments. */
const NAMES = ['zstd', 'gzip', 'bzip2', 'xz', 'pigz', 'lz4', 'gpg', 'age', 'openssl'] as const

export const KNOWN_FILTER_PROGRAMS: readonly string[] = ['/usr/bin', '/bin'].flatMap((dir) => NAMES.map((name) => `${dir}/${name}`))

/** What a header may say to a known program. Any other word could be an option that writes a file. */
const PLAIN_OPTIONS: ReadonlySet<string> = new Set(['-d', '-dc', '--decrypt', '--decompress'])

/** Whether `program` may be run with `option` to undo a filter. */
export type ProgramPermit = (program: string, option: string) => boolean

export const KNOWN_PROGRAMS_ONLY: ProgramPermit = (program, option) => KNOWN_FILTER_PROGRAMS.includes(program) && PLAIN_OPTIONS.has(option)

/** A filter of a configuration, as far as it matters here. */
interface ConfiguredFilter {
  readonly compress: { readonly kind: string; readonly program?: string }
  readonly encrypt: { readonly kind: string; readonly program?: string; readonly decryptOption?: string }
}

/** Permits the known programs, what the dumps of the configuration need, and with any option the `allowed` programs that an operator named. */
export function permitPrograms(configured: readonly ConfiguredFilter[], allowed: readonly string[] = []): ProgramPermit {
  const pairs = new Set<string>()
  const pair = (program: string, option: string): string => JSON.stringify([program, option])
  for (const { compress, encrypt } of configured) {
    if (compress.program !== undefined) pairs.add(pair(compress.program, '-d'))
    if (encrypt.program !== undefined) pairs.add(pair(encrypt.program, encrypt.decryptOption ?? '-d'))
  }
  return (program, option) => KNOWN_PROGRAMS_ONLY(program, option) || allowed.includes(program) || pairs.has(pair(program, option))
}
