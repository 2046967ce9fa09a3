// Makes configurations of Amanda in which any parameter may be set to any value of its kind, or, when asked to, to one that is wrong.

import { OF_DUMPTYPES, PARAMETERS, SECTION_TYPES, type ParameterRow, type SectionType, type ValueKind } from '../src/config/amanda/parameters.ts'
import type { Random } from '../src/kernel/random.ts'

const VALUES: Readonly<Record<ValueKind, readonly string[]>> = {
  text: ['"x"', '""', '"two words"', String.raw`"q\"b\\c"`],
  word: ['a', 'b'],
  names: ['a b', 'a'],
  integer: ['5', '1', '7 days', '2 weeks', '99', '3k'],
  kib: ['64', '100 m', '2g', '65536 b', '96k', '4 MBytes', '1t'],
  blocks: ['64', '1m', '32', '256 kbytes'],
  size: ['1000', '64k', '5 mb', '12b'],
  real: ['1.5', '3', '2.', '1.00001'],
  boolean: ['yes', 'no', 'on', 'f', '1', '0', ''],
  flush: ['yes', 'no', 'all', '2', ''],
  compress: ['none', 'fast', 'client best', 'server custom', 'best server', 'server', ''],
  encrypt: ['none', 'client', 'server'],
  holding: ['never', 'auto', 'required', 'no', 'yes', ''],
  estimates: ['client', 'server calcsize', 'calcsize client'],
  strategy: ['skip', 'standard', 'nofull', 'noinc', 'incronly', 'hanoi'],
  taperalgo: ['first', 'FIRSTFIT', 'largest', 'largestfit', 'smallest', 'last'],
  'report-on': ['all', 'strange', 'error', 'never'],
  'data-path': ['amanda', 'directtcp'],
  priority: ['low', 'medium', 'high'],
  rates: ['0.3', '0.3 0.4', '0.25, 0.5'],
  patterns: ['"a" "b"', 'list "l"', 'list optional append "m"', 'append "c"', 'optional', 'file "x y"'],
  time: ['2015', '0', '30', '1200'],
  'reserved-udp': ['512,600', '800'],
  'reserved-tcp': ['600,1023', '700, 701'],
  'unreserved-tcp': ['1024,65535', '5000'],
  properties: ['"a" "b"', '"Some_Name" "v1" "v2"', 'priority "p" "q"', 'append "a" "c"', 'priority append hidden "p" "r"', 'append visible "m" "o"', '"z"', 'visible "z" "y"', 'hidden "m" "n"', '"server-name" "1"', '"gnutar-path" "/bin/tar"', '"sparse" "no"', '"check-device" "yes"'],
  autolabel: ['"L%%%" empty', '"L%%"', '"$c-%%" any', '"M%" volume-error other-config'],
  labels: ['"x[0-9]"', '".*"'],
  'part-cache': ['none', 'disk', 'memory'],
  hosts: ['same-host', 'server', 'same-host server', ''],
  'execute-on': ['pre-amcheck', 'post-dle-backup, pre-dle-backup', 'inter-level-recover, pre_host_estimate'],
  side: ['client', 'server'],
  'integer-or-text': ['5', '"amanda"'],
  texts: ['"a"', '"a" "b c"'],
  selections: ['ALL FULL', '"t" INCR', 'OTHER ALL'],
  vaults: ['"a" 5', 'b 7 "c" 1'],
  application: ['"a"', '{\nplugin "amgtar"\n}'],
  scripts: ['"a"', '"b"', '"a" "c"', '{\nplugin "s"\norder 7\n}'],
  interactivity: ['"a"'],
  taperscan: ['"a"'],
  policy: ['"a"', '{\nretention-days 3\n}'],
  holdingdisks: ['a'],
}

const WRONG = ['x', '"x"', '-3', '1.5', '99999999999', '5 6', '"a" "b"', '{', ',', '', 'yes no', '"open']

/** Values that a rule asks for. */
const RULED: Partial<Record<NonNullable<ParameterRow['rule']>, readonly string[]>> = {
  debug: ['3', '9'], reserve: ['50', '0'], percent: ['5', '100'], unit: ['"m"', '"G"'], columns: ['"HostName=1:10,Level=0:1"', '"Disk=2:20:1"'], program: ['"GNUTAR"', '"APPLICATION"'], 'no-space-or-quote': ['"x"', '""'], directory: ['"/tmp"'],
}

function pick<T>(list: readonly [T, ...T[]] | readonly T[], random: Random): T {
  const item = list[random.int(list.length)]
  if (item === undefined) throw new Error('nothing to pick from')
  return item
}

function dashed(keyword: string, random: Random): string {
  const word = random.int(2) === 0 ? keyword.toLowerCase() : keyword
  return random.int(2) === 0 ? word.replaceAll('_', '-') : word
}

/** What may stand after the keyword. */
export function valuesOf({ rule, kind }: ParameterRow): readonly string[] {
  return (rule === undefined ? undefined : RULED[rule]) ?? VALUES[kind]
}

function statements(rows: Iterable<ParameterRow>, count: number, random: Random, wrongShare: number): string[] {
  // How stock Amanda hands the size of read blocks on over two sections is its own secret.
  const all = [...rows].filter(({ keyword }) => keyword !== 'READBLOCKSIZE')
  return Array.from({ length: count }, () => {
    const row = pick(all, random)
    const values = valuesOf(row)
    return `${dashed(row.keyword, random)} ${random.int(100) < wrongShare ? pick(WRONG, random) : pick(values, random)}\n`
  })
}

/** Sections that others name come first. */
const ORDER: readonly SectionType[] = ['policy', 'interactivity', 'taperscan', 'application', 'script', ...SECTION_TYPES.filter((type) => !['policy', 'interactivity', 'taperscan', 'application', 'script'].includes(type))]

/** An amanda.conf with three sections of each type, `a`, `b` and `c`, and a disklist; with `isWrong` some of it is wrong. */
export function generateConfig(random: Random, isWrong: boolean): { readonly conf: string; readonly disklist: string } {
  const wrongShare = isWrong ? 3 : 0
  const scheduling = OF_DUMPTYPES.map((keyword) => PARAMETERS.server.get(keyword)).filter((row) => row !== undefined)
  const sections = ORDER.flatMap((type) =>
    ['a', 'b', 'c'].map((name, index) => {
      const parent = index > 0 && random.int(2) === 0 ? [`${pick(['a', 'b'].slice(0, index), random)}\n`] : []
      return `define ${type} ${name} {\n${[...statements(PARAMETERS[type].values(), 1 + random.int(12), random, wrongShare), ...parent, ...statements(PARAMETERS[type].values(), random.int(4), random, wrongShare)].join('')}}\n`
    }),
  )
  const globals = [...PARAMETERS.server.values()].filter(({ kind, keyword }) => kind !== 'holdingdisks' && keyword !== 'LABEL_NEW_TAPES')
  const conf = [...statements(scheduling, random.int(3), random, wrongShare), ...sections, ...(random.int(2) === 0 ? ['holdingdisk b c\n'] : []), ...statements(globals, 20, random, wrongShare)].join('')
  return { conf, disklist: 'h /d {\na\n}\nh /e b 3\nh /f /dev/x c 4 a\n' }
}
