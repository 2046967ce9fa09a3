// The dumptypes that disks use, as `dumptypes` of holdfast.yaml: each with what it inherits from and with what differs from that, the way an administrator writes them. What
// ours cannot say by inheritance (a property taken away, a part size that is gone) makes a dumptype stand on its own.

import { isDeepStrictEqual } from 'node:util'
import { layDumptype, layOutDumptypes, type FlatDumptype } from '../../dumptypes.ts'
import type { BumpConfig } from '../../resolved.ts'
import type { DumptypeInput, DumptypeOverrides } from '../../schema.ts'
import { initialSettings, type AmandaSection } from '../configuration.ts'
import { OF_DUMPTYPES } from '../parameters.ts'
import { isPlainName, plainName, utf8Of } from './amanda-text.ts'
import { dumptypeSettings, type DumptypeFacts } from './dumptype-settings.ts'
import type { Ledger } from './ledger.ts'
import { RETRIES } from './limits.ts'

/** What the configuration says for dumptypes that say nothing. */
export interface Cycle {
  readonly dumpCycleDays: number
  readonly bump: BumpConfig
}

/** The dumptype of a disk, and what it says besides. */
interface Chosen {
  readonly dumptype: string
  readonly overrides: DumptypeOverrides
}

/** Everything may begin with these: `default` has neither. */
const NOT_UNSAID = ['part-size', 'start-time'] as const
/** No limit, which is what nobody says. */
const PROMOTE_DAYS = 10_000

export class DumptypeBook {
  readonly #ledger: Ledger
  readonly #facts: DumptypeFacts
  readonly #cycle: Cycle
  readonly #inputs = new Map<string, DumptypeInput>()
  readonly #flats = new Map<string, FlatDumptype>()
  readonly #names = new Map<AmandaSection, string>()
  /** What the configuration says of them in words, by their names here. */
  readonly comments = new Map<string, string>()

