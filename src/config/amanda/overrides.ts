// `-o NAME=VALUE` of Amanda's programs: parameters that the command line sets, read as if they stood in the file.

import type { AmandaConfiguration, AmandaSection } from './configuration.ts'
import { AmandaLexer } from './lexer.ts'
import { canonicalKeyword, PARAMETERS, type ParameterRow } from './parameters.ts'
import { readValue, type Surroundings } from './read-value.ts'
import { validate, type CheckDirectory } from './validate.ts'
import { integerOf } from './configuration.ts'
import { quoted } from './format-value.ts'

export interface Override {
  /** `org`, `dumptype:NAME:auth`. */
  readonly name: string
  readonly value: string
}

/** Undefined when there is no value. */
export function parseOverride(given: string): Override | undefined {
  const at = given.indexOf('=')
  return at < 0 ? undefined : { name: given.slice(0, at), value: given.slice(at + 1) }
}

function isFor(section: AmandaSection, [type, name]: readonly string[]): boolean {
  return type?.toLowerCase() === section.type && name?.toLowerCase() === section.name.toLowerCase()
}

/** Sets what `overrides` say of `section`, or with none given of everything, and complains of those that are about nothing. */
export function applyOverrides(configuration: AmandaConfiguration, overrides: readonly Override[], checkDirectory: CheckDirectory, only?: AmandaSection): void {
  for (const override of overrides) {
    const words = override.name.split(':')
    const [type = '', name = '', keyword = ''] = words
    if (only !== undefined) {
      if (words.length === 3 && isFor(only, words)) applyOne(configuration, override, only, PARAMETERS[only.type].get(canonicalKeyword(keyword)), checkDirectory)
      continue
    }
    const section = words.length === 3 ? configuration.sections(type.toLowerCase() as AmandaSection['type'])?.find((one) => one.name.toLowerCase() === name.toLowerCase()) : undefined
    const row = words.length === 1 ? PARAMETERS[configuration.scope].get(canonicalKeyword(type)) : section === undefined ? undefined : PARAMETERS[section.type].get(canonicalKeyword(keyword))
    if (row === undefined) configuration.complain({ severity: 'error', message: `unknown parameter '${override.name}'`, file: undefined, line: 0 })
    else applyOne(configuration, override, section, row, checkDirectory)
  }
}

const QUOTED_KINDS = new Set<ParameterRow['kind']>(['text', 'integer-or-text', 'application', 'scripts', 'interactivity', 'taperscan', 'policy'])

function applyOne(configuration: AmandaConfiguration, { value: given }: Override, section: AmandaSection | undefined, row: ParameterRow | undefined, checkDirectory: CheckDirectory): void {
  if (row === undefined || row.keyword === 'USETIMESTAMPS') return
  const argument = QUOTED_KINDS.has(row.kind) ? quoted(given) : given
  const report: Surroundings['report'] = (severity, message) => configuration.complain({ severity, message, file: undefined, line: 0, argument })
  const settings = section?.settings ?? configuration.globals
  const around: Surroundings = {
    report,
    section: section?.type,
    arePropertiesVisible: row.keyword === 'DEVICE_PROPERTY' || (section !== undefined && section.type !== 'dumptype'),
    isDisklist: false,
    find: (type, name) => {
      const found = configuration.find(type, name)
      return found === undefined ? undefined : { name: found.name, order: integerOf(found.settings, 'ORDER') }
    },
    readInline: () => {
      report('error', 'a section cannot be given on the command line')
      return ''
    },
  }
  const place = { file: 'command line', line: 1 }
  if (row.kind === 'holdingdisks') return void settings.set(row.keyword, { value: { kind: 'names', names: given.split(/\s+/).filter((name) => name !== '') }, place })
  const value = readValue(row, new AmandaLexer(argument, report), around, settings.get(row.keyword)?.value ?? row.initial)
  if (row.keyword === 'CHANGERFILE' && section === undefined) report('warning', 'warning: Global changerfile is deprecated, it must be set in the changer section')
  settings.set(row.keyword, { value: validate(row, value, report, checkDirectory), place })
}
