// Extracts a tar stream of any kind below a directory. This thread reads and parses; threads of their own write (writers.ts). The target is opened once; everything
// goes below that descriptor. Contract: contract.ts; order and safety: docs/formats/tar.md.

import type { Disk } from '../../kernel/disk.ts'
import type { ByteSource } from '../../kernel/byte-stream.ts'
import { Fault, faultOf } from '../../kernel/fault.ts'
import { atCalls, namesIn, openDirectory } from '../../posix/at-calls.ts'
import { TarMemberReader } from '../../wire/tar/member-reader.ts'
import { ArchiveFeed } from './archive-feed.ts'
import type { Identity } from './attribute-setter.ts'
import type { ExtractOptions, ExtractProgress, ExtractResult, ExtractTools } from './contract.ts'
import { Outcomes } from './outcomes.ts'
import { openOwnerIds } from './owner-ids.ts'
import { Writers } from './writers.ts'

/** More than two only wait for each other in the kernel, where names are made. */
const THREADS = 2
const DEFAULT_UMASK = 0o22
const STATUS_BYTES = 16 * 1024
/** CAP_DAC_OVERRIDE: modes of directories keep nobody out. */
const DAC_OVERRIDE = 1n << 1n

/**
 * Reads `source` to its end and puts its members below `options.target`. Rejects with `wire-malformed`, `restore-unsafe`, `restore-target`, `disk-full`,
 * `disk-error`, `cancelled`, and with what ends the source; then part of the members are there.
 */
export async function extractArchive(source: ByteSource, options: ExtractOptions, tools: ExtractTools, onProgress: (progress: ExtractProgress) => void, signal: AbortSignal): Promise<ExtractResult> {
  const rootFd = openTarget(source, options.target)
  try {
    const isRootFresh = namesIn(rootFd).length === 0
    const identity = await identityOf(tools.disk)
    const threads = threadsFor(options, tools, identity)
    const ids = await openOwnerIds(tools.disk, options.owners)
    const order = { rootFd, isRootFresh, identity, existing: options.existing, hasOwners: options.owners !== 'none', isIncremental: options.isIncremental, isResumed: options.isResumed === true }
    const writers = new Writers(order, threads)
    const outcomes = new Outcomes()
    const feed = new ArchiveFeed(writers, options, outcomes, ids, Math.max(1, threads), isRootFresh)
    try {
      await readAll(source, feed, writers, onProgress, signal)
      for (const report of await writers.finish()) outcomes.add(report)
      const { counts } = outcomes.report()
      return { counts, members: feed.members, problems: outcomes.summary() }
    } catch (error) {
      source.cancel(faultOf(error))
      throw error
    } finally {
      await writers.end()
    }
  } finally {
    atCalls().close(rootFd)
  }
}

function openTarget(source: ByteSource, target: string): number {
  try {
    return openDirectory(target)
  } catch (error) {
    const fault = new Fault('restore-target', `${target} cannot be opened: ${faultOf(error).message}`, { cause: error })
    source.cancel(fault)
    throw fault
  }
}

/** One thread where what is done depends on what others did: names beside others, and directories that only their owner may enter. */
function threadsFor(options: ExtractOptions, tools: ExtractTools, identity: Identity): number {
  const isOrdered = options.existing === 'beside' || !identity.isMaster
  return isOrdered ? Math.min(1, tools.threads ?? 1) : (tools.threads ?? THREADS)
}

async function identityOf(disk: Disk): Promise<Identity> {
  const status = await ownStatus(disk).catch(() => '')
  const capabilities = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1]
  const uid = process.geteuid?.() ?? 0
  const isMaster = capabilities === undefined ? uid === 0 : (BigInt(`0x${capabilities}`) & DAC_OVERRIDE) !== 0n
  const umask = /^Umask:\s*([0-7]+)$/m.exec(status)?.[1]
  return { uid, isMaster, gid: process.getegid?.() ?? 0, umask: umask === undefined ? DEFAULT_UMASK : Number.parseInt(umask, 8) }
}

/** What the kernel says of this process. Such a file has no size until it is read. */
async function ownStatus(disk: Disk): Promise<string> {
  await using file = await disk.open('/proc/self/status', 'read')
  const bytes = Buffer.alloc(STATUS_BYTES)
  return bytes.toString('latin1', 0, await file.read(bytes, 0))
}

async function readAll(source: ByteSource, feed: ArchiveFeed, writers: Writers, onProgress: (progress: ExtractProgress) => void, signal: AbortSignal): Promise<void> {
  const reader = new TarMemberReader((member) => feed.member(member), feed)
  const cancelled = (): Fault => new Fault('cancelled', 'the restore was cancelled')
  const stop = (): void => source.cancel(cancelled())
  signal.addEventListener('abort', stop, { once: true })
  try {
    for (;;) {
      if (signal.aborted) throw cancelled()
      const piece = await source.read()
      if (piece === null) break
      reader.push(piece)
      onProgress({ archiveBytes: reader.offset, members: feed.members })
      await writers.ready()
    }
    reader.finish()
    feed.flush()
    if (signal.aborted) throw cancelled()
  } finally {
    signal.removeEventListener('abort', stop)
  }
}
