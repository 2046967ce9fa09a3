// Tapelist, labels in the slots and catalog should name the same volumes. Where they do not, volumes are written when they should be kept,
// or kept when they could be written. Pure.

import { DAY_MS, formatDuration } from '../../../config/units.ts'
import type { CheckFinding } from '../../control/contract.ts'
import { DETAILS_MAX, type KnownVolumes } from './contract.ts'

export function labelFindings({ found, tapelist, catalog, withParts }: KnownVolumes): CheckFinding[] {
  const lines: string[] = []
  const slots = Map.groupBy(found, ({ label }) => label)
  const entries = new Map(tapelist.map((entry) => [entry.label, entry]))
  for (const [label, volumes] of slots) {
    const entry = entries.get(label)
    const [volume] = volumes
    if (volumes.length > 1) lines.push(`the label ${label} is in several slots: ${volumes.map(({ slot }) => slot).join(', ')}`)
    if (entry === undefined) lines.push(`${label} in slot ${volume?.slot} is not in the tapelist`)
    else if (volume !== undefined && entry.datestamp !== '0' && entry.datestamp !== volume.datestamp) lines.push(`${label} in slot ${volume.slot} was written at ${volume.datestamp}, the tapelist says ${entry.datestamp}`)
  }
  for (const { label, datestamp } of tapelist) if (!slots.has(label)) lines.push(`${label} is in the tapelist (written at ${datestamp}) and in no slot`)
  for (const { label, run } of catalog) {
    const entry = entries.get(label)
    if (entry === undefined) lines.push(`${label} is in the catalog and not in the tapelist`)
    else if (run !== undefined && entry.datestamp !== '0' && entry.datestamp !== run) lines.push(`the catalog says that run ${run} wrote ${label}, the tapelist ${entry.datestamp}`)
  }
  for (const label of withParts) if (!slots.has(label)) lines.push(`the catalog has dumps on ${label}, which is in no slot`)
  if (lines.length === 0) return []
  const hasLostDumps = [...withParts].some((label) => !slots.has(label))
  return [{ severity: hasLostDumps ? 'error' : 'warning', code: 'tapelist-differs', message: `tapelist, labels and catalog differ in ${lines.length} places`, next: 'Put back volumes that were moved; if they are gone for good, run `holdfast catalog rebuild`.', details: lines.slice(0, DETAILS_MAX) }]
}

/** A volume that nothing was written to for so long is one that the rotation never reaches, or a disk nobody has tried for as long. */
const IDLE_DAYS_MAX = 365

function dateOf(stamp: string): number {
  const at = /^(\d{4})(\d\d)(\d\d)/.exec(stamp)
  return at === null ? Number.NaN : Date.UTC(Number(at[1]), Number(at[2]) - 1, Number(at[3]))
}

export function idleFindings({ tapelist }: Pick<KnownVolumes, 'tapelist'>, nowMs: number): CheckFinding[] {
  const idle = tapelist.filter(({ isReusable, datestamp }) => isReusable && datestamp !== '0' && nowMs - dateOf(datestamp) > IDLE_DAYS_MAX * DAY_MS)
  if (idle.length === 0) return []
  return [{ severity: 'note', code: 'volume-idle', message: `${idle.length} volumes were not written for more than ${formatDuration(IDLE_DAYS_MAX * DAY_MS)}`, next: 'Check that they can still be read (`holdfast verify`), or take them out of the storage.', details: idle.slice(0, DETAILS_MAX).map(({ label, datestamp }) => `${label}, written at ${datestamp}`) }]
}
