// Which dumps a restoring program of Amanda reads, from what and in which order: what lies on holding disks first, then what is on volumes, run by run in the order
// in which it was written, so that every volume is loaded once.

/** A row of what is known of dumps (`FoundDump` of the records), as far as it matters here. */
export interface KnownPart {
  /** Of the run that made the dump. */
  readonly timestamp: string
  /** Of the run that wrote it to the volume. */
  readonly writeTimestamp: string
  readonly host: string
  readonly disk: string
  readonly level: number
  readonly storage: string
  /** Of the volume; on a holding disk the path of the first chunk. */
  readonly label: string
  readonly fileNumber: number
  readonly partNumber: number
  /** −1: not known. */
  readonly partCount: number
  /** `OK` for a part that is whole. */
  readonly status: string
  readonly isOnHolding: boolean
}

export interface PartPlace {
  readonly label: string
  readonly fileNumber: number
  readonly partNumber: number
}

export interface PlannedDump {
  readonly host: string
  readonly disk: string
  readonly datestamp: string
  readonly level: number
  readonly writeTimestamp: string
  /** Path of the first chunk, for a dump on a holding disk. */
  readonly holdingFile: string | undefined
  /** In the order of their numbers. */
  readonly parts: readonly PartPlace[]
  /** Numbers of parts that are on no volume any more. */
  readonly missing: readonly number[]
}

const MISSING_MAX = 1000

function planOne(rows: readonly KnownPart[]): PlannedDump | undefined {
  const [first] = rows
  if (first === undefined) return undefined
  const { host, disk, timestamp: datestamp, level, writeTimestamp } = first
  const base = { host, disk, datestamp, level, writeTimestamp }
  if (first.isOnHolding) return { ...base, holdingFile: first.label, parts: [], missing: [] }
  const byNumber = new Map<number, PartPlace>()
  // A part that was written again is in the log twice: the last one counts.
  for (const { label, fileNumber, partNumber, status } of rows) if (status === 'OK') byNumber.set(partNumber, { label, fileNumber, partNumber })
  const parts = [...byNumber.values()].toSorted((a, b) => a.partNumber - b.partNumber)
  const count = Math.max(first.partCount, parts.at(-1)?.partNumber ?? 0)
  const missing: number[] = []
  for (let number = 1; number <= count && missing.length < MISSING_MAX; number++) if (!byNumber.has(number)) missing.push(number)
  return parts.length === 0 ? undefined : { ...base, holdingFile: undefined, parts, missing }
}

function groupBy<T>(items: readonly T[], keyOf: (item: T) => string): T[][] {
  const groups = new Map<string, T[]>()
  for (const item of items) {
    const key = keyOf(item)
    const group = groups.get(key)
    if (group === undefined) groups.set(key, [item])
    else group.push(item)
  }
  return [...groups.values()]
}

/** The plan for `rows`, which are in the order of each run's log. Of a dump that is in several places one is taken: from a holding disk, else where no part is missing. */
export function planDumps(rows: readonly KnownPart[]): PlannedDump[] {
  const usable = rows.filter(({ label, status }) => label !== '' && !status.startsWith('FAILED'))
  const ordered = usable.toSorted((a, b) => (a.isOnHolding === b.isOnHolding ? (a.writeTimestamp === b.writeTimestamp ? 0 : a.writeTimestamp < b.writeTimestamp ? -1 : 1) : a.isOnHolding ? -1 : 1))
  const dumpKey = ({ host, disk, timestamp, level }: KnownPart): string => JSON.stringify([host, disk, timestamp, level])
  const placeKey = ({ isOnHolding, storage, writeTimestamp, label }: KnownPart): string => (isOnHolding ? label : JSON.stringify([storage, writeTimestamp]))
  return groupBy(ordered, dumpKey).flatMap((places) => {
    const plans = groupBy(places, placeKey).flatMap((group) => planOne(group) ?? [])
    const best = plans.find(({ missing }) => missing.length === 0) ?? plans[0]
    return best === undefined ? [] : [best]
  })
}

export interface Needed {
  readonly labels: readonly string[]
  readonly holdingFiles: readonly string[]
}

export function neededFor(dumps: readonly PlannedDump[]): Needed {
  return {
    labels: [...new Set(dumps.flatMap(({ parts }) => parts.map(({ label }) => label)))],
    holdingFiles: dumps.flatMap(({ holdingFile }) => (holdingFile === undefined ? [] : [holdingFile])),
  }
}

/** The lines that say what is needed, as stock Amanda's programs print them. */
export function neededLines({ labels, holdingFiles }: Needed): string[] {
  const lines: string[] = []
  if (labels.length > 0) lines.push(`${labels.length} volume(s) needed for restoration`, `The following volumes are needed: ${labels.join(' ')}`)
  if (holdingFiles.length > 0) lines.push(`${holdingFiles.length} holding file(s) needed for restoration`, ...holdingFiles.map((path) => `  ${path}`))
  return lines
}
