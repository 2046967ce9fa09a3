// Amanda's scans `oldest` and `lexical`: both choose from what the changer remembers, and look into a slot of which it knows nothing only when there is no choice.
// `oldest` takes the volume that was written longest ago, one that never was before all, and a blank one last; `lexical` the volume whose label comes next after the one
// written last, a label that would be made included.

import type { SlotRecord, VolumeReading } from '../../../storage/amanda/contract.ts'
import { isOwnLabel, makeLabel } from './volume-rules.ts'
import { choiceLine, isReusable, NO_VOLUME, type ScanAnswer, type ScanChoice, type ScanFacts, type ScannedSlot } from './scan-facts.ts'

interface Candidate {
  readonly choice: ScanChoice
  /** Undefined: nothing was ever written to it, nor a label. */
  readonly datestamp: string | undefined
}

type Content = SlotRecord['content'] | VolumeReading

export function scanOldest(facts: ScanFacts): ScanAnswer {
  return scan(facts, (candidates) => candidates.toSorted((a, b) => compare(a.datestamp ?? '~', b.datestamp ?? '~')))
}

export function scanLexical(facts: ScanFacts): ScanAnswer {
  const last = facts.tapelist.filter(({ datestamp, storage }) => datestamp !== '0' && (storage === undefined || storage === facts.rules.storage)).toSorted((a, b) => -compare(a.datestamp, b.datestamp))[0]?.label ?? ''
  return scan(facts, (candidates) => {
    const sorted = candidates.toSorted((a, b) => compare(keyOf(a), keyOf(b)))
    return [...sorted.filter((one) => keyOf(one) > last), ...sorted.filter((one) => keyOf(one) <= last)]
  })
}

/** The label that a volume has, or would be given. */
function keyOf({ choice }: Candidate): string {
  return choice.oldLabel ?? choice.label
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function scan(facts: ScanFacts, order: (candidates: readonly Candidate[]) => readonly Candidate[]): ScanAnswer {
  const known = facts.slots.flatMap((slot) => candidateOf(facts, slot, slot.known) ?? [])
  for (const { choice } of order(known)) {
    const slot = facts.slots.find((one) => one.slot === choice.slot)
    if (slot !== undefined && isStill(choice, slot.found)) return { lines: [`slot ${choice.slot}: ${wordsOf(choice)}`, choiceLine(choice)], loaded: [choice.slot], choice, error: undefined }
  }
  return lookFurther(facts)
}

/** What the changer does not know is looked into, one slot after the other. */
function lookFurther(facts: ScanFacts): ScanAnswer {
  const lines: string[] = []
  const loaded: string[] = []
  for (const slot of facts.slots.filter((one) => one.known.kind === 'unknown')) {
    loaded.push(slot.slot)
    const choice = candidateOf(facts, slot, slot.found)?.choice
    if (choice === undefined) continue
    return { lines: [...lines, `slot ${slot.slot}: ${wordsOf(choice)}`, choiceLine(choice)], loaded, choice, error: undefined }
  }
  return { lines, loaded, choice: undefined, error: NO_VOLUME }
}

function isStill(choice: ScanChoice, found: VolumeReading): boolean {
  return found.kind === 'labelled' ? found.label === (choice.oldLabel ?? choice.label) : found.kind === 'blank' && choice.kind === 'blank'
}

function wordsOf(choice: ScanChoice): string {
  if (choice.kind === 'blank') return 'contains an empty volume'
  return choice.kind === 'relabelled' ? `volume '${choice.oldLabel}' from another config will be relabeled` : `volume '${choice.label}'`
}

function candidateOf(facts: ScanFacts, { slot }: ScannedSlot, content: Content): Candidate | undefined {
  const { autolabel } = facts.rules
  const canLabel = autolabel.template !== undefined && autolabel.template !== ''
  if (content.kind === 'blank') {
    const made = canLabel && autolabel.isEmpty ? makeLabel(facts.rules, { slot }, facts.tapelist) : undefined
    return made !== undefined && 'label' in made ? { choice: { slot, label: made.label, kind: 'blank' }, datestamp: undefined } : undefined
  }
  if (content.kind !== 'labelled') return undefined
  const entry = facts.tapelist.find(({ label }) => label === content.label)
  if (entry === undefined || !isReusable(facts, entry)) return undefined
  if (isOwnLabel(facts.rules, entry.label, { slot })) return { choice: { slot, label: entry.label, kind: 'reused' }, datestamp: entry.datestamp }
  const made = makeLabel(facts.rules, { slot }, facts.tapelist)
  return 'label' in made ? { choice: { slot, label: made.label, kind: 'relabelled', oldLabel: entry.label }, datestamp: entry.datestamp } : undefined
}
