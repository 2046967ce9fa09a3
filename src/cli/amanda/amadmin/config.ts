// `amadmin config` and `amadmin disklist`: the configuration, and what it says of each disk, parameter by parameter.

import { formatValue, quoted } from '../../../config/amanda/format-value.ts'
import type { AmandaSection, Setting } from '../../../config/amanda/configuration.ts'
import { PARAMETERS, type ParameterScope, type SectionType } from '../../../config/amanda/parameters.ts'
import { chosenDisks, type AmadminCall } from './call.ts'
import { printedOrder } from './printed-order.ts'

const SECTIONS: readonly SectionType[] = ['holdingdisk', 'tapetype', 'dumptype', 'interface', 'application', 'script', 'device', 'changer', 'interactivity', 'taperscan', 'policy', 'storage']
/** Sections of these types are put into a comment when nobody wrote them. */
const BUILT_IN: readonly SectionType[] = ['dumptype', 'interface', 'tapetype']
const NAME_WIDTHS: Partial<Record<ParameterScope, number>> = { server: 21, holdingdisk: 9, tapetype: 9 }
const NAME_WIDTH = 19
/** Names of sections, which are not quoted although a file may quote them. */
const UNQUOTED: readonly string[] = ['TAPETYPE']

/** The lines of a value: texts in quotes, sizes with their unit. */
function valueLines(scope: ParameterScope, keyword: string, { value }: Setting): string[] {
  const kind = PARAMETERS[scope].get(keyword)?.kind
  if (value.kind === 'text') return [kind === 'word' || UNQUOTED.includes(keyword) ? value.text : quoted(value.text)]
  if (value.kind === 'integer' && (kind === 'kib' || kind === 'blocks')) return [`${value.value}K`]
  if (value.kind === 'integer' && kind === 'integer-or-text') return [quoted(String(value.value))]
  return formatValue(value)
}

function settingLines(scope: keyof typeof PARAMETERS, settings: ReadonlyMap<string, Setting>, indent: string, call: AmadminCall): string {
  const { isSourceShown, isDefaultShown } = call
  const width = NAME_WIDTHS[scope] ?? NAME_WIDTH
  return printedOrder(scope as Parameters<typeof printedOrder>[0]).map((keyword) => {
    const setting = settings.get(keyword)
    if (setting === undefined || (!isDefaultShown && setting.place === undefined)) return ''
    const { place } = setting
    const source = isSourceShown ? `     ${place === undefined ? '(default)' : `(file ${place.file} line ${place.line})`}` : ''
    return valueLines(scope, keyword, setting).map((line) => `${indent}${keyword.replaceAll('_', '-').padEnd(width)} ${line}${source}\n`).join('')
  }).join('')
}

function sectionText(section: AmandaSection, call: AmadminCall): string {
  const mark = section.place === undefined && BUILT_IN.includes(section.type) ? '#' : ''
  return `\n${mark}DEFINE ${section.type.toUpperCase()} ${section.name} {\n${settingLines(section.type, section.settings, `${mark}      `, call)}${mark}}\n`
}

export async function config(call: AmadminCall): Promise<number> {
  const { configuration, directory } = call.session
  call.out(`# AMANDA CONFIGURATION FROM FILE '${directory}/amanda.conf':\n\n${settingLines('server', configuration.globals, '', call)}`)
  for (const type of SECTIONS) for (const section of configuration.sections(type)) if (!section.name.startsWith('custom(')) call.out(sectionText(section, call))
  call.out('\n')
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
