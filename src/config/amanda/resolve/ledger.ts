// Keeps book of an Amanda configuration while it is resolved: which settings were taken, and what is to be said of the others. At the end every setting that was written is in one of the
// two, so none is lost in silence. Settings are known by where they were written, so one that a section inherits is the same as that of the section it comes from.

import { isDeepStrictEqual } from 'node:util'
import { BUILT_IN_PLACE } from '../built-in.ts'
import type { AmandaConfiguration, AmandaSection, Place, Setting } from '../configuration.ts'
import { PARAMETERS } from '../parameters.ts'
import type { AmandaValue } from '../values.ts'
import { utf8Of } from './amanda-text.ts'
import { fateOf } from './fates.ts'
import { NO_PLACE, type AmandaRemark, type RemarkKind } from './remark.ts'

const USUAL = { kind: 'unneeded', outcome: "left out: it says what is Amanda's default" } as const

function wordOf(keyword: string): string {
  return keyword.toLowerCase().replaceAll('_', '-')
}

export class Ledger {
  readonly configuration: AmandaConfiguration
  readonly #taken = new Set<string>()
  readonly #used = new Set<AmandaSection>()
  readonly #remarks = new Map<string, AmandaRemark>()

  constructor(configuration: AmandaConfiguration) {
    this.configuration = configuration
  }

  /** The settings of a section, which is used from now on, or those outside sections. Silent: for sections that are only inherited from. */
  of(section?: AmandaSection, options: { readonly isSilent?: boolean } = {}): SettingsReader {
    if (section !== undefined) this.#used.add(section)
    return new SettingsReader(this, section, options.isSilent ?? false)
  }

  take(section: AmandaSection | undefined, keyword: string, { place }: Setting): void {
    if (place !== undefined) this.#taken.add(this.#key(section, keyword, place))
  }

  #key(section: AmandaSection | undefined, keyword: string, place: Place): string {
    // All of the command line is one line.
    return `${place.file}:${place.line}:${keyword}${place.file === 'command line' ? `:${section?.name ?? ''}` : ''}`
  }

  remark(kind: RemarkKind, place: Place | undefined, subject: string, outcome: string): void {
    const { file, line } = place ?? NO_PLACE
    const remark = { kind, file: utf8Of(file), line: Math.max(1, line), subject: utf8Of(subject), outcome }
    // What several disks find out is said once.
    const key = JSON.stringify([remark.file, remark.line, remark.subject.replace(/^.*: /, ''), outcome])
    if (!this.#remarks.has(key)) this.#remarks.set(key, remark)
  }

  /** All remarks, with those on what was not taken, by file and line. */
  close(): readonly AmandaRemark[] {
    const { configuration } = this
    this.#leftOver(undefined, configuration.globals)
    for (const section of configuration.allSections()) {
      if (section.place === BUILT_IN_PLACE || section.place === undefined) continue
      if (this.#used.has(section)) this.#leftOver(section, section.settings)
      else this.remark('unused-section', section.place, `${section.type} ${section.name}`, 'nothing uses it')
    }
    return [...this.#remarks.values()].toSorted((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1))
  }

  #leftOver(section: AmandaSection | undefined, settings: ReadonlyMap<string, Setting>): void {
    const scope = section?.type ?? 'server'
    for (const [keyword, { place, value }] of settings) {
      if (place === undefined || place === BUILT_IN_PLACE || this.#taken.has(this.#key(section, keyword, place))) continue
      const isUsual = isDeepStrictEqual(value, PARAMETERS[scope].get(keyword)?.initial)
      const { kind, outcome } = isUsual ? USUAL : fateOf(scope, keyword)
      this.remark(kind, place, subjectOf(section, keyword), outcome)
    }
  }
}

function subjectOf(section: AmandaSection | undefined, keyword: string): string {
  return section === undefined ? wordOf(keyword) : `${section.type} ${section.name}: ${wordOf(keyword)}`
}

/** Reads settings of one section; what is read counts as taken. */
export class SettingsReader {
  readonly #ledger: Ledger
  readonly section: AmandaSection | undefined
  readonly isSilent: boolean

  constructor(ledger: Ledger, section: AmandaSection | undefined, isSilent: boolean) {
    this.#ledger = ledger
    this.section = section
    this.isSilent = isSilent
  }

  #setting(keyword: string): Setting {
    const setting = (this.section?.settings ?? this.#ledger.configuration.globals).get(keyword)
    if (setting === undefined) throw new Error(`no parameter ${keyword}`)
    return setting
  }

  has(keyword: string): boolean {
    return (this.section?.settings ?? this.#ledger.configuration.globals).has(keyword)
  }

  value(keyword: string): AmandaValue {
    const setting = this.#setting(keyword)
    this.#ledger.take(this.section, keyword, setting)
    return setting.value
  }

  /** Where it was written, here or in what is inherited. */
  place(keyword: string): Place | undefined {
    return this.#setting(keyword).place
  }

  isWritten(keyword: string): boolean {
    return this.place(keyword) !== undefined
  }

  text(keyword: string): string {
    const value = this.value(keyword)
    if (value.kind === 'reference') return value.name
    // Amanda's strings end with a byte of 0.
    return value.kind === 'text' ? utf8Of(value.text.replace(/\0.*$/s, '')) : ''
  }

  /** The same as one line without control characters, which holdfast.yaml has in no text. */
  line(keyword: string): string {
    const text = this.text(keyword)
    const line = text.replaceAll(/\p{Cc}+/gu, ' ')
    if (line !== text) this.remark(keyword, 'changed', 'control characters and ends of lines have become blanks')
    return line
  }

  /** The word of a choice, in capitals. */
  word(keyword: string): string {
    const value = this.value(keyword)
    return value.kind === 'choice' ? value.word.toUpperCase() : ''
  }

  words(keyword: string): readonly string[] {
    const value = this.value(keyword)
    return value.kind === 'choices' ? value.words : value.kind === 'names' ? value.names : value.kind === 'texts' ? value.texts.map(utf8Of) : []
  }

  isOn(keyword: string): boolean {
    const value = this.value(keyword)
    return value.kind === 'boolean' && value.isOn
  }

  /** Kept between the limits; a remark says so when it was beyond. */
  number(keyword: string, min: number, max: number, outcome = ''): number {
    const value = this.value(keyword)
    const given = value.kind === 'integer' || value.kind === 'real' || value.kind === 'time' ? Number(value.value) : 0
    const kept = Math.min(max, Math.max(min, given))
    if (kept !== given) this.remark(keyword, 'changed', outcome === '' ? `${kept} is used, which is the ${kept === min ? 'least' : 'most'} there can be` : outcome)
    return kept
  }

  /** A size in KiB as bytes; what is beyond all disks is the largest there can be, without a remark. */
  bytes(keyword: string, min = 0): number {
    const value = this.value(keyword)
    const kib = value.kind === 'integer' ? value.value : 0n
    const bytes = Number(kib * 1024n)
    if (bytes < min && kib >= 0n) this.remark(keyword, 'changed', `${min} bytes are used, which is the least there can be`)
    return kib < 0n ? Math.max(-BYTES_MAX, bytes) : Math.min(BYTES_MAX, Math.max(min, bytes))
  }

  remark(keyword: string, kind: RemarkKind, outcome: string): void {
    if (!this.isSilent) this.#ledger.remark(kind, this.place(keyword) ?? this.section?.place, subjectOf(this.section, keyword), outcome)
  }
}

/** A PiB stands for no limit. */
const BYTES_MAX = 1024 ** 5
