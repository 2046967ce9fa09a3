// amanda.conf and disklist. Any text gives a configuration, with a place for each problem, and each of its parameters can be printed. One without errors becomes a holdfast.yaml that
// means the same, or there is a remark that is an error.

import { isDeepStrictEqual } from 'node:util'
import type { AmandaConfiguration } from '../../../src/config/amanda/configuration.ts'
import { DisklistReader, type AmandaDisk } from '../../../src/config/amanda/disklist.ts'
import { listSections, lookUp } from '../../../src/config/amanda/lookup.ts'
import { PARAMETERS, SECTION_TYPES } from '../../../src/config/amanda/parameters.ts'
import { readAmandaConfig } from '../../../src/config/amanda/read-config.ts'
import type { Override } from '../../../src/config/amanda/overrides.ts'
import { importYaml } from '../../../src/config/amanda/resolve/import-yaml.ts'
import { severityOf } from '../../../src/config/amanda/resolve/remark.ts'
import { resolveAmanda } from '../../../src/config/amanda/resolve/resolve-amanda.ts'
import { parseServerConfig } from '../../../src/config/server-config.ts'
import { seededRandom } from '../../../src/kernel/random.ts'
import { generateConfig } from '../../amanda-config.ts'
import { must, type FuzzTarget } from '../target.ts'

const WORDS = ['define ', 'dumptype ', 'application {\n', 'includefile "amanda.conf"\n', 'includefile "disklist"\n', '{\n', '}\n', '{', '}', '"', '\\', '\n', ',', '#', '-', 'inf', '5 g', '9999999999999999999999', '$', 'yes', 'holdingdisk ', 'property append priority ', 'storage ', 'compress ', 'estimate ', 'NO-HOLD\n', ' '] as const

/** The configuration, then the disklist after this line. */
const SEPARATOR = '\n%%\n'

/** What mutated values make impossible, set right, so that more becomes a configuration. */
const USABLE: readonly Override[] = ['a', 'b', 'c'].flatMap((name) => [
  ...Object.entries({ auth: 'bsdtcp', 'client-port': '10080', 'client-custom-compress': '/bin/x', 'server-custom-compress': '/bin/y', 'client-encrypt': '/bin/z', 'server-encrypt': '/bin/z' }).map(([keyword, value]) => ({ name: `dumptype:${name}:${keyword}`, value })),
  { name: `application:${name}:plugin`, value: 'amgtar' },
  { name: `script:${name}:plugin`, value: 'p' },
  { name: `holdingdisk:${name}:directory`, value: `/holding/${name}` },
])

function read(input: Buffer, overrides: readonly Override[]): { readonly configuration: AmandaConfiguration; readonly disks: readonly AmandaDisk[] } {
  const [conf = '', disklist = ''] = input.toString('latin1').split(SEPARATOR)
  const texts: Readonly<Record<string, string>> = { '/e/c/amanda.conf': conf, '/e/c/disklist': disklist }
  const { configuration, context } = readAmandaConfig({ scope: 'server', root: '/e', name: 'c', directory: '/e/c', overrides }, { read: (path) => (Object.hasOwn(texts, path) ? { text: texts[path] ?? '' } : { failure: 'No such file or directory' }), checkDirectory: () => undefined })
  const reader = new DisklistReader(context)
  reader.readFile('/e/c/disklist', undefined)
  return { configuration, disks: reader.disks }
}

const DIRECTORIES = { state: '/s', cache: '/c', run: '/r', log: '/l' }

function runImport(input: Buffer): void {
  const { configuration, disks } = read(input, USABLE)
  if (configuration.hasErrors) return
  const { input: shape, config, remarks, comments } = resolveAmanda(configuration, disks, DIRECTORIES, { slotCount: () => 7, volumes: '/v' })
  for (const { file, line, subject, outcome } of remarks) must(file !== '' && line > 0 && subject !== '' && outcome !== '', 'a remark has a place, what it is about, and what became of it')
  must((config === undefined) === remarks.some((remark) => severityOf(remark) === 'error'), 'there is a configuration, or an error')
  if (shape === undefined) return
  const outcome = parseServerConfig(importYaml({ file: '/e/c/amanda.conf', input: shape, remarks, comments }), 'y', DIRECTORIES)
  must(outcome.kind === 'config' && isDeepStrictEqual(outcome.config, config), 'what is imported means the same')
}

function run(input: Buffer): void {
  const { configuration } = read(input, [])
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

const amandaImport: FuzzTarget = { ...amandaConfig, name: 'amanda-import', summary: "what Amanda's configuration becomes (src/config/amanda/resolve)", run: runImport }

export const AMANDA_CONFIG_TARGETS: readonly FuzzTarget[] = [amandaConfig, amandaImport]
