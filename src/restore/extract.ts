// Restores a chain of dumps into a directory, through GNU tar: levels in order with `--listed-incremental=/dev/null`, so that what was
// deleted between the levels is deleted again. The members of every archive are vetted before tar sees them (vetted-source.ts), and tar
// works in a fresh directory that becomes the target at the end (staging.ts).

import { pumpToReader, type ByteSource } from '../kernel/byte-stream.ts'
import type { Disk } from '../kernel/disk.ts'
import { Fault, faultOf } from '../kernel/fault.ts'
import type { EventSink } from '../kernel/log.ts'
import { describeExit, type ProcessRunner } from '../kernel/processes.ts'
import type { Random } from '../kernel/random.ts'
import type { DumpRecord } from '../catalog/contract.ts'
import type { DumpFileHeader } from '../wire/amanda/dump-header.ts'
import { RunningText } from '../wire/amanda/running-text.ts'
import { RestoreMessages } from '../wire/tar/restore-messages.ts'
import { describe, nativeSource, openDump, type DumpStores } from './fetch.ts'
import { openStaging, type Staging } from './staging.ts'
import { normalisePath, pickPaths } from '../stream/pick-paths.ts'
import type { StagingJournal } from '../stream/staging-journal.ts'
import { TreeGuard } from '../stream/vetted-source.ts'

export interface RestoreTools {
  readonly stores: DumpStores
  readonly disk: Disk
  readonly processes: ProcessRunner
  readonly random: Random
  /** Path of GNU tar. */
  readonly tar: string
  readonly events: EventSink<RestoreEvent>
  /** Where staging directories are noted. */
  readonly journal?: StagingJournal
}

export type RestoreEvent =
  | { readonly kind: 'dump-started'; readonly dump: DumpRecord; readonly index: number; readonly count: number }
  /** `bytes` of this dump so far, filters undone. */
  | { readonly kind: 'progress'; readonly dump: DumpRecord; readonly bytes: number }
  | { readonly kind: 'dump-ended'; readonly dump: DumpRecord; readonly bytes: number; readonly members: number }

export interface RestoreResult {
  readonly target: string
  readonly dumps: readonly DumpRecord[]
  readonly bytes: number
  /** Members of all archives that were given to tar. */
  readonly members: number
  /** Wanted paths that are in none of the dumps. */
  readonly missingPaths: readonly string[]
  /** What tar could not do, in its words, at most `PROBLEMS_MAX`. Not empty means that the restore is not whole. */
  readonly problems: readonly string[]
}

const PROBLEMS_MAX = 1000
/** Applications whose dumps are archives of GNU tar. */
const TAR_APPLICATIONS = [undefined, 'gnutar', 'amgtar']

/**
 * Restores `chain` (see plan.ts) into `target`, which must be missing or an empty directory. `paths` (`/a/b`, relative to the top of the
 * disk; empty: everything) are what is kept. Rejects with `restore-target`, `restore-unsafe`, `dump-crc-mismatch` and what fetch rejects with; then
 * the target is as it was. What tar alone could not do is in the result.
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
  const guard = new TreeGuard(tools.disk, tree)
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
    // One level: tar picks. More: directories may have been renamed between the levels, which tar can only follow in the whole tree.
    const level = await extractLevel(tools, guard, tree, source, record, chain.length === 1 ? wanted : [], signal)
    guard.levelDone()
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
  if (TAR_APPLICATIONS.includes(header.application)) return true
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

/** Arguments of GNU tar to extract one level from stdin into `tree`. Owners are tried whoever we are: tar says which it could not set. */
function tarArguments(tools: RestoreTools, tree: string, wanted: readonly string[]): [string, ...string[]] {
  const names = wanted.length === 0 ? [] : ['--no-wildcards', '--anchored', '--no-unquote', '--', ...wanted.map((path) => `.${path}`)]
  return [tools.tar, '--extract', '--file=-', `--directory=${tree}`, '--listed-incremental=/dev/null', '--preserve-permissions', '--same-owner', '--numeric-owner', '--acls', '--xattrs', '--xattrs-include=*', ...names]
}

async function extractLevel(tools: RestoreTools, guard: TreeGuard, tree: string, source: ByteSource, record: DumpRecord, wanted: readonly string[], signal: AbortSignal): Promise<LevelResult> {
  let members = 0
  let bytes = 0
  const running = await tools.processes.start({ argv: tarArguments(tools, tree, wanted) }).catch((error: unknown) => {
    source.cancel(faultOf(error))
    throw error
  })
  const watched = guard.watch(source, () => members++)
  const stop = onAbort(signal, (fault) => {
    watched.cancel(fault)
    running.kill('SIGKILL')
  })
  const lines = readLines(running.stderr)
  const quiet = drain(running.stdout)
  try {
    await pumpToReader(watched, running.stdin, (piece) => {
      bytes += piece.length
      tools.events({ kind: 'progress', dump: record, bytes })
    })
  } catch (error) {
    const fault = faultOf(error)
    watched.cancel(fault)
    running.kill('SIGKILL')
    await running.exit
    throw fault
  } finally {
    stop()
  }
  const [exit, said] = await Promise.all([running.exit, lines, quiet])
  if (exit.code !== 0 && exit.code !== 2) throw new Fault('process-failed', `tar ${describeExit(exit)}: ${said.last() ?? 'no message'}`)
  return { bytes, members, problems: exit.code === 0 ? [] : said.problems() }
}

function onAbort(signal: AbortSignal, action: (fault: Fault) => void): () => void {
  const listener = (): void => action(new Fault('cancelled', 'the restore was cancelled'))
  if (signal.aborted) listener()
  signal.addEventListener('abort', listener, { once: true })
  return () => signal.removeEventListener('abort', listener)
}

/** Reads all of tar's stderr. */
async function readLines(source: ByteSource): Promise<RestoreMessages> {
  const messages = new RestoreMessages()
  const text = new RunningText()
  try {
    for (let piece = await source.read(); piece !== null; piece = await source.read()) for (const line of text.push(piece)) messages.take(line)
  } catch {
    // A stderr that breaks off has nothing more to say; the exit status tells the rest.
  }
  messages.take(text.finish() ?? '')
  return messages
}

async function drain(source: ByteSource): Promise<void> {
  try {
    while ((await source.read()) !== null);
  } catch {
    // Nobody wants what tar prints there.
  }
}
