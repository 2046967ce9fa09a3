// `amlabel --assign`: changes what the tapelist says of the volumes whose labels match an expression. What is set already stays unless it is forced.

import type { TapelistEntry } from '../../wire/amanda/tapelist.ts'
import type { LabelFields } from './amlabel.ts'
import { changerOfRoom, type ProgramOutput, type VolumeRoom } from './volume-room.ts'

type Field = 'meta' | 'barcode' | 'pool' | 'storage'

const FIELDS: readonly (readonly [Field, string])[] = [['meta', 'meta-label'], ['barcode', 'barcode'], ['pool', 'pool'], ['storage', 'storage']]

interface Assigned {
  readonly entry: TapelistEntry
  readonly refusals: readonly string[]
  readonly isChanged: boolean
}

function assign(entry: TapelistEntry, fields: LabelFields, isForced: boolean): Assigned {
  const refusals: string[] = []
  const next: Partial<Record<Field, string>> = {}
  for (const [field, name] of FIELDS) {
    const [value, old] = [fields[field], entry[field]]
    if (value === undefined) continue
    if (field === 'storage' && entry.datestamp === '0') refusals.push("Can't assign storage because it is a new labelled tape.")
    else if (value === old) continue
    else if (old !== undefined && !isForced) refusals.push(`Can't assign ${name} without force, old ${name} is '${old}'`)
    else next[field] = value
  }
  // Of a volume that something is refused of, nothing is changed.
  return { entry: refusals.length > 0 ? entry : { ...entry, ...next }, refusals, isChanged: refusals.length === 0 && Object.keys(next).length > 0 }
}

/** Returns the exit code. */
export async function assignToLabels(room: VolumeRoom, expression: string, fields: LabelFields, isForced: boolean, output: ProgramOutput): Promise<number> {
  const matches = labelMatcher(expression)
  let code = 0
  await room.tapelist.change((entries) => {
    const matched = entries.filter(({ label }) => matches(label))
    if (matched.length === 0) output.out(`No label matching '${expression}' in the tapelist file\n`)
    let hasSaid = matched.length === 0
    const changed = entries.map((entry) => {
      if (!matched.includes(entry)) return entry
      const assigned = assign(entry, fields, isForced)
      for (const refusal of assigned.refusals) output.out(`${entry.label}: ${refusal}\n`)
      if (assigned.isChanged) output.out(`Setting ${entry.label}\n`)
      if (assigned.refusals.length > 0) code = 1
      hasSaid ||= assigned.isChanged || assigned.refusals.length > 0
      return assigned.entry
    })
    if (!hasSaid) output.out('All labels already correctly set.\n')
    // Where something is refused, nothing is written, whatever was said of the others.
    return code === 0 && changed.some((entry, index) => entry !== entries[index]) ? changed : undefined
  })
  if (code === 0 && fields.meta !== undefined) await (await changerOfRoom(room)).setMeta(fields.meta)
  return code
}

/** `*` and `?` as in names of files where the expression is not a regular one; all of the label must match. */
function labelMatcher(expression: string): (label: string) => boolean {
  const isGlob = /^[^.^$()|+\\]*[*?][^.^$()|+\\]*$/.test(expression)
  const pattern = isGlob ? expression.replaceAll('*', '.*').replaceAll('?', '.') : expression
  try {
    const regular = new RegExp(`^(?:${pattern})$`)
    return (label) => regular.test(label)
  } catch {
    return (label) => label === expression
  }
}
