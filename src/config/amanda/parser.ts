// Reads the statements of amanda.conf and amanda-client.conf into a configuration. One parser reads one file; a file that it includes has a parser of its own. After an
// error it reads on, the way stock Amanda does, so that the complaints are the same: what is left of a bad line may be taken for the next statement.

import { initialSettings, integerOf, type AmandaConfiguration, type AmandaSection, type Place, type Setting } from './configuration.ts'
import { BUILT_IN_PLACE } from './built-in.ts'
import { AmandaLexer, type Token } from './lexer.ts'
import { applyOverrides, type Override } from './overrides.ts'
import { canonicalKeyword, OF_DUMPTYPES, PARAMETERS, SECTION_TYPES, type ParameterRow, type SectionType } from './parameters.ts'
import type { Report } from './problems.ts'
import { isOver } from './read-lists.ts'
import { readValue, type Surroundings } from './read-value.ts'
import { validate, type CheckDirectory } from './validate.ts'
import type { PropertyTable } from './property-table.ts'
import { names, type AmandaValue } from './values.ts'

/** A text, or why it cannot be had, in the words of the system. */
export type FileText = { readonly text: string } | { readonly failure: string }

/** How a configuration reaches the machine. Text is one character a byte. */
export interface ConfigFiles {
  read(path: string): FileText
  checkDirectory: CheckDirectory
}

/** Everything that the parsers of one configuration share. */
export interface ParserContext {
  readonly configuration: AmandaConfiguration
  readonly files: ConfigFiles
  /** Where included files are looked for. */
  readonly directory: string
  readonly overrides: readonly Override[]
  /** Files that were included, one that was twice counted twice. */
  includeCount: number
  /** Paths of the files that are being read. */
  readonly open: Set<string>
  /** How many times each path was read. */
  readonly reads: Map<string, number>
  /** Deprecated keywords that were complained of: each is once. */
  readonly deprecated: Set<string>
}

/** A file that is included again and again makes a small configuration a large one. */
const READS_MAX = 100
/** Files that include each other under ever other names end here. */
const INCLUDES_MAX = 1000
const INCLUDE_DEPTH_MAX = 64

/** The text of a file that another includes. Stock Amanda reads one that includes itself until it can open no more files. */
export function readIncluded(context: ParserContext, path: string): FileText {
  if (context.open.has(path)) return { failure: 'it is being read already, a file cannot include itself' }
  if ((context.reads.get(path) ?? 0) >= READS_MAX) return { failure: `it was read ${READS_MAX} times already` }
  return context.files.read(path)
}

export function whileOpen(context: ParserContext, path: string, read: () => void): void {
  context.open.add(path)
  context.reads.set(path, (context.reads.get(path) ?? 0) + 1)
  read()
  context.open.delete(path)
}

const SECTION_WORDS: Readonly<Record<string, SectionType>> = { ...Object.fromEntries(SECTION_TYPES.map((type) => [type.toUpperCase(), type])), APPLICATION_TOOL: 'application', SCRIPT_TOOL: 'script' }
const DEFINED = 'DUMPTYPE, INTERFACE, TAPETYPE, HOLDINGDISK, APPLICATION, SCRIPT, DEVICE, CHANGER, INTERACTIVITY, TAPERSCAN, POLICY or STORAGE expected'

/** Keywords that stand for something, though not everywhere. */
const VALUE_WORDS = ['CLIENT', 'SERVER', 'LOW', 'MEDIUM', 'HIGH', 'NONE', 'FAST', 'BEST', 'CUSTOM', 'LIST', 'FILE', 'OPTIONAL', 'APPEND', 'ALL', 'AUTO', 'NEVER', 'REQUIRED']
const KNOWN_WORDS = new Set([...Object.entries(PARAMETERS).flatMap(([scope, table]) => (scope === 'client' ? [] : [...table.keys()])), ...Object.keys(SECTION_WORDS), ...VALUE_WORDS])

