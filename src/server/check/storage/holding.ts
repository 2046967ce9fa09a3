// What lies on the holding disks: dumps that wait too long for a volume, dumps that are damaged, and leftovers that belong to nothing.

import { DAY_MS, formatDuration, formatSize } from '../../../config/units.ts'
import { systemErrorCode } from '../../../kernel/fault.ts'
import type { Disk } from '../../../kernel/disk.ts'
import type { CheckFinding } from '../../control/contract.ts'
import { DETAILS_MAX, type StorageParts } from './contract.ts'

/** The next run writes what is held; after this long no run has. */
const WAITING_DAYS_MAX = 3
/** A dump that is being made is younger, or its file grows. */
const UNFINISHED_DAYS_MAX = 2
const RUN_DIRECTORY = /^\d{8}(?:\d{6})?$/
const ENTRIES_MAX = 100_000

async function listOrNone(disk: Disk, directory: string): Promise<Awaited<ReturnType<Disk['list']>>> {
  try {
    return await disk.list(directory)
  } catch (error) {
    if (systemErrorCode(error) === 'ENOENT') return []
    throw error
  }
}

/** Unfinished chunks that nobody writes any more, and what is no run directory at all. */
async function leftovers({ disk, config, nowMs }: StorageParts): Promise<string[]> {
  const lines: string[] = []
  let seen = 0
  for (const { directory } of config.holdingDisks) {
    for (const run of await listOrNone(disk, directory)) {
      if (run.kind !== 'directory' || !RUN_DIRECTORY.test(run.name)) {
        if (run.name !== 'lost+found') lines.push(`${directory}/${run.name} is not of a run`)
        continue
      }
      for (const { name } of await listOrNone(disk, `${directory}/${run.name}`)) {
        if (++seen > ENTRIES_MAX) return lines
        const path = `${directory}/${run.name}/${name}`
        const stat = name.endsWith('.tmp') ? await disk.stat(path) : undefined
        if (stat !== undefined && nowMs - stat.modifiedMs > UNFINISHED_DAYS_MAX * DAY_MS) lines.push(`${path} (${formatSize(stat.bytes)}) was never finished and is ${formatDuration(nowMs - stat.modifiedMs)} old`)
      }
    }
  }
  return lines
}

function dateOf(stamp: string): number {
  const at = /^(\d{4})(\d\d)(\d\d)/.exec(stamp)
  return at === null ? Number.POSITIVE_INFINITY : Date.UTC(Number(at[1]), Number(at[2]) - 1, Number(at[3]))
}

export async function holdingFindings(parts: StorageParts): Promise<CheckFinding[]> {
  const { dumps, problems } = await parts.holding.list()
  const findings: CheckFinding[] = problems.slice(0, DETAILS_MAX).map(({ path, fault }) => ({ severity: 'error', code: 'holding-damaged', message: `${path} cannot be used: ${fault.message}`, next: 'Save what is needed of it with `dd`, then remove it; the next run dumps the disk again.' }))
  const waiting = dumps.filter(({ header }) => parts.nowMs - dateOf(header.datestamp) > WAITING_DAYS_MAX * DAY_MS)
  if (waiting.length > 0) {
    const bytes = waiting.reduce((sum, dump) => sum + dump.bytes, 0)
    findings.push({ severity: 'warning', code: 'holding-waits', message: `${waiting.length} dumps (${formatSize(bytes)}) have been waiting on the holding disk for more than ${WAITING_DAYS_MAX} d`, next: 'Run `holdfast flush`, and see with `holdfast check` why no run could write them.', details: waiting.slice(0, DETAILS_MAX).map(({ path, header }) => `${header.host} ${header.disk} level ${header.level} of ${header.datestamp}: ${path}`) })
  }
  const left = await leftovers(parts)
  if (left.length > 0) findings.push({ severity: 'warning', code: 'holding-leftover', message: `${left.length} things on the holding disks belong to no dump and only take room`, next: 'Restart the server, which tidies up after crashes; remove by hand what it leaves.', details: left.slice(0, DETAILS_MAX) })
  return findings
}
