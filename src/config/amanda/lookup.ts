// Answers what `amgetconf` is asked: a parameter by its name, the names of sections.

import type { AmandaConfiguration } from './configuration.ts'
import { formatValue } from './format-value.ts'
import { canonicalKeyword, SECTION_TYPES, type SectionType } from './parameters.ts'

/** Names of types as `--list` takes them. */
const LISTED: Readonly<Record<string, SectionType>> = { ...Object.fromEntries(SECTION_TYPES.map((type) => [type, type])), 'application-tool': 'application', 'script-tool': 'script' }
/** Names of types in front of a parameter: the same, whatever their case and with either dash. */
const TYPED: Readonly<Record<string, SectionType>> = Object.fromEntries(Object.entries(LISTED).map(([name, type]) => [canonicalKeyword(name), type]))

/** The lines that are printed; none: there is no such parameter, or nothing is set. */
export function lookUp(configuration: AmandaConfiguration, name: string): string[] {
  const first = name.indexOf(':')
  const last = name.lastIndexOf(':')
  if (first < 0) {
    const setting = configuration.globals.get(canonicalKeyword(name))
    return setting === undefined ? [] : formatValue(setting.value)
  }
  const type = TYPED[canonicalKeyword(name.slice(0, first))]
  if (type === undefined || first === last) return []
  const setting = configuration.find(type, name.slice(first + 1, last))?.settings.get(canonicalKeyword(name.slice(last + 1)))
  return setting === undefined ? [] : formatValue(setting.value)
}

/** The names of all sections of a type; undefined when there is no such type. */
export function listSections(configuration: AmandaConfiguration, type: string): string[] | undefined {
  return Object.hasOwn(LISTED, type) ? configuration.sections(LISTED[type] ?? 'dumptype').map((section) => section.name) : undefined
}

/** The first value of a property outside sections, which `property:NAME` and `device-property:NAME` ask for; undefined when it is not set. */
export function lookUpProperty(configuration: AmandaConfiguration, keyword: 'PROPERTY' | 'DEVICE_PROPERTY', name: string): string | undefined {
  const value = configuration.globals.get(keyword)?.value
  return value?.kind === 'properties' ? value.properties.get(name.toLowerCase())?.values[0] : undefined
}