/** How the complaint calls a section where a word is none of its keywords, and where something else stands. */
const SPOKEN: Partial<Record<SectionType, readonly [string, string]>> = { tapetype: ['tape type', 'tapetype'], holdingdisk: ['holdingdisk', 'holding disk'] }
const INLINE_NAMES: Partial<Record<SectionType, string>> = { interactivity: 'iv', taperscan: 'ts', policy: 'po' }

export class AmandaParser {
  readonly #context: ParserContext
  readonly #file: string
  readonly #depth: number
  readonly #isDisklist: boolean
  readonly lexer: AmandaLexer
  /** Statements read, which is the line in complaints. */
  line = 0

  constructor(context: ParserContext, file: string, text: string, options: { readonly depth?: number; readonly isDisklist?: boolean } = {}) {
    this.#context = context
    this.#file = file
    this.#depth = options.depth ?? 0
    this.#isDisklist = options.isDisklist ?? false
    this.lexer = new AmandaLexer(text, this.report)
  }

  readonly report: Report = (severity, message) => {
    this.#context.configuration.complain({ severity, message, file: this.#file, line: this.line })
  }

  place(): Place {
    return { file: this.#file, line: this.lexer.trueLine }
  }

  /** Reads to the end of the file. */
  run(): void {
    for (;;) {
      this.line++
      const token = this.lexer.next()
      if (token.kind === 'end') return
      if (token.kind === 'newline') continue
      this.#statement(token)
      this.lexer.endStatement()
    }
  }

  #statement(token: Token): void {
    const { configuration } = this.#context
    const keyword = token.kind === 'word' ? canonicalKeyword(token.text) : ''
    const row = PARAMETERS[configuration.scope].get(keyword)
    if (keyword === 'INCLUDEFILE') this.#include()
    else if (keyword === 'DEFINE') this.#define()
    else if (keyword === 'HOLDINGDISK' && row !== undefined) this.#holdingDisks()
    else if (row !== undefined) this.#parameter(row, token, configuration.globals, undefined)
    else if (KNOWN_WORDS.has(keyword) && configuration.scope === 'server') this.#misplaced(keyword, token)
    else this.report('error', 'error: not a keyword.')
  }

