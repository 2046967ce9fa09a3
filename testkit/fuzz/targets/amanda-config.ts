// amanda.conf and disklist. Any text gives a configuration, with a place for each problem, and each of its parameters can be printed.

import { DisklistReader } from '../../../src/config/amanda/disklist.ts'
import { listSections, lookUp } from '../../../src/config/amanda/lookup.ts'
import { PARAMETERS, SECTION_TYPES } from '../../../src/config/amanda/parameters.ts'
import { readAmandaConfig } from '../../../src/config/amanda/read-config.ts'
import { seededRandom } from '../../../src/kernel/random.ts'
import { generateConfig } from '../../amanda-config.ts'
import { must, type FuzzTarget } from '../target.ts'

const WORDS = ['define ', 'dumptype ', 'application {\n', 'includefile "amanda.conf"\n', 'includefile "disklist"\n', '{\n', '}\n', '{', '}', '"', '\\', '\n', ',', '#', '-', 'inf', '5 g', '9999999999999999999999', '$', 'yes', 'holdingdisk ', 'property append priority ', 'storage ', 'compress ', 'estimate ', 'NO-HOLD\n', ' '] as const

/** The configuration, then the disklist after this line. */
const SEPARATOR = '\n%%\n'

function run(input: Buffer): void {
  const [conf = '', disklist = ''] = input.toString('latin1').split(SEPARATOR)
  const texts: Readonly<Record<string, string>> = { '/e/c/amanda.conf': conf, '/e/c/disklist': disklist }
  const { configuration, context } = readAmandaConfig({ scope: 'server', root: '/e', name: 'c', directory: '/e/c', overrides: [] }, { read: (path) => (Object.hasOwn(texts, path) ? { text: texts[path] ?? '' } : { failure: 'No such file or directory' }), checkDirectory: () => undefined })
  new DisklistReader(context).readFile('/e/c/disklist', undefined)
  for (const { file, line, message } of configuration.problems) must(message !== '' && (file === undefined || line > 0), 'a problem has a message, and a line of its file')
  for (const keyword of PARAMETERS.server.keys()) lookUp(configuration, keyword)
  for (const type of SECTION_TYPES) for (const name of listSections(configuration, type) ?? []) for (const keyword of PARAMETERS[type].keys()) lookUp(configuration, `${type}:${name}:${keyword}`)
}

const amandaConfig: FuzzTarget = {
  name: 'amanda-conf',
  summary: "Amanda's configuration and disklist (src/config/amanda)",
  codes: [],
  corpus: () => {
    const random = seededRandom(1)
    return Array.from({ length: 6 }, (_, index) => generateConfig(random, index > 3)).map(({ conf, disklist }) => Buffer.from(conf + SEPARATOR + disklist, 'latin1'))
  },
  words: WORDS,
  inputBytesMax: 16 * 1024,
  run,
}

export const AMANDA_CONFIG_TARGETS: readonly FuzzTarget[] = [amandaConfig]
