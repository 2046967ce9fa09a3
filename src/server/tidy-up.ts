// What would grow without end: index files of dumps that are gone or were never finished, run logs whose volumes are written over, and old
// rows of the catalog. Done when no run is under way, so nothing here is being written. It never touches dumps or volumes, and what it
// cannot do it leaves for the next time.

import { indexPath } from '../catalog/index-file/index-format.ts'
import type { Catalog } from '../catalog/contract.ts'
import type { Clock } from '../kernel/clock.ts'
import type { Disk } from '../kernel/disk.ts'
import { faultOf, systemErrorCode } from '../kernel/fault.ts'
import type { Log } from '../kernel/log.ts'

export interface TidyDoors {
  readonly clock: Clock
  readonly disk: Disk
  readonly catalog: Catalog
  readonly indexDir: string
  /** Undefined: run logs are not looked at. */
  readonly runLogDir?: string
  readonly log: Log
}

const DAY_MS = 86_400_000
/** Long enough for a report over a quarter. */
const KEEP_DAYS = 90
/** One time takes no longer than this many removals; the next goes on. */
const REMOVALS_MAX = 10_000

const UNFINISHED_INDEX = /\.hfx\.(?:tmp|run.*)$/
const RUN_LOG = /^log\.(\d{14})\.\d+$/

/** Tidies up. Never rejects. */
export async function tidyUp(doors: TidyDoors, signal: AbortSignal): Promise<void> {
  try {
    const beforeMs = doors.clock.wallMs() - KEEP_DAYS * DAY_MS
    await doors.catalog.forgetBefore(beforeMs)
    const removed = await removeFiles(doors, await uselessFiles(doors, beforeMs, signal), signal)
    if (removed > 0) doors.log.info('files that nothing needs any more were removed', { count: removed })
  } catch (error) {
    const fault = faultOf(error)
    doors.log.warn('what is not needed any more could not be removed', { code: fault.code, reason: fault.message })
  }
}

async function uselessFiles(doors: TidyDoors, beforeMs: number, signal: AbortSignal): Promise<string[]> {
  const dumps = await doors.catalog.dumps()
  const indexes = new Set(dumps.map((dump) => indexPath(doors.indexDir, dump)))
  const useless: string[] = []
  for (const host of await namesIn(doors.disk, doors.indexDir)) {
    for (const disk of await namesIn(doors.disk, `${doors.indexDir}/${host}`)) {
      if (signal.aborted || useless.length >= REMOVALS_MAX) return useless
      const dir = `${doors.indexDir}/${host}/${disk}`
      for (const name of await namesIn(doors.disk, dir)) {
        // A catalog without a dump has been lost, and is about to be rebuilt.
        const isOfNoDump = name.endsWith('.hfx') && dumps.length > 0 && !indexes.has(`${dir}/${name}`)
        if (isOfNoDump || UNFINISHED_INDEX.test(name)) useless.push(`${dir}/${name}`)
      }
    }
  }
  if (doors.runLogDir === undefined) return useless
  const runs = new Set<string | undefined>([...dumps.map(({ run }) => run), ...(await doors.catalog.volumes()).map(({ run }) => run)])
  for (const name of await namesIn(doors.disk, doors.runLogDir)) {
    const run = RUN_LOG.exec(name)?.[1]
    const path = `${doors.runLogDir}/${name}`
    if (run !== undefined && !runs.has(run) && ((await doors.disk.stat(path))?.modifiedMs ?? Infinity) < beforeMs) useless.push(path)
  }
  return useless
}

async function namesIn(disk: Disk, dir: string): Promise<string[]> {
  try {
    return (await disk.list(dir)).map(({ name }) => name)
  } catch (error) {
    const code = systemErrorCode(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return []
    throw error
  }
}

async function removeFiles(doors: TidyDoors, paths: readonly string[], signal: AbortSignal): Promise<number> {
  let count = 0
  for (const path of paths.slice(0, REMOVALS_MAX)) {
    if (signal.aborted) break
    await doors.disk.remove(path)
    count++
  }
  return count
}
