// The little XML that Amanda's requests use: elements, text, and the attributes `encoding` (ignored) and `raw` (base64 that replaces the
// text). No declarations, comments or processing instructions. Input is hostile: size, depth and count are bounded, and every
// malformed input is a `wire-malformed` fault. Format: docs of Amanda's GMarkup reader, common-src/amxml.c.

import { Fault } from '../../kernel/fault.ts'

export interface XmlElement {
  readonly name: string
  /** Own text with blanks at its end cut off; '' when there is only white space. */
  readonly text: string
  readonly children: readonly XmlElement[]
}

/** A request names a few hundred disks at most, of about a kilobyte each; 4 MiB is Amanda's limit of a packet. */
const XML_CHARACTERS_MAX = 4 * 1024 * 1024
/** dle, script, property, value: four. */
const XML_DEPTH_MAX = 8
const XML_ELEMENTS_MAX = 200_000

const NEEDS_RAW = /[\u0000-\u0020<>"&\\'\u0080-\uffff]/g
const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" }
const TAG = /<(\/?)([a-zA-Z][a-zA-Z0-9_-]{0,63})((?:\s+[a-zA-Z]{1,16}\s*=\s*(?:"[^"<]*"|'[^'<]*'))*)\s*(\/?)>/y
const ATTRIBUTE = /([a-zA-Z]+)\s*=\s*(?:"([^"]*)"|'([^']*)')/g

interface OpenElement {
  readonly name: string
  readonly children: XmlElement[]
  text: string
  readonly raw: string | undefined
}

function malformed(message: string): Fault {
  return new Fault('wire-malformed', `XML: ${message}`)
}

/** `<name>value</name>`; a value with bytes that Amanda's writer does not trust travels in `raw`, masked for people. */
export function formatXmlTag(name: string, value: string): string {
  const masked = value.replace(NEEDS_RAW, (character) => '_'.repeat(Buffer.byteLength(character)))
  if (masked === value) return `<${name}>${value}</${name}>`
  return `<${name} encoding="raw" raw="${Buffer.from(value).toString('base64')}">${masked}</${name}>`
}

function decodeEntities(text: string): string {
  if (!text.includes('&')) return text
  return text.replace(/&(#x[0-9a-fA-F]{1,6}|#[0-9]{1,7}|[a-z]{1,8})?;?/g, (whole: string, name: string | undefined) => {
    if (name === undefined || !whole.endsWith(';')) throw malformed('an entity is not closed')
    if (!name.startsWith('#')) {
      const value = ENTITIES[name]
      if (value === undefined) throw malformed(`entity ${name} is not known`)
      return value
    }
    const point = name.startsWith('#x') ? Number.parseInt(name.slice(2), 16) : Number.parseInt(name.slice(1), 10)
    if (point === 0 || point > 0x10ffff || (point >= 0xd800 && point < 0xe000)) throw malformed('a character number is out of range')
    return String.fromCodePoint(point)
  })
}

/** The decoded `raw` attribute of a start tag, if it has one. */
function readRaw(name: string, attributes: string): string | undefined {
  let raw: string | undefined
  for (const match of attributes.matchAll(ATTRIBUTE)) {
    const value = match[2] ?? match[3] ?? ''
    if (match[1] === 'raw') {
      if (!/^[A-Za-z0-9+/\s]*={0,2}$/.test(value)) throw malformed(`the raw text of <${name}> is not base64`)
      raw = Buffer.from(value, 'base64').toString('utf8')
    } else if (match[1] !== 'encoding') throw malformed(`Invalid attribute ${match[1]} of <${name}>`)
  }
  return raw
}

function closeElement(open: OpenElement): XmlElement {
  const text = open.text.trim() === '' ? '' : open.text.trimEnd()
  return { name: open.name, text: text !== '' && open.raw !== undefined ? open.raw : text, children: open.children }
}

/** All root elements of `source`, in order. */
export function parseXml(source: string): XmlElement[] {
  if (source.length > XML_CHARACTERS_MAX) throw malformed(`more than ${XML_CHARACTERS_MAX} characters`)
  const roots: XmlElement[] = []
  const stack: OpenElement[] = []
  let offset = 0
  let count = 0
  while (offset < source.length) {
    const next = source.indexOf('<', offset)
    const text = source.slice(offset, next < 0 ? source.length : next)
    const top = stack.at(-1)
    if (top !== undefined) top.text += decodeEntities(text)
    else if (text.trim() !== '') throw malformed('text outside of an element')
    if (next < 0) break
    TAG.lastIndex = next
    const tag = TAG.exec(source)
    if (tag === null) throw malformed(`a tag at character ${next} cannot be read`)
    offset = TAG.lastIndex
    const [, slash, name = '', attributes = '', selfClosing] = tag
    if (slash === '/') {
      const open = stack.pop()
      if (open === undefined || open.name !== name || attributes !== '' || selfClosing === '/') throw malformed(`</${name}> closes nothing`)
      ;(stack.at(-1)?.children ?? roots).push(closeElement(open))
      continue
    }
    if (++count > XML_ELEMENTS_MAX) throw malformed(`more than ${XML_ELEMENTS_MAX} elements`)
    const open: OpenElement = { name, children: [], text: '', raw: readRaw(name, attributes) }
    if (selfClosing === '/') (stack.at(-1)?.children ?? roots).push(closeElement(open))
    else stack.push(open)
    if (stack.length > XML_DEPTH_MAX) throw malformed(`elements lie more than ${XML_DEPTH_MAX} deep`)
  }
  const unclosed = stack.at(-1)
  if (unclosed !== undefined) throw malformed(`<${unclosed.name}> is not closed`)
  return roots
}
