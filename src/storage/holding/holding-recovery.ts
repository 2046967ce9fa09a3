// What is done after a crash with dumps that were not finished: those whose final header, bytes and checksum are all there are
// completed; of others what was durable is kept as partial, or they are removed. Touches only names that the holding area itself gives.

import { parentOf, type Disk } from '../../kernel/disk.ts'
import { faultOf, systemErrorCode, type Fault } from '../../kernel/fault.ts'
import { DUMP_HEADER_BYTES } from '../../wire/amanda/dump-header.ts'
import { PID_FILE, RUN_DIRECTORY, UNFINISHED_SUFFIX } from '../../wire/amanda/holding-names.ts'
import { crcByteCount, readChain, readChunkHeader, type Chain, type Chunk } from './chunk-files.ts'
import type { HoldingRecovery } from './contract.ts'
import { readDurableMark } from './durable-mark.ts'
import { checksumOf } from './held-dump-reader.ts'
import { completeChain, completePartial, finalPath, heldDump } from './holding-completion.ts'

/** Every `<directory>/<run>` that is there. */
export async function runDirectories(disk: Disk, directories: readonly string[]): Promise<string[]> {
  const found: string[] = []
  for (const directory of directories) {
    for (const entry of await listIfThere(disk, directory)) if (entry.kind === 'directory' && RUN_DIRECTORY.test(entry.name)) found.push(`${directory}/${entry.name}`)
  }
  return found.toSorted((a, b) => (a.slice(a.lastIndexOf('/')) < b.slice(b.lastIndexOf('/')) ? -1 : 1))
}

export async function listIfThere(disk: Disk, directory: string): Promise<Awaited<ReturnType<Disk['list']>>> {
  try {
    return await disk.list(directory)
  } catch (error) {
    const code = systemErrorCode(error)
    if (code === 'ENOENT' || code === 'ENOTDIR') return []
    throw error
  }
}

/** Removes `dir` if nothing is left in it. */
export async function removeIfEmpty(disk: Disk, dir: string): Promise<void> {
  if ((await listIfThere(disk, dir)).length > 0) return
  await disk.removeDir(dir)
  await disk.syncDir(parentOf(dir)).catch(() => undefined)
}

/**
 * Leaves the first `bytes` of the data. Chunks behind them stay, empty: to take one out, a header would have to be written anew, and a
 * crash in that would cost the whole dump.
 */
async function cutChain(disk: Disk, chain: Chain, bytes: number): Promise<Chain> {
  const chunks: Chunk[] = []
  let rest = bytes
  for (const { path, bytes: found } of chain.chunks) {
    const kept = Math.min(found, rest)
    rest -= kept
    if (kept < found) {
      await using file = await disk.open(path, 'update')
      await file.truncate(DUMP_HEADER_BYTES + kept)
      await file.sync()
    }
    chunks.push({ path, bytes: kept })
  }
  return { ...chain, chunks, bytes }
}

async function recoverChain(disk: Disk, chain: Chain, keepPartials: boolean): Promise<HoldingRecovery> {
  const first = chain.chunks[0]?.path ?? ''
  const crc = chain.header.serverCrc
  if (crc !== undefined && crcByteCount(crc) === chain.bytes && (await checksumOf(disk, chain)) === crc) {
    // The header was rewritten last, when everything else was durable; only it and names may be missing.
    await completeChain(disk, chain)
    return { kind: 'completed', path: finalPath(first), dump: heldDump(finalPath(first), chain) }
  }
  // Behind the mark a power cut may have left anything. A chain without one was written by Amanda, and is kept as it is.
  const mark = await readDurableMark(disk, first)
  const keptBytes = mark === undefined ? chain.bytes : Math.min(crcByteCount(mark), chain.bytes)
  if (keepPartials && keptBytes > 0) {
    const kept = await cutChain(disk, chain, keptBytes)
    // Damaged meanwhile: it stays to be looked at, but nothing vouches for it.
    const isProven = mark !== undefined && (await checksumOf(disk, kept)) === mark
    const dump = await completePartial(disk, kept, isProven ? mark : undefined)
    return { kind: 'kept-partial', path: dump.path, dump }
  }
  for (const chunk of chain.chunks) await disk.remove(chunk.path)
  return { kind: 'removed', path: finalPath(first), dump: heldDump(finalPath(first), chain) }
}