  /** A keyword that stands for something elsewhere: the line is left out. */
  #misplaced(keyword: string, token: Token): void {
    const isDeprecated = Object.values(PARAMETERS).some((table) => table.get(keyword)?.isDeprecated === true)
    if (isDeprecated) this.#deprecated(keyword, token)
    this.report('error', 'configuration keyword expected')
    while (!isOver(token)) token = this.lexer.next()
  }

  #deprecated(keyword: string, token: Token): void {
    const { deprecated } = this.#context
    if (token.kind === 'word' && !deprecated.has(keyword)) this.report('warning', `warning: Keyword ${token.text} is deprecated.`)
    deprecated.add(keyword)
  }

  #include(): void {
    const name = this.lexer.expect('string')
    if (name === undefined) return
    this.includeFile(name.text, (path, text) => {
      new AmandaParser(this.#context, path, text, { depth: this.#depth + 1 }).run()
    })
  }

  /** Reads the file of that name, or complains. */
  includeFile(name: string, run: (path: string, text: string) => void): void {
    const context = this.#context
    const path = name.startsWith('/') ? name : `${context.directory}/${name}`
    const isTooMuch = this.#depth >= INCLUDE_DEPTH_MAX || context.includeCount >= INCLUDES_MAX
    context.includeCount++
    const found = isTooMuch ? { failure: 'Too many open files' } : readIncluded(context, path)
    if ('text' in found) return whileOpen(context, path, () => run(path, found.text))
    context.configuration.complain({ severity: 'error', message: `could not open conf file '${path}': ${found.failure}`, file: path, line: this.line })
  }

  #parameter(row: ParameterRow, token: Token, settings: Map<string, Setting>, section: AmandaSection | undefined): void {
    const place = this.place()
    const before = settings.get(row.keyword)?.value ?? row.initial
    if (row.isDeprecated === true) this.#deprecated(row.keyword, token)
    const value = readValue(row, this.lexer, this.surroundings(section, row.keyword), before)
    if (row.keyword === 'CHANGERFILE' && section === undefined) this.report('warning', 'warning: Global changerfile is deprecated, it must be set in the changer section')
    // Time stamps are always used; what the configuration says of it has no effect.
    if (row.keyword === 'USETIMESTAMPS') return
    settings.set(row.keyword, { value: validate(row, value, this.report, this.#context.files.checkDirectory), place })
  }

  surroundings(section: AmandaSection | undefined, keyword: string): Surroundings {
    const { configuration } = this.#context
    return {
      report: this.report,
      section: section?.type,
      arePropertiesVisible: keyword === 'DEVICE_PROPERTY' || (section !== undefined && section.type !== 'dumptype'),
      isDisklist: this.#isDisklist,
      find: (type, name) => {
        const found = configuration.find(type, name)
        return found === undefined ? undefined : { name: found.name, order: integerOf(found.settings, 'ORDER') }
      },
      readInline: (type) => this.#inline(type, section),
    }
  }

  #inline(type: SectionType, outer: AmandaSection | undefined): string {
    this.#context.configuration.inlineCount++
    const { configuration } = this.#context
    const inner = this.newSection(type, `custom(${INLINE_NAMES[type] ?? `DUMPTYPE:${outer?.name ?? ''}`}).${configuration.inlineCount}`)
    const token = this.lexer.next()
    if (token.kind !== 'newline') this.lexer.unget(token)
    this.block(inner)
    configuration.add(inner)
    return inner.name
  }

  newSection(type: SectionType, name: string): AmandaSection {
    const settings = initialSettings(type)
    if (type === 'dumptype') for (const keyword of OF_DUMPTYPES) settings.set(keyword, { value: this.#context.configuration.global(keyword), place: undefined })
    return { type, name, place: { file: this.#file, line: this.line }, settings, parents: [] }
  }

  #define(): void {
    const token = this.lexer.next()
    const word = token.kind === 'word' ? canonicalKeyword(token.text) : ''
    if (!Object.hasOwn(SECTION_WORDS, word)) return this.report('error', DEFINED)
    const type = SECTION_WORDS[word] ?? 'dumptype'
    const name = this.#newName()
    if (type === 'holdingdisk') return this.#holdingDefinition(name, false)
    const section = this.newSection(type, name)
    this.#open()
    this.block(section)
    this.addSection(section)
  }

  /** The name of a section; quoted ones are refused, as stock Amanda does. */
  #newName(): string {
    const token = this.lexer.next()
    if (token.kind === 'word') return token.text
    this.lexer.last = 'word'
    this.report('error', 'an identifier is expected')
    return token.kind === 'string' ? token.text : ''
  }

  #open(): void {
    this.lexer.expect('open')
    this.lexer.expect('newline')
  }

  addSection(section: AmandaSection): void {
    const { configuration, overrides, files } = this.#context
    const old = configuration.find(section.type, section.name)
    if (old?.place === BUILT_IN_PLACE) return this.report('error', `dumptype ${old.name} is defined by default and cannot be redefined`)
    if (old !== undefined) return this.report('error', `${section.type} ${old.name} already defined at ${old.place?.file}:${old.place?.line}`)
    configuration.add(section)
    applyOverrides(configuration, overrides, files.checkDirectory, section)
  }

  /** Statements up to the closing brace. */
  block(section: AmandaSection): void {
    for (;;) {
      this.line++
      const token = this.lexer.next()
      if (token.kind === 'close' || token.kind === 'end') return
      if (token.kind === 'newline') continue
      this.sectionStatement(token, section)
      this.lexer.endStatement()
    }
  }

  sectionStatement(token: Token, section: AmandaSection): void {
    const keyword = token.kind === 'word' ? canonicalKeyword(token.text) : ''
    const row = PARAMETERS[section.type].get(keyword)
    if (row !== undefined) return this.#parameter(row, token, section.settings, section)
    const [asWord, otherwise] = SPOKEN[section.type] ?? [section.type, section.type]
    if ((token.kind !== 'word' && token.kind !== 'string') || KNOWN_WORDS.has(keyword)) return this.report('error', `${otherwise} parameter expected`)
    const parent = this.#context.configuration.find(section.type, token.text)
    if (parent === undefined) return this.report('error', `${asWord} parameter expected`)
    section.parents.push(parent.name)
    inherit(section, parent, (name) => this.#context.configuration.scriptOrder(name))
  }

  /** `holdingdisk NAME {`, or the names of those that are used. */
  #holdingDisks(): void {
    const first = this.#newName()
    const token: Token = this.lexer.next()
    if (token.kind === 'open') {
      this.lexer.unget(token)
      return this.#holdingDefinition(first, true)
    }
    this.#useHoldingDisk(first)
    for (let next: Token = token; !isOver(next); next = this.lexer.next()) {
      if (next.kind === 'word' || next.kind === 'string') this.#useHoldingDisk(next.text)
      else this.report('error', 'IDENT or NL expected')
    }
  }

  #useHoldingDisk(name: string): void {
    const { configuration } = this.#context
    const used = configuration.globalNames('HOLDINGDISK')
    if (used.includes(name)) return this.report('error', `holding disk '${name}' already in use`)
    configuration.globals.set('HOLDINGDISK', { value: names(...used, name), place: this.place() })
  }

  #holdingDefinition(name: string, isUsed: boolean): void {
    const { configuration } = this.#context
    const section = this.newSection('holdingdisk', name)
    const token = this.lexer.next()
    if (token.kind !== 'open') {
      this.report('error', 'holdingdisk definition must specify holdingdisk parameters')
      return
    }
    this.lexer.expect('newline')
    if (configuration.find('holdingdisk', name) !== undefined) return this.report('error', `holding disk '${name}' already defined`)
    this.block(section)
    this.addSection(section)
    if (isUsed) this.#useHoldingDisk(name)
  }
}

