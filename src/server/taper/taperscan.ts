// Which volume is written next: the oldest that may be overwritten, then empty slots, then (if allowed) foreign ones. Pure: slots have been
// looked at before. Everything that is refused is refused with a reason an operator can act on.

import type { VolumeState } from '../../storage/device.ts'
import type { TapelistEntry } from '../../wire/amanda/tapelist.ts'
import { labelPattern, nextLabel, type LabelNames } from './label-template.ts'

/** What was found in a slot. `unusable`: the slot could not be looked at. */
export interface SlotFacts {
  readonly slot: string
  readonly state: VolumeState | { readonly kind: 'unusable'; readonly reason: string }
  /** Parts on it; only asked when it is labelled. */
  readonly partCount: number
}

export interface ScanRules {
  readonly labelTemplate: string
  readonly names: LabelNames
  readonly autolabel: { readonly empty: boolean; readonly foreign: boolean }
}

export interface VolumeChoice {
  readonly slot: string
  readonly label: string
  readonly kind: 'new' | 'reused'
}

export interface VolumeRefusal {
  readonly slot: string
  readonly label: string | undefined
  readonly reason: string
}

export interface ScanResult {
  /** In the order they should be taken. */
  readonly choices: readonly VolumeChoice[]
  readonly refusals: readonly VolumeRefusal[]
}

/** `needed`: label → why it must be kept (retention.ts). */
export function scanVolumes(slots: readonly SlotFacts[], tapelist: readonly TapelistEntry[], needed: ReadonlyMap<string, string>, rules: ScanRules): ScanResult {
  const pattern = labelPattern(rules.labelTemplate, rules.names)
  const entries = new Map(tapelist.map((entry) => [entry.label, entry]))
  const used = new Set([...entries.keys(), ...slots.flatMap(({ state }) => (state.kind === 'labelled' ? [state.label] : []))])
  const seen = new Set<string>()
  const reusable: (VolumeChoice & { readonly datestamp: string })[] = []
  const fresh: VolumeChoice[] = []
  const foreign: VolumeChoice[] = []
  const refusals: VolumeRefusal[] = []

  const addNew = (slot: string, to: VolumeChoice[]): void => {
    const label = nextLabel(rules.labelTemplate, rules.names, used)
    if (label === undefined) refusals.push({ slot, label: undefined, reason: `all labels of the template ${rules.labelTemplate} are used` })
    else {
      used.add(label)
      to.push({ slot, label, kind: 'new' })
    }
  }
  // A slot that cannot be read may hold a label that a crash kept out of the tapelist. It was the lowest free one when it was given, so as
  // many of the lowest free ones are passed over: two volumes must never have one label.
  for (const { state } of slots) {
    if (state.kind !== 'unusable') continue
    const label = nextLabel(rules.labelTemplate, rules.names, used)
    if (label !== undefined) used.add(label)
  }
  for (const { slot, state, partCount } of slots) {
    switch (state.kind) {
      case 'unusable':
        refusals.push({ slot, label: undefined, reason: state.reason })
        break
      case 'empty':
        if (rules.autolabel.empty) addNew(slot, fresh)
        else refusals.push({ slot, label: undefined, reason: 'it is empty and autolabel does not allow to label it' })
        break
      case 'foreign':
        if (rules.autolabel.foreign) addNew(slot, foreign)
        else refusals.push({ slot, label: undefined, reason: state.reason })
        break
      case 'labelled': {
        const reason = seen.has(state.label) ? 'another slot has the same label' : refusalOf(state, partCount, entries.get(state.label), needed, pattern)
        seen.add(state.label)
        if (reason !== undefined) refusals.push({ slot, label: state.label, reason })
        else reusable.push({ slot, label: state.label, kind: entries.get(state.label)?.datestamp === '0' || partCount === 0 ? 'new' : 'reused', datestamp: entries.get(state.label)?.datestamp ?? '0' })
      }
    }
  }
  reusable.sort((a, b) => (a.datestamp < b.datestamp ? -1 : a.datestamp > b.datestamp ? 1 : 0))
  return { choices: [...reusable.map(({ slot, label, kind }) => ({ slot, label, kind })), ...fresh, ...foreign], refusals }
}

function refusalOf(state: { label: string; datestamp: string }, partCount: number, entry: TapelistEntry | undefined, needed: ReadonlyMap<string, string>, pattern: RegExp): string | undefined {
  if (!pattern.test(state.label)) return 'its label is not one of the label template'
  const why = needed.get(state.label)
  if (why !== undefined) return why
  // A crash between the label and the tapelist leaves a volume the tapelist does not know, or knows from before; it has no parts then.
  if (partCount === 0) return undefined
  if (entry === undefined) return 'it holds dumps and is not in the tapelist'
  if (entry.datestamp !== state.datestamp) return `it was written at ${state.datestamp}, but the tapelist says ${entry.datestamp}`
  return undefined
}
