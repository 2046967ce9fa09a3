// What makes the dumps of a dumptype, and the scripts that run around them.

import type { DumptypeOverrides } from '../../schema.ts'
import type { Ledger, SettingsReader } from './ledger.ts'
import { isPlainName } from './amanda-text.ts'
import { propertiesOf } from './properties.ts'

interface Program {
  readonly application: string
  readonly properties: NonNullable<DumptypeOverrides['properties']>
}

/** GNUTAR and DUMP are of every client; an application is one by the name of its program. */
export function programOf(dumptype: SettingsReader, ledger: Ledger): Program {
  const program = dumptype.text('PROGRAM')
  if (program === 'GNUTAR' || program === 'DUMP') {
    if (dumptype.isWritten('APPLICATION')) dumptype.remark('APPLICATION', 'changed', `left out: the program is ${program}`)
    return { application: program.toLowerCase(), properties: {} }
  }
  const none: Program = { application: 'gnutar', properties: {} }
  if (program !== 'APPLICATION') {
    dumptype.remark('PROGRAM', 'unusable', `no client has a program ${program}: write \`program "APPLICATION"\` and name an \`application\` such as amstar`)
    return none
  }
  const section = ledger.configuration.find('application', dumptype.text('APPLICATION'))
  if (section === undefined) {
    dumptype.remark('PROGRAM', 'unusable', 'the program is APPLICATION, and no `application` is named')
    return none
  }
  const application = ledger.of(section, dumptype)
  const plugin = application.text('PLUGIN')
  if (!isPlainName(plugin)) {
    application.remark('PLUGIN', 'unusable', plugin === '' ? 'it names no program' : `\`${plugin}\` is no name of a program`)
    return none
  }
  return { application: plugin, properties: propertiesOf(application) }
}

type Script = NonNullable<DumptypeOverrides['scripts']>[number]
type Point = Script['execute-on'][number]

const SCRIPTS_MAX = 32

export function scriptsOf(dumptype: SettingsReader, ledger: Ledger): Script[] {
  const scripts = dumptype.words('SCRIPT').flatMap((name) => scriptOf(name, dumptype, ledger) ?? [])
  if (scripts.length > SCRIPTS_MAX) dumptype.remark('SCRIPT', 'unusable', `there are ${scripts.length} scripts, more than ${SCRIPTS_MAX}`)
  return scripts.slice(0, SCRIPTS_MAX)
}

function scriptOf(name: string, dumptype: SettingsReader, ledger: Ledger): Script | undefined {
  const section = ledger.configuration.find('script', name)
  if (section === undefined) return undefined
  const script = ledger.of(section, dumptype)
  const plugin = script.text('PLUGIN')
  const points = script.words('EXECUTE_ON').map((point) => point.toLowerCase() as Point)
  const where = script.word('EXECUTE_WHERE') === 'SERVER' ? 'server' : 'client'
  const order = script.number('ORDER', 0, 1_000_000)
  const properties = propertiesOf(script)
  if (!isPlainName(plugin)) {
    script.remark('PLUGIN', 'unusable', plugin === '' ? 'it names no program' : `\`${plugin}\` is no name of a program`)
    return undefined
  }
  if (points.length === 0) {
    dumptype.remark('SCRIPT', 'unneeded', `the script ${name} is left out: it names no point at which it runs`)
    return undefined
  }
  return { ...(isPlainName(name) && name !== plugin ? { name } : {}), plugin, 'execute-on': points, ...(where === 'server' ? { 'execute-where': where } : {}), ...(order === SCRIPT_ORDER ? {} : { order }), ...(Object.keys(properties).length === 0 ? {} : { properties }) }
}

/** Amanda's own number for a script that names none. */
const SCRIPT_ORDER = 5000
