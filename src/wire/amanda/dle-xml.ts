// The XML form of a disk list entry in requests and dump headers (docs/formats/services.md, section "DLE"). The reader takes several
// root elements one after the other, as Amanda sends them. It is bounded in size, depth and count, because the text comes from a peer.

import { Fault } from '../../kernel/fault.ts'

export interface XmlDle {
  /** `GNUTAR`, `DUMP` or `APPLICATION`. */
  readonly program: string
  /** Name of the application, with `APPLICATION`. */
  readonly plugin?: string
  readonly applicationProperties: readonly XmlProperty[]
  /** Properties of the dumptype. */
  readonly properties: readonly XmlProperty[]
  readonly disk: string
  readonly device?: string
  /** Levels that are asked for; exactly one in sendbackup. */
  readonly levels: readonly number[]
  readonly estimates: readonly ('CLIENT' | 'SERVER' | 'CALCSIZE')[]
  readonly auth?: string
  readonly index: boolean
  readonly record: boolean
  readonly spindle?: number
  readonly compress: XmlCompress
  readonly encrypt: XmlEncrypt
  readonly exclude: XmlSelection
  readonly include: XmlSelection
}

export interface XmlProperty {
  readonly name: string
  readonly values: readonly string[]
  readonly hasPriority: boolean
}

export interface XmlCompress {
  readonly kind: 'NONE' | 'FAST' | 'BEST' | 'CUSTOM' | 'SERVER-FAST' | 'SERVER-BEST' | 'SERVER-CUSTOM'
  readonly program?: string
}

export interface XmlEncrypt {
  readonly kind: 'NO' | 'CUSTOM' | 'SERVER-CUSTOM'
  readonly program?: string
  readonly decryptOption?: string
}

export interface XmlSelection {
  readonly files: readonly string[]
  readonly lists: readonly string[]
  readonly isOptional: boolean
}

const TEXT_BYTES_MAX = 1024 * 1024
const DEPTH_MAX = 8
const ELEMENTS_MAX = 20_000
const LEVEL_MAX = 399

interface Element {
  readonly name: string
  readonly raw: string | undefined
  text: string
  readonly children: Element[]
}

function malformed(text: string): Fault {
  return new Fault('wire-malformed', `XML: ${text}`)
}

const TOKEN = /<\/([a-z][a-z-]*)\s*>|<([a-z][a-z-]*)((?:\s+[a-z]+="[^"<>]*")*)\s*>|([^<]+)/gy
const ATTRIBUTE = /([a-z]+)="([^"]*)"/g
const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }

function rawOf(name: string, attributes: string): string | undefined {
  let raw: string | undefined
  for (const [, key, value] of attributes.matchAll(ATTRIBUTE)) {
    if (key === 'raw') raw = value
    else if (key !== 'encoding') throw malformed(`Invalid ${key} attribute of ${name}`)
  }
  return raw
}

function unescape(text: string): string {
  return text.replace(/&(lt|gt|amp|quot|apos);/g, (_whole, name: string) => ENTITIES[name] ?? '')
}

/** The root elements of `text`. */
function parseElements(text: string): Element[] {
  if (text.length > TEXT_BYTES_MAX) throw malformed(`more than ${TEXT_BYTES_MAX} bytes`)
  const root: Element = { name: '', raw: undefined, text: '', children: [] }
  const open: Element[] = [root]
  let elements = 0
  let position = 0
  TOKEN.lastIndex = 0
  while (position < text.length) {
    TOKEN.lastIndex = position
    const match = TOKEN.exec(text)
    if (match === null) throw malformed(`cannot be read at byte ${position}`)
    position = TOKEN.lastIndex
    const [, closing, opening, attributes = '', characters] = match
    const current = open.at(-1) ?? root
    if (characters !== undefined) {
      if (current === root && characters.trim() !== '') throw malformed('text outside of an element')
      current.text += characters
    } else if (closing !== undefined) {
      if (current.name !== closing) throw malformed(`${closing} is closed where ${current.name === '' ? 'nothing' : current.name} is open`)
      open.pop()
    } else if (opening !== undefined) {
      if (open.length > DEPTH_MAX || ++elements > ELEMENTS_MAX) throw malformed('too many elements')
      const element: Element = { name: opening, raw: rawOf(opening, attributes), text: '', children: [] }
      current.children.push(element)
      open.push(element)
    }
  }
  if (open.length !== 1) throw malformed(`${open.at(-1)?.name} is not closed`)
  return root.children
}

/** Text of an element. `raw` (base64) counts only where the visible text is not blank, as in Amanda's reader. */
function textOf(element: Element): string {
  const visible = unescape(element.text).replace(/\s+$/, '').replace(/^\s+/, '')
  if (element.raw === undefined || visible === '') return visible
  return Buffer.from(element.raw, 'base64').toString('utf8')
}

function oneOf<T extends string>(element: Element, known: readonly T[]): T {
  const text = textOf(element)
  const found = known.find((word) => word === text)
  if (found === undefined) throw malformed(`bad ${element.name} "${text}"`)
  return found
}

function integer(element: Element, min: number, max: number): number {
  const text = textOf(element)
  const value = Number(text)
  if (!/^-?\d{1,9}$/.test(text) || value < min || value > max) throw malformed(`bad ${element.name} "${text}"`)
  return value
}

function parseProperty(element: Element): XmlProperty {
  let name: string | undefined
  let hasPriority = false
  const values: string[] = []
  for (const child of element.children) {
    if (child.name === 'name') name = textOf(child)
    else if (child.name === 'value') values.push(textOf(child))
    else if (child.name === 'priority') hasPriority = textOf(child).toLowerCase() === 'yes'
    else throw malformed(`Invalid ${child.name} element`)
  }
  if (name === undefined || name === '') throw malformed('a property without a name')
  return { name: name.toLowerCase(), values, hasPriority }
}