const LATER_CHUNK = /\.\d+$/

/** The chains a file can belong to by its name, on whichever holding disk: the one it begins, and the one it is a later chunk of. */
function chainsOf(path: string): string[] {
  const [run = '', file = ''] = path.split('/').slice(-2)
  const name = file.endsWith(UNFINISHED_SUFFIX) ? file.slice(0, -UNFINISHED_SUFFIX.length) : file
  return [`${run}/${name}`, `${run}/${name.replace(LATER_CHUNK, '')}`]
}

/** Whether an unfinished file goes on with a chain: as its header says, or when that cannot be read, as the names beside it say. */
async function isLaterChunk(disk: Disk, runs: readonly string[], path: string): Promise<boolean> {
  try {
    return (await readChunkHeader(disk, path)).kind === 'cont-file'
  } catch {
    const [, first] = chainsOf(path)
    for (const run of runs) {
      const beginning = `${parentOf(run)}/${first}`
      if (`${beginning}${UNFINISHED_SUFFIX}` === path) continue
      if ((await disk.stat(beginning)) !== undefined || (await disk.stat(`${beginning}${UNFINISHED_SUFFIX}`)) !== undefined) return true
    }
    return false
  }
}

/** Files of chains that have no beginning any more: later chunks with or without their unfinished name. */
async function removeOrphans(disk: Disk, directories: readonly string[], runs: readonly string[]): Promise<void> {
  const inUse = new Set<string>()
  const later: string[] = []
  const damagedChains: string[] = []
  for (const run of runs) {
    for (const entry of await listIfThere(disk, run)) {
      const path = `${run}/${entry.name}`
      if (entry.kind !== 'file' || entry.name === PID_FILE) continue
      if (entry.name.endsWith(UNFINISHED_SUFFIX)) {
        later.push(path)
        continue
      }
      try {
        if ((await readChunkHeader(disk, path)).kind === 'cont-file') later.push(path)
        else for (const chunk of (await readChain(disk, directories, path)).chunks) inUse.add(chunk.path)
      } catch {
        // Damaged: it may be what is left of something valuable, so nothing that could belong to it is removed.
        damagedChains.push(...chainsOf(path))
      }
    }
  }
  for (const path of later) if (!inUse.has(path) && !chainsOf(path).some((chain) => damagedChains.includes(chain))) await disk.remove(path)
}

/** The chain itself is no good, as against a disk that could not be read. */
function isUseless(fault: Fault): boolean {
  return fault.code === 'holding-damaged' || fault.code === 'file-missing'
}

/** See HoldingArea.recover. No writer may be open. */
export async function recoverHolding(disk: Disk, directories: readonly string[], keepPartials: boolean): Promise<HoldingRecovery[]> {
  const done: HoldingRecovery[] = []
  let isUnread = false
  const runs = await runDirectories(disk, directories)
  for (const run of runs) {
    await disk.remove(`${run}/${PID_FILE}`)
    for (const entry of await listIfThere(disk, run)) {
      if (!entry.name.endsWith(UNFINISHED_SUFFIX)) continue
      const path = `${run}/${entry.name}`
      const chain = await readChain(disk, directories, path, true).catch((error: unknown) => faultOf(error))
      if (!(chain instanceof Error)) done.push(await recoverChain(disk, chain, keepPartials))
      // What could not be read now may be whole: the next start looks again.
      else if (!isUseless(chain)) isUnread = true
      else if (!(await isLaterChunk(disk, runs, path))) {
        // A beginning that cannot be used.
        await disk.remove(path)
        done.push({ kind: 'removed', path: finalPath(path), dump: undefined })
      }
    }
  }
  if (!isUnread) await removeOrphans(disk, directories, runs)
  for (const run of runs) {
    await disk.syncDir(run)
    await removeIfEmpty(disk, run)
  }
  // A process that was killed may have made a run directory that is not durable yet, and what is in it is listed from now on.
  for (const directory of new Set(runs.map(parentOf))) await disk.syncDir(directory)
  return done
}
