// `amadmin config` and `amadmin disklist`: the configuration, and what it says of each disk, parameter by parameter.

import { BUILT_IN_PLACE } from '../../../config/amanda/built-in.ts'
import { formatValue, quoted } from '../../../config/amanda/format-value.ts'
import type { AmandaSection, Setting } from '../../../config/amanda/configuration.ts'
import { PARAMETERS, type ParameterScope, type SectionType } from '../../../config/amanda/parameters.ts'
import { chosenDisks, type AmadminCall } from './call.ts'
import { printedOrder } from './printed-order.ts'

const SECTIONS: readonly SectionType[] = ['holdingdisk', 'tapetype', 'dumptype', 'interface', 'application', 'script', 'device', 'changer', 'interactivity', 'taperscan', 'policy', 'storage']
const NAME_WIDTHS: Partial<Record<ParameterScope, number>> = { server: 21, holdingdisk: 9, tapetype: 9 }
const NAME_WIDTH = 19
/** Names of sections, which are not quoted although a file may quote them. */
/** Stock does not note where these were written. */
const UNPLACED: readonly string[] = ['COMPRATE']
const UNQUOTED: readonly string[] = ['TAPETYPE']

/** The lines of a value: texts in quotes, sizes with their unit. */
function valueLines(scope: ParameterScope, keyword: string, { value }: Setting): string[] {
  const kind = PARAMETERS[scope].get(keyword)?.kind
  if (value.kind === 'text') return [kind === 'word' || UNQUOTED.includes(keyword) ? value.text : quoted(value.text)]
  if (value.kind === 'integer' && (kind === 'kib' || kind === 'blocks')) return [`${value.value}K`]
  if (value.kind === 'integer' && kind === 'integer-or-text') return [quoted(String(value.value))]
  return formatValue(value)
}

/** Where a value was written: the section, if it stands in one, the file and the line. */
function sourceOf(scope: ParameterScope, keyword: string, { place }: Setting, { session }: AmadminCall): string {
  if (place === BUILT_IN_PLACE) return '(file (null) line -1)'
  if (place === undefined || UNPLACED.includes(keyword)) return '(default)'
  const sections = scope === 'server' || scope === 'client' ? [] : session.configuration.sections(scope)
  const around = sections.filter((section) => section.place?.file === place.file && section.place.line <= place.line && section.settings.get(keyword)?.place?.line === place.line)
  const first = around.toSorted((a, b) => (b.place?.line ?? 0) - (a.place?.line ?? 0))[0]
  return `(${first === undefined ? '' : `${scope} ${first.name} `}file ${place.file} line ${place.line})`
}

function settingLines(scope: keyof typeof PARAMETERS, settings: ReadonlyMap<string, Setting>, indent: string, call: AmadminCall): string {
  const { isSourceShown, isDefaultShown } = call
  const width = NAME_WIDTHS[scope] ?? NAME_WIDTH
  return printedOrder(scope as Parameters<typeof printedOrder>[0]).map((keyword) => {
    const setting = settings.get(keyword)
    if (setting === undefined || (!isDefaultShown && (setting.place === undefined || UNPLACED.includes(keyword)))) return ''
    const source = isSourceShown ? `${setting.value.kind === 'properties' ? '      ' : '     '}${sourceOf(scope, keyword, setting, call)}` : ''
    return valueLines(scope, keyword, setting).map((line) => `${indent}${keyword.replaceAll('_', '-').padEnd(width)} ${line}${source}\n`).join('')
  }).join('')
}

/** Sections that nobody wrote are put into a comment, an interface only when it was made of what somebody wrote. */
function isBuiltIn({ type, place }: AmandaSection, { session }: AmadminCall): boolean {
  if (type === 'interface') return place === undefined && session.configuration.globals.get('NETUSAGE')?.place !== undefined
  return (type === 'dumptype' || type === 'tapetype') && (place === undefined || place === BUILT_IN_PLACE)
}

function sectionText(section: AmandaSection, call: AmadminCall): string {
  const mark = isBuiltIn(section, call) ? '#' : ''
  return `\n${mark}DEFINE ${section.type.toUpperCase()} ${section.name} {\n${settingLines(section.type, section.settings, `${mark}      `, call)}${mark}}\n`
}

export async function config(call: AmadminCall): Promise<number> {
  const { configuration, directory } = call.session
  call.out(`# AMANDA CONFIGURATION FROM FILE '${directory}/amanda.conf':\n\n${settingLines('server', configuration.globals, '', call)}`)
  for (const type of SECTIONS) for (const section of configuration.sections(type)) if (!section.name.startsWith('custom(')) call.out(sectionText(section, call))
  return Promise.resolve(0)
}

export async function disklist(call: AmadminCall): Promise<number> {
  for (const { host, name, device, dumptype, spindle, interfaceName, place } of chosenDisks(call) ?? []) {
    const { settings } = dumptype
    const shown = (keyword: string): string => (settings.get(keyword) === undefined ? '' : valueLines('dumptype', keyword, settings.get(keyword) as Setting).join(' '))
    const program = shown('PROGRAM')
    call.out(`line ${place.line} (${place.file}):\n    host ${host}:\n        interface ${interfaceName}\n    disk ${name}:\n${device === undefined ? '' : `        device ${device}\n`}        program ${program}\n`)
    if (program === '"APPLICATION"') call.out(`        application ${shown('APPLICATION')}\n`)
    call.out(`${settingLines('dumptype', settings, '        ', call)}        spindle ${spindle}\n\n`)
  }
  return Promise.resolve(0)
}
