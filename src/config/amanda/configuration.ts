// What an Amanda configuration says, as it was read: parameters outside sections, sections with theirs, and what is wrong.

import { PARAMETERS, SECTION_TYPES, type ParameterScope, type SectionType } from './parameters.ts'
import { PROBLEMS_MAX, type AmandaProblem } from './problems.ts'
import type { AmandaValue } from './values.ts'

export interface Place {
  readonly file: string
  /** From 1. */
  readonly line: number
}

export interface Setting {
  readonly value: AmandaValue
  /** Where it was written; undefined for a default. */
  readonly place: Place | undefined
}

export interface AmandaSection {
  readonly type: SectionType
  readonly name: string
  /** Undefined for what nobody wrote. */
  readonly place: Place | undefined
  readonly settings: Map<string, Setting>
  /** Names of the sections that it inherits from, in the order in which it names them. */
  readonly parents: string[]
}

export class AmandaConfiguration {
  /** Name of the configuration: that of its directory. */
  readonly name: string
  readonly scope: 'server' | 'client'
  readonly globals: Map<string, Setting>
  readonly problems: AmandaProblem[] = []
  /** Dumptypes and tools that were written in place of a name are numbered together. */
  inlineCount = 0
  readonly #sections: Readonly<Record<SectionType, AmandaSection[]>>
  /** By type and name in lower case; of two with the same name the first. */
  readonly #named = new Map<string, AmandaSection>()

  constructor(name: string, scope: 'server' | 'client') {
    this.name = name
    this.scope = scope
    this.globals = initialSettings(scope)
    this.#sections = Object.fromEntries(SECTION_TYPES.map((type) => [type, []])) as unknown as Record<SectionType, AmandaSection[]>
  }

  /** In the order in which they were written. */
  sections(type: SectionType): readonly AmandaSection[] {
    return this.#sections[type]
  }

  allSections(): readonly AmandaSection[] {
    return SECTION_TYPES.flatMap((type) => this.#sections[type])
  }

  /** Names are compared without regard to case. */
  find(type: SectionType, name: string): AmandaSection | undefined {
    return this.#named.get(sectionKey(type, name))
  }

  /** The number of a script: those with lower ones run first. */
  scriptOrder(name: string): bigint {
    return integerOf(this.find('script', name)?.settings ?? new Map(), 'ORDER')
  }

  add(section: AmandaSection): void {
    this.#sections[section.type].push(section)
    const key = sectionKey(section.type, section.name)
    if (!this.#named.has(key)) this.#named.set(key, section)
  }

  remove(section: AmandaSection): void {
    const list = this.#sections[section.type]
    if (list.includes(section)) list.splice(list.indexOf(section), 1)
    const key = sectionKey(section.type, section.name)
    if (this.#named.get(key) !== section) return
    const next = list.find((other) => sectionKey(other.type, other.name) === key)
    if (next === undefined) this.#named.delete(key)
    else this.#named.set(key, next)
  }

  complain(problem: AmandaProblem): void {
    if (this.problems.length < PROBLEMS_MAX) this.problems.push(problem)
  }

  get hasErrors(): boolean {
    return this.problems.some((problem) => problem.severity === 'error')
  }

  /** The value of a parameter outside sections; its keyword must be of the table. */
  global(keyword: string): AmandaValue {
    const setting = this.globals.get(keyword)
    if (setting === undefined) throw new Error(`no parameter ${keyword}`)
    return setting.value
  }

  /** The names in a list outside sections. */
  globalNames(keyword: string): readonly string[] {
    const value = this.global(keyword)
    return value.kind === 'names' ? value.names : []
  }
}

function sectionKey(type: SectionType, name: string): string {
  return `${type} ${name.toLowerCase()}`
}

/** All parameters of a scope with their defaults. */
export function initialSettings(scope: ParameterScope): Map<string, Setting> {
  return new Map([...PARAMETERS[scope]].map(([keyword, { initial }]) => [keyword, { value: initial, place: undefined }]))
}

export function textOf(settings: ReadonlyMap<string, Setting>, keyword: string): string {
  const value = settings.get(keyword)?.value
  return value?.kind === 'text' ? value.text : ''
}

export function integerOf(settings: ReadonlyMap<string, Setting>, keyword: string): bigint {
  const value = settings.get(keyword)?.value
  return value?.kind === 'integer' ? value.value : 0n
}
