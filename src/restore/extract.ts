// Restores a chain of dumps into a directory: levels in order, each by its dumpdirs, so that what was deleted between the levels is deleted again. All is put into a fresh
// directory that becomes the target at the end (staging.ts); what archives say cannot lead out of it (src/archive/extract/).

import { extractArchive } from '../archive/extract/extract-archive.ts'
import { problemText } from '../archive/extract/problem-text.ts'
import { pathSelection } from '../archive/extract/path-selection.ts'
import type { ByteSource } from '../kernel/byte-stream.ts'
import type { Disk } from '../kernel/disk.ts'
import { Fault, faultOf } from '../kernel/fault.ts'
import type { EventSink } from '../kernel/log.ts'
import type { ProcessRunner } from '../kernel/processes.ts'
import type { Random } from '../kernel/random.ts'
import type { DumpRecord } from '../catalog/contract.ts'
import type { DumpFileHeader } from '../wire/amanda/dump-header.ts'
import { isTarArchive } from '../wire/amanda/tar-dump.ts'
import { describe, nativeSource, openDump, type DumpStores } from './fetch.ts'
import { openStaging, type Staging } from './staging.ts'
import { normalisePath, pickPaths } from '../stream/pick-paths.ts'
import type { StagingJournal } from '../stream/staging-journal.ts'

export interface RestoreTools {
  readonly stores: DumpStores
  readonly disk: Disk
  readonly processes: ProcessRunner
  readonly random: Random
  readonly events: EventSink<RestoreEvent>
  /** Where staging directories are noted. */
  readonly journal?: StagingJournal
}

export type RestoreEvent =
  | { readonly kind: 'dump-started'; readonly dump: DumpRecord; readonly index: number; readonly count: number }
  /** `bytes` of this dump so far, filters undone. */
  | { readonly kind: 'progress'; readonly dump: DumpRecord; readonly bytes: number }
  /** Members are read from where they lie in their dumps: `bytes` of them so far. */
  | { readonly kind: 'members'; readonly bytes: number; readonly totalBytes: number; readonly members: number }
  | { readonly kind: 'dump-ended'; readonly dump: DumpRecord; readonly bytes: number; readonly members: number }

export interface RestoreResult {
  readonly target: string
  readonly dumps: readonly DumpRecord[]
  readonly bytes: number
  /** Members of all archives that were selected. */
  readonly members: number
  /** Wanted paths that are in none of the dumps. */
  readonly missingPaths: readonly string[]
  /** What could not be done, at most `PROBLEMS_MAX`. Not empty means that the restore is not whole. */
  readonly problems: readonly string[]
}

const PROBLEMS_MAX = 1000

/**
 * Restores `chain` (see plan.ts) into `target`, which must be missing or an empty directory. `paths` (`/a/b`, relative to the top of the
 * disk; empty: everything) are what is kept. Rejects with `restore-target`, `restore-unsafe`, `dump-crc-mismatch` and what fetch rejects with; then
 * the target is as it was. What could not be done for single members is in the result.
 */
export async function restoreToDirectory(tools: RestoreTools, chain: readonly DumpRecord[], paths: readonly string[], target: string, signal: AbortSignal): Promise<RestoreResult> {
  const staging = await openStaging(tools.disk, tools.processes, tools.random, target, tools.journal)
  try {
    return await restoreInto(tools, staging, chain, paths.map(normalisePath), target, signal)
  } finally {
    await staging.discard()
  }
}

async function restoreInto(tools: RestoreTools, staging: Staging, chain: readonly DumpRecord[], paths: readonly string[], target: string, signal: AbortSignal): Promise<RestoreResult> {
  const tree = `${staging.path}/tree`
  await tools.disk.makeDir(tree, 0o700)
  const wanted = paths.includes('/') ? [] : paths
  const problems: string[] = []
  let bytes = 0
  let members = 0
  for (const [index, record] of chain.entries()) {
    tools.events({ kind: 'dump-started', dump: record, index, count: chain.length })
    const fetched = await openDump(tools.stores, record)
    const source = await nativeSource(fetched, tools.processes)
    if (!isTarDump(fetched.header)) {
      const count = await restoreToFile(tools, source, record, `${staging.path}/file`, signal)
      await staging.become(`${staging.path}/file`)
      return { target, dumps: chain, bytes: count, members: 1, missingPaths: [], problems: [] }
    }
    // One level: members are picked. More: directories may have been renamed between the levels, which can only be followed in the whole tree.
    const level = await extractLevel(tools, tree, source, record, chain.length === 1 ? wanted : [], signal)
    bytes += level.bytes
    members += level.members
    for (const line of level.problems) if (problems.length < PROBLEMS_MAX) problems.push(`${describe(record)}: ${line}`)
    tools.events({ kind: 'dump-ended', dump: record, bytes: level.bytes, members: level.members })
  }
  const result = { target, dumps: chain, bytes, members, problems }
  if (wanted.length === 0) {
    await staging.become(tree)
    return { ...result, missingPaths: [] }
  }
  const picked = `${staging.path}/picked`
  const missingPaths = await pickPaths(tools.disk, tree, picked, wanted)
  await staging.become(picked)
  return { ...result, missingPaths }
}

function isTarDump(header: DumpFileHeader): boolean {
  if (isTarArchive(header)) return true
  if (header.application === 'command') return false
  throw new Fault('restore-target', `dumps of the application ${header.application} are restored by that application`, { next: 'Restore to the agent that made the dump with --to-agent.' })
}

/** Writes the bytes of a dump as one file. Durable but for its name. */
async function restoreToFile(tools: RestoreTools, source: ByteSource, record: DumpRecord, path: string, signal: AbortSignal): Promise<number> {
  const stop = onAbort(signal, (fault) => source.cancel(fault))
  try {
    await using file = await tools.disk.open(path, 'create-new')
    let position = 0
    for (let piece = await source.read(); piece !== null; piece = await source.read()) {
      await file.write([piece], position)
      position += piece.length
      tools.events({ kind: 'progress', dump: record, bytes: position })
    }
    await file.sync()
    return position
  } catch (error) {
    source.cancel(faultOf(error))
    throw error
  } finally {
    stop()
  }
}

interface LevelResult {
  readonly bytes: number
  readonly members: number
  readonly problems: readonly string[]
}

async function extractLevel(tools: RestoreTools, tree: string, source: ByteSource, record: DumpRecord, wanted: readonly string[], signal: AbortSignal): Promise<LevelResult> {
  let bytes = 0
  const options = { target: tree, existing: 'replace', owners: 'number', isIncremental: true, ...(wanted.length === 0 ? {} : { select: pathSelection(wanted) }) } as const
  const onProgress = ({ archiveBytes }: { readonly archiveBytes: number }): void => {
    bytes = archiveBytes
    tools.events({ kind: 'progress', dump: record, bytes })
  }
  const { members, problems } = await extractArchive(source, options, { disk: tools.disk }, onProgress, signal)
  return { bytes, members, problems: problems.map(problemText) }
}

function onAbort(signal: AbortSignal, action: (fault: Fault) => void): () => void {
  const listener = (): void => action(new Fault('cancelled', 'the restore was cancelled'))
  if (signal.aborted) listener()
  signal.addEventListener('abort', listener, { once: true })
  return () => signal.removeEventListener('abort', listener)
}
