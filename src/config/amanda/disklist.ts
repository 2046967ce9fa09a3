// The disklist: hosts, their disks, and the dumptype of each, which may be written in place of its name. A disk is a line; only an inline dumptype goes over several.

import type { AmandaSection, Place } from './configuration.ts'
import { AmandaParser, readIncluded, whileOpen, type ParserContext } from './parser.ts'

export interface AmandaDisk {
  readonly host: string
  readonly name: string
  /** What is dumped, when it is not the name. */
  readonly device: string | undefined
  readonly dumptype: AmandaSection
  /** -1: none. */
  readonly spindle: number
  readonly interfaceName: string
  readonly place: Place
}

const INCLUDES_MAX = 1000
/** A word, a quoted string, or a brace that stands alone. */
const WORD = /[ \t\r]*(?:"((?:[^"\\\n]|\\.)*)"|([^\s"#]+))/y

interface Line {
  readonly words: readonly string[]
  /** Where the line ends in the text. */
  readonly end: number
  /** Where what follows a `{` begins; undefined when there is none. */
  readonly brace: number | undefined
  readonly isBroken: boolean
}

/** The words of the line at `offset`, up to a brace. */
function readLine(text: string, offset: number): Line {
  const words: string[] = []
  let at = offset
  for (;;) {
    WORD.lastIndex = at
    const found = WORD.exec(text)
    if (found === null) break
    at = WORD.lastIndex
    const [, quotedWord, plain] = found
    if (plain?.startsWith('{') === true) return { words, end: at, brace: at - plain.length + 1, isBroken: false }
    words.push(quotedWord === undefined ? (plain ?? '') : quotedWord.replaceAll(/\\(.)/g, '$1'))
  }
  const rest = /[ \t\r]*(#[^\n]*)?(\n|$)/y
  rest.lastIndex = at
  const isBroken = rest.exec(text) === null
  const newline = text.indexOf('\n', at)
  return { words, end: newline < 0 ? text.length : newline + 1, brace: undefined, isBroken }
}

export class DisklistReader {
  readonly #context: ParserContext
  readonly disks: AmandaDisk[] = []
  #includeCount = 0
  /** By host in lower case, then by name. */
  readonly #ofHost = new Map<string, Map<string, AmandaDisk>>()

  constructor(context: ParserContext) {
    this.#context = context
  }

  #complain(place: Place, message: string): void {
    this.#context.configuration.complain({ severity: 'error', message, ...place })
  }

  /** Reads the file and those it includes; a missing one is a problem. */
  readFile(path: string, from: Place | undefined): void {
    const context = this.#context
    const found = ++this.#includeCount > INCLUDES_MAX ? { failure: 'Too many open files' } : readIncluded(context, path)
    if ('text' in found) whileOpen(context, path, () => this.#readText(path, found.text))
    else this.#complain(from ?? { file: path, line: 1 }, `could not open disklist file "${path}": ${found.failure}`)
  }

  #readText(file: string, text: string): void {
    let offset = 0
    let lineNumber = 0
    while (offset < text.length) {
      lineNumber++
      const start = offset
      const line = readLine(text, offset)
      offset = line.end
      const place = { file, line: lineNumber }
      if (line.isBroken) this.#complain(place, 'a quoted string is expected')
      else if (line.words.length > 0 || line.brace !== undefined) offset = this.#disk(line, place, text)
      lineNumber += count(text, start, offset) - 1
    }
  }

  /** One entry; returns where the next line begins. */
  #disk(line: Line, place: Place, text: string): number {
    const [host = '', name, third] = line.words
    if (host.toLowerCase() === 'includefile') {
      if (name === undefined) this.#complain(place, 'include filename expected')
      else this.readFile(name.startsWith('/') ? name : `${this.#context.directory}/${name}`, place)
      return line.end
    }
    if (host === '' || /\s/.test(host)) return this.#skip(line, place, text, 'host name expected')
    if (name === undefined || name === '') return this.#skip(line, place, text, 'disk device name expected')
    const { configuration } = this.#context
    if (line.brace !== undefined) return this.#inlineDisk(line, place, text)
    if (third === undefined) return this.#skip(line, place, text, 'disk dumptype expected')
    const hasDevice = configuration.find('dumptype', third) === undefined
    const dumptypeName = hasDevice ? line.words[3] : third
    const dumptype = dumptypeName === undefined ? undefined : configuration.find('dumptype', dumptypeName)
    if (dumptype === undefined) return this.#skip(line, place, text, `undefined dumptype \`${dumptypeName ?? third}'`)
    this.#add({ host, name, device: hasDevice ? third : undefined, dumptype, place }, line.words.slice(hasDevice ? 4 : 3))
    return line.end
  }

  #skip(line: Line, place: Place, text: string, message: string): number {
    this.#complain(place, message)
    if (line.brace === undefined) return line.end
    const newline = text.indexOf('\n', line.brace)
    return newline < 0 ? text.length : newline + 1
  }

  #inlineDisk(line: Line, place: Place, text: string): number {
    const { configuration } = this.#context
    const [host = '', name = '', device, extra] = line.words
    if (extra !== undefined) return this.#skip(line, place, text, 'end of line is expected')
    configuration.inlineCount++
    const body = text.slice(line.brace)
    const parser = new AmandaParser(this.#context, place.file, body, { isDisklist: true })
    parser.line = place.line - 1
    const dumptype = parser.newSection('dumptype', `custom(${host}:${name.replaceAll(/[/:\\]/g, '_')}).${configuration.inlineCount}`)
    parser.block(dumptype)
    configuration.add(dumptype)
    const after = parser.lexer.offset + (line.brace ?? 0)
    const rest = readLine(text, after)
    if (rest.isBroken || rest.brace !== undefined) this.#complain(place, 'end of line is expected')
    this.#add({ host, name, device, dumptype, place }, rest.words)
    return rest.end
  }

  #add(disk: Omit<AmandaDisk, 'spindle' | 'interfaceName'>, rest: readonly string[]): void {
    const [spindle = '-1', interfaceName = 'default', extra] = rest
    const { place } = disk
    if (!/^-?\d+$/.test(spindle) || Math.abs(Number(spindle)) > 0x7fff_ffff) return this.#complain(place, `non-integer spindle \`${spindle}'`)
    if (this.#context.configuration.find('interface', interfaceName) === undefined) return this.#complain(place, `undefined network interface \`${interfaceName}'`)
    if (extra !== undefined) return this.#complain(place, 'end of line expected')
    const hostKey = disk.host.toLowerCase()
    const ofHost = this.#ofHost.get(hostKey) ?? new Map<string, AmandaDisk>()
    const [first] = ofHost.values()
    // All disks of a host have it written in the same way.
    if (first !== undefined && first.host !== disk.host) return this.#complain(place, `the host is written \`${first.host}' on line ${first.place.line}`)
    const twin = ofHost.get(disk.name)
    if (twin !== undefined) return this.#complain(place, `duplicate disk record, previous on line ${twin.place.line}`)
    const added = { ...disk, spindle: Number(spindle), interfaceName }
    this.#ofHost.set(hostKey, ofHost.set(disk.name, added))
    this.disks.push(added)
  }
}

function count(text: string, from: number, to: number): number {
  let found = 0
  for (let at = text.indexOf('\n', from); at >= 0 && at < to; at = text.indexOf('\n', at + 1)) found++
  return Math.max(found, 1)
}
