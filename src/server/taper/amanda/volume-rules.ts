// What a storage of an Amanda configuration says of its labels: which are its own, which are made, and on what kinds of volumes they may be written.

import type { TapelistEntry } from '../../../wire/amanda/tapelist.ts'
import { labelPattern, nextLabel, type LabelNames } from '../label-template.ts'

export interface Autolabel {
  readonly template: string | undefined
  readonly isOtherConfig: boolean
  readonly isNonAmanda: boolean
  readonly isVolumeError: boolean
  readonly isEmpty: boolean
}

export interface VolumeRules {
  readonly organisation: string
  readonly config: string
  readonly storage: string
  readonly pool: string
  /** A pattern, or undefined: what autolabel makes. */
  readonly labels: string | undefined
  readonly autolabel: Autolabel
  /** Makes the meta label of a new volume; undefined: it has none. */
  readonly metaTemplate: string | undefined
}

/** What a label is made for. */
export interface LabelPlace {
  readonly slot: string
  readonly barcode?: string | undefined
  readonly meta?: string | undefined
}

export type MadeLabel = { readonly label: string } | { readonly refusal: string }

function namesOf(rules: VolumeRules, place: LabelPlace): LabelNames {
  return { organisation: rules.organisation, config: rules.config, storage: rules.storage, slot: place.slot, barcode: place.barcode ?? '', meta: place.meta ?? '' }
}

/** Whether `label` is one of the storage. A pattern that is none matches nothing. */
export function isOwnLabel(rules: VolumeRules, label: string, place: LabelPlace): boolean {
  if (rules.labels === undefined) return rules.autolabel.template !== undefined && labelPattern(rules.autolabel.template, namesOf(rules, place)).test(label)
  try {
    return new RegExp(`^(?:${rules.labels})$`).test(label)
  } catch {
    return false
  }
}

/** How the labels of the storage are spoken of in complaints. */
export function shownLabels(rules: VolumeRules): string {
  return rules.labels ?? rules.autolabel.template ?? ''
}

/** The label that autolabel makes for a volume, in stock's words if it makes none. */
export function makeLabel(rules: VolumeRules, place: LabelPlace, tapelist: readonly TapelistEntry[]): MadeLabel {
  const { template } = rules.autolabel
  if (template === undefined || template === '') return { refusal: 'template is not set, you must set autolabel' }
  const names = namesOf(rules, place)
  const refusal = templateRefusal(template)
  if (refusal !== undefined) return { refusal }
  const label = nextLabel(template, names, new Set(tapelist.map((entry) => entry.label)))
  if (label === undefined) return { refusal: "Can't label unlabeled volume: All label used" }
  return isOwnLabel(rules, label, place) ? { label } : { refusal: `Newly-generated label '${label}' does not match labelstr '${shownLabels(rules)}'` }
}

function templateRefusal(template: string): string | undefined {
  const [hasDigits, hasLetters] = [template.includes('%'), template.includes('!')]
  if (hasDigits && hasLetters) return "Can't generate label: '%' and '!' in autolabel"
  return hasDigits || hasLetters ? undefined : "autolabel require at least one '%' or '!'"
}

/** The meta label of a new volume; undefined: none. */
export function makeMeta(rules: VolumeRules, tapelist: readonly TapelistEntry[]): string | undefined {
  if (rules.metaTemplate === undefined || rules.metaTemplate === '' || templateRefusal(rules.metaTemplate) !== undefined) return undefined
  return nextLabel(rules.metaTemplate, namesOf(rules, { slot: '' }), new Set(tapelist.flatMap(({ meta }) => (meta === undefined ? [] : [meta]))))
}
