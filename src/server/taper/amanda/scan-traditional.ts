// Amanda's scan `traditional`: the oldest volume that may be written again, if the changer can find it by its label; then the first suitable one from the current
// slot on, round the changer once.

import { isOwnLabel, makeLabel, shownLabels } from './volume-rules.ts'
import { choiceLine, isReusable, NO_VOLUME, type ScanAnswer, type ScanChoice, type ScanFacts, type ScannedSlot } from './scan-facts.ts'
import type { TapelistEntry } from '../../../wire/amanda/tapelist.ts'

/** The oldest volume that may be written again; one that was never written does not count. */
export function oldestReusable(facts: ScanFacts): TapelistEntry | undefined {
  const { storage } = facts.rules
  const candidates = facts.tapelist.filter((entry) => entry.datestamp !== '0' && (entry.storage === undefined || entry.storage === storage) && isOwnLabel(facts.rules, entry.label, { slot: '' }) && isReusable(facts, entry))
  // The tapelist has the newest first; of equals the last is taken.
  return candidates.toSorted((a, b) => (a.datestamp < b.datestamp ? 1 : a.datestamp > b.datestamp ? -1 : 0)).at(-1)
}

interface Judgement {
  readonly line: string
  readonly choice?: ScanChoice
  readonly error?: string
}

export function scanTraditional(facts: ScanFacts): ScanAnswer {
  const lines: string[] = []
  const loaded: string[] = []
  const oldest = facts.isFastSearch ? oldestReusable(facts) : undefined
  if (oldest !== undefined) {
    const at = facts.slots.find(({ known, found }) => known.kind === 'labelled' && known.label === oldest.label && found.kind === 'labelled' && found.label === oldest.label)
    if (at !== undefined) {
      const choice: ScanChoice = { slot: at.slot, label: oldest.label, kind: 'reused' }
      return { lines: [`Searching for label '${oldest.label}': found in slot ${at.slot}: volume '${oldest.label}'`, choiceLine(choice)], loaded: [at.slot], choice, error: undefined }
    }
    lines.push(`Searching for label '${oldest.label}': Label '${oldest.label}' not found`)
  }
  const start = Math.max(0, facts.current)
  for (const slot of [...facts.slots.slice(start), ...facts.slots.slice(0, start)]) {
    loaded.push(slot.slot)
    const { line, choice, error } = judge(facts, slot)
    lines.push(`slot ${slot.slot}: ${line}`)
    if (error !== undefined) lines.push(`slot ${slot.slot}: ${error}`)
    if (choice !== undefined) return { lines: [...lines, choiceLine(choice)], loaded, choice, error: undefined }
  }
  return { lines: [...lines, ' all slots have been loaded', 'UNKNOWN'], loaded, choice: undefined, error: NO_VOLUME }
}

function fresh(facts: ScanFacts, { slot }: ScannedSlot, line: string, kind: ScanChoice['kind'], oldLabel?: string): Judgement {
  const made = makeLabel(facts.rules, { slot }, facts.tapelist)
  if ('refusal' in made) return { line, error: made.refusal }
  return { line, choice: { slot, label: made.label, kind, ...(oldLabel === undefined ? {} : { oldLabel }) } }
}

function judge(facts: ScanFacts, slot: ScannedSlot): Judgement {
  const { rules } = facts
  const { autolabel } = rules
  const canLabel = autolabel.template !== undefined && autolabel.template !== ''
  const { found } = slot
  if (found.kind === 'blank') {
    const line = 'contains an empty volume'
    return canLabel && autolabel.isEmpty ? fresh(facts, slot, line, 'blank') : { line }
  }
  if (found.kind === 'damaged') return canLabel && autolabel.isVolumeError ? fresh(facts, slot, `can't read label: ${found.words}`, 'unreadable') : { line: found.words }
  const named = `volume '${found.label}'`
  const entry = facts.tapelist.find(({ label }) => label === found.label)
  if (entry === undefined) {
    if (isOwnLabel(rules, found.label, { slot: slot.slot })) return { line: `${named} is not in the tapelist` }
    return canLabel && autolabel.isOtherConfig ? fresh(facts, slot, named, 'relabelled', found.label) : { line: `${named} does not match labelstr '${shownLabels(rules)}'` }
  }
  const status = facts.statuses.get(found.label)
  if (isReusable(facts, entry)) return { line: named, choice: { slot: slot.slot, label: found.label, kind: 'reused' } }
  // Of another pool or configuration: stock says nothing of it.
  return { line: status === 'retention-no' || status === 'other config' ? named : `${named} is still active and cannot be overwritten` }
}
