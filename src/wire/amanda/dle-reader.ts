// Reads `<dle>` elements of requests. What Amanda's reader refuses is refused here: elements it does not know, single elements that
// come twice. Every refusal is a `wire-malformed` fault. The model is in dle.ts.

import { Fault } from '../../kernel/fault.ts'
import { EMPTY_SELECTION, type Dle, type DleApplication, type DleCompress, type DleEncrypt, type DleLevel, type DleProperty, type DleScript, type DleSelection } from './dle.ts'
import { parseXml, type XmlElement } from './xml.ts'

/** Amanda's writers know 400 levels; dumps use 0 to 9. */
const LEVEL_LIMIT = 400
const REPEATABLE = new Set(['level', 'property', 'script', 'value', 'file', 'list', 'directtcp'])

const KNOWN: Readonly<Record<string, readonly string[]>> = {
  dle: ['program', 'backup-program', 'disk', 'diskdevice', 'estimate', 'calcsize', 'level', 'auth', 'index', 'record', 'kencrypt', 'spindle', 'compress', 'encrypt', 'datapath', 'exclude', 'include', 'script', 'property', 'dumpdate'],
  'backup-program': ['plugin', 'property', 'client_name'],
  script: ['plugin', 'execute_where', 'execute_on', 'property', 'client_name'],
  property: ['name', 'value', 'priority'],
  level: ['server'],
  compress: ['custom-compress-program'],
  encrypt: ['custom-encrypt-program', 'decrypt-option'],
  datapath: ['directtcp'],
  exclude: ['file', 'list', 'optional'],
  include: ['file', 'list', 'optional'],
}

function malformed(message: string): Fault {
  return new Fault('wire-malformed', `XML: ${message}`)
}

/** Checks that the children of `element` may stand there. */
function checkChildren(element: XmlElement): void {
  const known = KNOWN[element.name] ?? []
  const seen = new Set<string>()
  for (const child of element.children) {
    if (!known.includes(child.name)) throw malformed(`Invalid <${child.name}> element`)
    if (seen.has(child.name) && !REPEATABLE.has(child.name)) throw malformed(`Duplicate <${child.name}> element`)
    seen.add(child.name)
    checkChildren(child)
  }
}

function childText(element: XmlElement, name: string): string | undefined {
  return element.children.find((child) => child.name === name)?.text
}

function childTexts(element: XmlElement, name: string): string[] {
  return element.children.filter((child) => child.name === name).map((child) => child.text)
}

function readBoolean(element: XmlElement, name: string, fallback: boolean): boolean {
  const text = childText(element, name)?.toUpperCase()
  if (text === undefined) return fallback
  if (text !== 'YES' && text !== 'NO') throw malformed(`<${name}> is ${JSON.stringify(text)}, not YES or NO`)
  return text === 'YES'
}

function readProperties(element: XmlElement): DleProperty[] {
  return element.children
    .filter((child) => child.name === 'property')
    .map((property) => {
      const name = childText(property, 'name')
      if (name === undefined || !/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/.test(name)) throw malformed(`property name ${JSON.stringify(name)} is not a word`)
      const hasPriority = childText(property, 'priority')?.toLowerCase() === 'yes'
      return { name: name.toLowerCase().replaceAll('_', '-'), values: childTexts(property, 'value'), ...(hasPriority ? { hasPriority } : {}) }
    })
}

function readPlugin(element: XmlElement): string {
  const plugin = childText(element, 'plugin')
  // It becomes a file name in the directory of plug-ins.
  if (plugin === undefined || !/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/.test(plugin)) throw malformed(`plugin ${JSON.stringify(plugin)} is not a name`)
  return plugin
}

function readApplication(dle: XmlElement): DleApplication | undefined {
  const element = dle.children.find((child) => child.name === 'backup-program')
  return element === undefined ? undefined : { plugin: readPlugin(element), properties: readProperties(element) }
}

function readLevels(dle: XmlElement): DleLevel[] {
  return dle.children
    .filter((child) => child.name === 'level')
    .map((child) => {
      const level = /^\d{1,3}$/.test(child.text) ? Number(child.text) : LEVEL_LIMIT
      if (level >= LEVEL_LIMIT) throw malformed(`level ${JSON.stringify(child.text)} is not a number in range`)
      return { level, isServers: readBoolean(child, 'server', false) }
    })
}