  constructor(ledger: Ledger, facts: DumptypeFacts, cycle: Cycle, used: readonly AmandaSection[]) {
    this.#ledger = ledger
    this.#facts = facts
    this.#cycle = cycle
    const initial = { ...this.#settings(initialDumptype(ledger), true), ...commonProgram(used.map((section) => this.#settings(section, true))) }
    const base = layOutDumptypes({}, neverWrong).get('default')
    if (base !== undefined) this.#put('default', {}, base, this.#difference(initial, base) ?? {})
  }

  /** In the order in which they were needed: what is inherited from stands before. */
  get inputs(): Readonly<Record<string, DumptypeInput>> {
    return Object.fromEntries(this.#inputs)
  }

  /** A dumptype by its name, or one that was written in place of a name as the settings of a disk. */
  choose(section: AmandaSection): Chosen {
    const wanted = this.#settings(section, false)
    if (!isInline(section)) return { dumptype: this.#define(section), overrides: {} }
    for (const parent of [...section.parents].toReversed()) {
      const found = this.#ledger.configuration.find('dumptype', parent)
      const name = found === undefined || isInline(found) ? 'default' : this.#define(found)
      const overrides = this.#difference(wanted, this.#flats.get(name))
      if (overrides !== undefined) return { dumptype: name, overrides }
    }
    return { dumptype: 'default', overrides: this.#difference(wanted, this.#flats.get('default')) ?? {} }
  }

  #settings(section: AmandaSection, isSilent: boolean): FlatDumptype {
    return dumptypeSettings(this.#ledger.of(section, { isSilent }), this.#ledger, this.#facts)
  }

  /** Returns the name under which it is defined. */
  #define(section: AmandaSection): string {
    const known = this.#names.get(section)
    if (known !== undefined) return known
    const parents = section.parents.flatMap((parent) => {
      const found = this.#ledger.configuration.find('dumptype', parent)
      return found === undefined ? [] : [this.#define(found)]
    })
    const given = utf8Of(section.name)
    const isTaken = !isPlainName(given) || given === '__proto__' || this.#inputs.has(given)
    const name = isTaken ? plainName(`${given}-type`, new Set(this.#inputs.keys())) : given
    if (isTaken) this.#ledger.remark('changed', section.place, `dumptype ${section.name}`, `it is called ${name}`)
    const wanted = this.#settings(section, true)
    for (const inherit of [[...new Set(parents)], parents.slice(-1), []]) {
      const inherited = inherit.length > 1 ? layOutDumptypes({ ...this.inputs, [name]: { inherit } }, neverWrong).get(name) : this.#flats.get(inherit[0] ?? 'default')
      const difference = this.#difference(wanted, inherited)
      if (difference === undefined || inherited === undefined) continue
      this.#put(name, inherit.length === 0 ? {} : { inherit }, inherited, difference)
      break
    }
    this.#names.set(section, name)
    this.#comment(name, section)
    return name
  }

  /** A comment is inherited as well, and then says nothing of this dumptype. */
  #comment(name: string, section: AmandaSection): void {
    const reader = this.#ledger.of(section, { isSilent: true })
    const text = reader.text('COMMENT').trim()
    const isInherited = section.parents.some((parent) => this.#ledger.configuration.find('dumptype', parent)?.settings.get('COMMENT')?.place === reader.place('COMMENT'))
    if (text !== '' && !isInherited) this.comments.set(name, text)
  }

  #put(name: string, head: Pick<DumptypeInput, 'inherit'>, inherited: FlatDumptype, difference: DumptypeOverrides): void {
    this.#inputs.set(name, { ...head, ...difference })
    this.#flats.set(name, layDumptype(inherited, difference))
  }

  /** What is to be said beside `inherited`; undefined when that can take nothing back that it must. */
  #difference(wanted: FlatDumptype, inherited: FlatDumptype | undefined): DumptypeOverrides | undefined {
    if (inherited === undefined || NOT_UNSAID.some((key) => inherited[key] !== undefined && wanted[key] === undefined)) return undefined
    if (Object.keys(inherited.properties).some((name) => !Object.hasOwn(wanted.properties, name))) return undefined
    const effective: Readonly<Record<string, unknown>> = {
      ...inherited,
      'dump-cycle': inherited['dump-cycle'] ?? this.#cycle.dumpCycleDays,
      bump: inherited.bump ?? inputOfBump(this.#cycle.bump),
      retries: inherited.retries ?? RETRIES,
      'promote-days': inherited['promote-days'] ?? PROMOTE_DAYS,
      'include-lists-optional': inherited['include-lists-optional'] ?? wanted['lists-optional'],
    }
    const different = Object.entries(wanted).filter(([key, value]) => key !== 'properties' && !isDeepStrictEqual(value, effective[key]))
    const properties = Object.entries(wanted.properties).filter(([name, values]) => !isDeepStrictEqual(values, inherited.properties[name]))
    const difference: DumptypeOverrides = { ...(Object.fromEntries(different) as DumptypeOverrides), ...(properties.length === 0 ? {} : { properties: Object.fromEntries(properties) }) }
    return appended(difference, inherited)
  }
}

/** Excludes that begin with the inherited ones are added to them. */
function appended(difference: DumptypeOverrides, inherited: FlatDumptype): DumptypeOverrides {
  const { exclude, ...rest } = difference
  const before = inherited.exclude.length
  if (exclude === undefined || before === 0 || exclude.length <= before || !isDeepStrictEqual(exclude.slice(0, before), inherited.exclude)) return difference
  return { ...rest, 'exclude-append': exclude.slice(before) }
}

function inputOfBump({ bytes, percent, multiplier, days }: BumpConfig): NonNullable<DumptypeOverrides['bump']> {
  return { size: bytes, percent, multiplier, days }
}

/** The program that most have, if it needs no properties: then few say it themselves. */
function commonProgram(all: readonly FlatDumptype[]): Pick<FlatDumptype, 'application'> | undefined {
  const counts = new Map<string, number>()
  for (const { application, properties } of all) if (Object.keys(properties).length === 0) counts.set(application, (counts.get(application) ?? 0) + 1)
  const [first] = [...counts].toSorted((a, b) => b[1] - a[1])
  return first === undefined ? undefined : { application: first[0] }
}

/** A dumptype in which nothing is written. */
function initialDumptype({ configuration }: Ledger): AmandaSection {
  const settings = initialSettings('dumptype')
  for (const keyword of OF_DUMPTYPES) settings.set(keyword, { value: configuration.global(keyword), place: undefined })
  settings.set('PROGRAM', { value: { kind: 'text', text: 'GNUTAR' }, place: undefined })
  return { type: 'dumptype', name: 'default', place: undefined, settings, parents: [] }
}

function isInline({ name }: AmandaSection): boolean {
  return name.startsWith('custom(')
}

/** Dumptypes that are made here inherit only from those that are there. */
function neverWrong(path: readonly PropertyKey[], message: string): void {
  throw new Error(`${path.map(String).join('.')}: ${message}`)
}