/** Takes over what `parent` sets. The rates of compression are left out: stock Amanda 3.5 does not take them over. */
function inherit(section: AmandaSection, parent: AmandaSection, scriptOrder: (name: string) => bigint): void {
  for (const [keyword, { value, place }] of parent.settings) {
    if (place === undefined || keyword === 'COMPRATE') continue
    const own = section.settings.get(keyword)
    // Stock Amanda hands lists of strings and of scripts on to the next section only: one that has none of its own hands on nothing.
    const isPassedOn = value.kind !== 'texts' && keyword !== 'SCRIPT'
    section.settings.set(keyword, { place: isPassedOn ? place : own?.place, value: joinValues(keyword, own?.value, value, scriptOrder) })
  }
}

/** Properties, scripts and lists of strings add to what the section has; anything else takes its place. */
function joinValues(keyword: string, own: AmandaValue | undefined, inherited: AmandaValue, scriptOrder: (name: string) => bigint): AmandaValue {
  if (inherited.kind === 'properties' && own?.kind === 'properties') return { kind: 'properties', properties: joinProperties(own.properties, inherited.properties) }
  if (inherited.kind === 'texts' && own?.kind === 'texts') return { kind: 'texts', texts: [...own.texts, ...inherited.texts] }
  // Of scripts with the same number those that are inherited come last.
  if (keyword === 'SCRIPT' && inherited.kind === 'names' && own?.kind === 'names') return names(...[...own.names, ...inherited.names].toSorted((one, other) => Number(scriptOrder(one) - scriptOrder(other))))
  return inherited
}

/** In the order of the table that is inherited. One that is appended adds its values to what the section has, and changes nothing else of it; another takes its place. */
function joinProperties(own: PropertyTable, inherited: PropertyTable): PropertyTable {
  let joined = own
  for (const [name, property] of inherited.entries()) {
    const old = property.isAppended ? joined.get(name) : undefined
    joined = old === undefined ? joined.without(name).with(name, property) : joined.with(name, { ...old, values: [...old.values, ...property.values] })
  }
  return joined
}