function readCompress(dle: XmlElement): DleCompress {
  const element = dle.children.find((child) => child.name === 'compress')
  if (element === undefined) return { kind: 'none' }
  switch (element.text) {
    case 'FAST':
      return { kind: 'fast' }
    case 'BEST':
      return { kind: 'best' }
    case 'SERVER-FAST':
      return { kind: 'server-fast' }
    case 'SERVER-BEST':
      return { kind: 'server-best' }
    case 'CUSTOM':
    case 'SERVER-CUSTOM': {
      const program = childText(element, 'custom-compress-program')
      if (program === undefined || program === '') throw malformed('custom compression names no program')
      return { kind: element.text === 'CUSTOM' ? 'custom' : 'server-custom', program }
    }
    default:
      throw malformed(`compression ${JSON.stringify(element.text)} is not known`)
  }
}

function readEncrypt(dle: XmlElement): DleEncrypt {
  const element = dle.children.find((child) => child.name === 'encrypt')
  if (element === undefined || element.text === 'NO' || element.text === '') return { kind: 'none' }
  if (element.text !== 'CUSTOM' && element.text !== 'SERVER-CUSTOM') throw malformed(`encryption ${JSON.stringify(element.text)} is not known`)
  const program = childText(element, 'custom-encrypt-program')
  if (program === undefined || program === '') throw malformed('custom encryption names no program')
  return { kind: element.text === 'CUSTOM' ? 'custom' : 'server-custom', program, decryptOption: childText(element, 'decrypt-option') ?? '' }
}

function readSelection(dle: XmlElement, name: 'exclude' | 'include'): DleSelection {
  const element = dle.children.find((child) => child.name === name)
  if (element === undefined) return EMPTY_SELECTION
  return { files: childTexts(element, 'file'), lists: childTexts(element, 'list'), isOptional: readBoolean(element, 'optional', false) }
}

function readScripts(dle: XmlElement): DleScript[] {
  return dle.children
    .filter((child) => child.name === 'script')
    .map((script) => ({ plugin: readPlugin(script), executeWhere: childText(script, 'execute_where') ?? 'CLIENT', executeOn: childText(script, 'execute_on') ?? '', properties: readProperties(script) }))
}

function readBaseRun(dle: XmlElement): string | undefined {
  const text = childText(dle, 'dumpdate')
  // Anything else is a date in the form of an older Amanda, which tells nothing.
  return text !== undefined && /^\d{14}$/.test(text) ? text : undefined
}

function readDle(element: XmlElement): Dle {
  if (element.name !== 'dle') throw malformed(`Invalid <${element.name}> element`)
  checkChildren(element)
  const program = childText(element, 'program')
  const disk = childText(element, 'disk')
  if (program === undefined || program === '') throw malformed('a dle names no program')
  if (disk === undefined || disk === '' || disk.includes('\0')) throw malformed('a dle names no disk')
  const application = readApplication(element)
  if (program === 'APPLICATION' && application === undefined) throw malformed('program is set to APPLICATION but no application is set')
  const device = childText(element, 'diskdevice')
  if (device?.includes('\0') === true) throw malformed('a device has a NUL')
  const baseRun = readBaseRun(element)
  const auth = childText(element, 'auth')
  const spindle = childText(element, 'spindle')
  if (spindle !== undefined && !/^-?\d{1,9}$/.test(spindle)) throw malformed(`spindle ${JSON.stringify(spindle)} is not a number`)
  return {
    program,
    disk,
    estimates: (childText(element, 'estimate') ?? '').split(/\s+/).filter((way) => way !== ''),
    levels: readLevels(element),
    compress: readCompress(element),
    encrypt: readEncrypt(element),
    record: readBoolean(element, 'record', true),
    index: readBoolean(element, 'index', false),
    exclude: readSelection(element, 'exclude'),
    include: readSelection(element, 'include'),
    properties: readProperties(element),
    scripts: readScripts(element),
    ...(application === undefined ? {} : { application }),
    ...(device === undefined || device === '' ? {} : { device }),
    ...(baseRun === undefined ? {} : { baseRun }),
    ...(spindle === undefined ? {} : { spindle: Number(spindle) }),
    ...(auth === undefined ? {} : { auth }),
    ...readDataPath(element),
  }
}

function readDataPath(element: XmlElement): Pick<Dle, 'isDataPathDirect' | 'isDataPathVault'> {
  const path = childText(element, 'datapath')
  return path === 'DIRECTTCP' ? { isDataPathDirect: true } : path === 'VAULT' ? { isDataPathVault: true } : {}
}

/** All disks of a request body after its OPTIONS line. */
export function parseDles(xml: string): Dle[] {
  return parseXml(xml).map(readDle)
}