function parseSelection(element: Element): XmlSelection {
  const files: string[] = []
  const lists: string[] = []
  let isOptional = false
  for (const child of element.children) {
    if (child.name === 'file') files.push(textOf(child))
    else if (child.name === 'list') lists.push(textOf(child))
    else if (child.name === 'optional') isOptional = true
    else throw malformed(`Invalid ${child.name} element`)
  }
  return { files, lists, isOptional }
}

const COMPRESS_KINDS = ['NONE', 'FAST', 'BEST', 'CUSTOM', 'SERVER-FAST', 'SERVER-BEST', 'SERVER-CUSTOM'] as const
const ENCRYPT_KINDS = ['NO', 'CUSTOM', 'SERVER-CUSTOM'] as const
const ESTIMATES = ['CLIENT', 'SERVER', 'CALCSIZE'] as const
/** Elements that may stand in a `dle` but mean nothing here. */
const IGNORED = new Set(['kencrypt', 'datapath', 'dumpdate', 'calcsize', 'script'])

function childText(element: Element, name: string): string | undefined {
  const child = element.children.find((candidate) => candidate.name === name)
  return child === undefined ? undefined : textOf(child)
}

type Draft = { -readonly [Key in keyof XmlDle]?: XmlDle[Key] }

function parseChild(child: Element, dle: Draft): void {
  switch (child.name) {
    case 'program':
      dle.program = oneOf(child, ['GNUTAR', 'DUMP', 'APPLICATION'])
      break
    case 'backup-program': {
      const plugin = childText(child, 'plugin')
      if (plugin === undefined || plugin === '') throw malformed('backup-program without a plugin')
      dle.plugin = plugin
      dle.applicationProperties = child.children.filter((part) => part.name === 'property').map(parseProperty)
      break
    }
    case 'property':
      dle.properties = [...(dle.properties ?? []), parseProperty(child)]
      break
    case 'disk':
      dle.disk = textOf(child)
      break
    case 'diskdevice':
      dle.device = textOf(child)
      break
    case 'level':
      dle.levels = [...(dle.levels ?? []), integer({ ...child, children: [] }, 0, LEVEL_MAX)]
      break
    case 'estimate': {
      const words = textOf(child).split(/\s+/).filter((word) => word !== '')
      dle.estimates = words.map((word) => oneOf({ ...child, raw: undefined, text: word }, ESTIMATES))
      break
    }
    case 'auth':
      dle.auth = textOf(child)
      break
    case 'index':
    case 'record':
      dle[child.name] = oneOf(child, ['YES', 'NO']) === 'YES'
      break
    case 'spindle':
      dle.spindle = integer(child, -1, 999_999_999)
      break
    case 'compress': {
      const program = childText(child, 'custom-compress-program')
      dle.compress = { kind: oneOf(child, COMPRESS_KINDS), ...(program === undefined ? {} : { program }) }
      break
    }
    case 'encrypt': {
      const program = childText(child, 'custom-encrypt-program')
      const decryptOption = childText(child, 'decrypt-option')
      dle.encrypt = { kind: oneOf(child, ENCRYPT_KINDS), ...(program === undefined ? {} : { program }), ...(decryptOption === undefined ? {} : { decryptOption }) }
      break
    }
    case 'exclude':
    case 'include':
      dle[child.name] = parseSelection(child)
      break
    default:
      if (!IGNORED.has(child.name)) throw malformed(`Invalid ${child.name} element`)
  }
}

/** Elements of which a `dle` may hold several. */
const REPEATABLE = new Set(['level', 'property', 'script'])

function parseDle(element: Element): XmlDle {
  if (element.name !== 'dle') throw malformed(`Invalid ${element.name} element`)
  const dle: Draft = {}
  const seen = new Set<string>()
  for (const child of element.children) {
    if (seen.has(child.name) && !REPEATABLE.has(child.name)) throw malformed(`Duplicate ${child.name} element`)
    seen.add(child.name)
    parseChild(child, dle)
  }
  if (dle.program === undefined) throw malformed('a dle without a program')
  if (dle.disk === undefined || dle.disk === '') throw malformed('a dle without a disk')
  if (dle.program === 'APPLICATION' && dle.plugin === undefined) throw malformed('program APPLICATION without a backup-program')
  const none: XmlSelection = { files: [], lists: [], isOptional: false }
  return {
    program: dle.program,
    ...(dle.plugin === undefined ? {} : { plugin: dle.plugin }),
    applicationProperties: dle.applicationProperties ?? [],
    properties: dle.properties ?? [],
    disk: dle.disk,
    ...(dle.device === undefined ? {} : { device: dle.device }),
    levels: dle.levels ?? [],
    estimates: dle.estimates ?? ['CLIENT'],
    ...(dle.auth === undefined ? {} : { auth: dle.auth }),
    index: dle.index ?? false,
    record: dle.record ?? true,
    ...(dle.spindle === undefined ? {} : { spindle: dle.spindle }),
    compress: dle.compress ?? { kind: 'NONE' },
    encrypt: dle.encrypt ?? { kind: 'NO' },
    exclude: dle.exclude ?? none,
    include: dle.include ?? none,
  }
}

/** All `dle` elements of a request or header. Throws `wire-malformed`. */
export function parseDles(text: string): XmlDle[] {
  return parseElements(text).map(parseDle)
}
