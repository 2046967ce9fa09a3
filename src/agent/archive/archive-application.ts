// The application `archive`: dumps of a directory by our own archiver (src/archive/), at levels against snapshots that are kept here. What comes is a tar stream
// that GNU tar restores, levels too.

import { estimateArchive, startArchive, type RunningArchive } from '../../archive/archiver.ts'
import { BlockPool } from '../../archive/block-pool.ts'
import type { ArchiveSettings } from '../../archive/settings.ts'
import { ThreadPool } from '../../archive/thread-pool.ts'
import { SnapshotWriter } from '../../archive/snapshot/snapshot-writer.ts'
import type { ByteSource } from '../../kernel/byte-stream.ts'
import type { Clock } from '../../kernel/clock.ts'
import type { Disk } from '../../kernel/disk.ts'
import { Fault, faultOf } from '../../kernel/fault.ts'
import type { SyncFile } from '../../kernel/sync-file.ts'
import type { SelfcheckFinding } from '../../wire/amanda/selfcheck-reply.ts'
import type { Application, DiskJob, DumpJob, DumpOutcome, PreparedDump, RunningDump, Say } from '../application.ts'
import { checkDirectory, directoryFindings } from '../directory-checks.ts'
import { classifyTarLine } from '../gnutar/tar-messages.ts'
import { onAbort } from '../../stream/programs.ts'
import type { SnapshotDraft, SnapshotFiles } from '../snapshot-files.ts'
import { runVaultDump } from '../vault/run-vault-dump.ts'
import { isPropertySet } from '../gnutar/tar-arguments.ts'
import { archiveSettings } from './archive-order.ts'

/** Files that are written as they come, of names that this application chooses. */
export interface SnapshotAccess {
  create(path: string): SyncFile
  open(path: string): SyncFile
  /** A file that is gone when it is closed. */
  scratch(path: string): SyncFile
}

export interface ArchiveParts {
  readonly clock: Clock
  readonly disk: Disk
  readonly snapshots: SnapshotFiles
  /** What dumps into vaults leave for the next. */
  readonly kept: SnapshotFiles
  readonly access: SnapshotAccess
}

const LEVEL_MAX = 9
/** Long enough for the dump that follows an estimate, or for the next disk. */
const THREADS_IDLE_MS = 120_000

export function createArchiveApplication(parts: ArchiveParts): Application {
  return new ArchiveApplication(parts)
}

class ArchiveApplication implements Application {
  readonly name = 'archive'
  readonly levelMax = LEVEL_MAX
  readonly #parts: ArchiveParts
  readonly #blocks = new BlockPool()
  readonly #threads = new ThreadPool(THREADS_IDLE_MS)

  constructor(parts: ArchiveParts) {
    this.#parts = parts
  }

  selfcheck(job: DiskJob): Promise<SelfcheckFinding[]> {
    const { disk, clock } = this.#parts
    return directoryFindings(job, disk, this.name, () => archiveSettings(job, disk, clock.wallMs()))
  }

  async estimate(job: DumpJob, signal: AbortSignal): Promise<number> {
    if (job.level > LEVEL_MAX) return -2
    await checkDirectory(this.#parts.disk, job.device, this.name)
    return await this.#parts.snapshots.forEstimate(job, async (draft) => Math.ceil((await estimateArchive(await this.#settings(job, draft, false), signal, this.#blocks, this.#threads)) / 1024))
  }

  async prepareDump(job: DumpJob, signal: AbortSignal): Promise<PreparedDump> {
    await checkDirectory(this.#parts.disk, job.device, this.name)
    if (job.isForVault === true) return await this.#prepareForVault(job)
    const { snapshots } = this.#parts
    return await snapshots.forDump(job, async (draft) => {
      const settings = await this.#settings(job, draft, job.record)
      return {
        program: '/bin/tar',
        recoverCommand: '/bin/tar -xpGf - ...',
        start: (say) => Promise.resolve(new ArchiveDump(this.#parts, { blocks: this.#blocks, threads: this.#threads }, job, draft, settings, say, signal)),
        abandon: () => snapshots.discard(draft),
      }
    })
  }

  async #prepareForVault(job: DumpJob): Promise<PreparedDump> {
    const { disk, clock, kept, access } = this.#parts
    const settings = await archiveSettings(job, disk, clock.wallMs())
    const order = { ...job, settings, isUnrecorded: !job.record, isReread: isPropertySet(job.properties, 'reread', false) }
    return {
      program: '/bin/tar',
      recoverCommand: '/bin/tar -xpGf - ...',
      start: () => Promise.reject(new Fault('internal', 'a dump for a vault has no data of its own')),
      intoVault: async (run) => await runVaultDump({ kept, access, threads: this.#threads }, order, run),
      abandon: () => Promise.resolve(),
    }
  }

  async #settings(job: DumpJob, draft: SnapshotDraft, hasSnapshot: boolean): Promise<ArchiveSettings> {
    const settings = await archiveSettings(job, this.#parts.disk, this.#parts.clock.wallMs())
    return { ...settings, level: job.level, basePath: draft.basePath, hasSnapshot }
  }
}

class ArchiveDump implements RunningDump {
  readonly data: ByteSource
  readonly index: RunningDump['index']
  readonly outcome: Promise<DumpOutcome>
  readonly #parts: ArchiveParts
  readonly #job: DumpJob
  readonly #draft: SnapshotDraft
  readonly #archive: RunningArchive
  readonly #snapshot: SnapshotWriter | undefined
  readonly #unwatch: () => void
  #end: (outcome: DumpOutcome) => void = () => undefined
  #isSettled = false

  constructor(parts: ArchiveParts, pools: { readonly blocks: BlockPool; readonly threads: ThreadPool }, job: DumpJob, draft: SnapshotDraft, settings: ArchiveSettings, say: Say, signal: AbortSignal) {
    this.#parts = parts
    this.#job = job
    this.#draft = draft
    this.outcome = new Promise((resolve) => (this.#end = resolve))
    this.#snapshot = settings.hasSnapshot ? new SnapshotWriter(parts.access.create(draft.path), () => parts.access.scratch(`${draft.path}.scratch`), { level: job.level, run: job.run.padEnd(14, '0') }) : undefined
    this.#archive = startArchive(settings, {
      async say(text) {
        const line = classifyTarLine(text)
        if (line !== undefined) await say(line)
      },
      record: (bytes) => this.#snapshot?.addDirectory(bytes),
    }, pools.blocks, pools.threads)
    const { data, index } = this.#archive
    this.data = { read: () => this.#read(data, say), cancel: (reason) => void this.#stop(reason) }
    this.index = index === undefined ? { kind: 'fixed', lines: [] } : { kind: settings.index === 'attributes' ? 'entries' : 'stream', source: index }
    this.#unwatch = onAbort(signal, () => void this.#stop(new Fault('cancelled', 'the dump was cancelled')))
  }

  async #read(data: ByteSource, say: Say): Promise<Uint8Array | null> {
    try {
      const piece = await data.read()
      if (piece !== null) return piece
      const bytes = this.#archive.bytesWritten()
      await say({ kind: 'normal', text: `Total bytes written: ${bytes}` })
      this.#end({ kind: 'good', sizeKib: Math.ceil(bytes / 1024) })
      return null
    } catch (error) {
      const fault = faultOf(error)
      this.#end({ kind: 'failed', text: fault.message })
      throw fault
    }
  }

  async #stop(reason: Fault): Promise<void> {
    this.#end({ kind: 'failed', text: reason.message })
    await this.#archive.stop(reason)
  }

  async commit(): Promise<void> {
    if (this.#isSettled) return
    this.#isSettled = true
    this.#unwatch()
    if (this.#snapshot === undefined) return await this.#parts.snapshots.discard(this.#draft)
    this.#snapshot.finish()
    await this.#parts.snapshots.keep(this.#draft)
  }

  async abandon(): Promise<void> {
    if (this.#isSettled) return
    this.#isSettled = true
    this.#unwatch()
    await this.#stop(new Fault('cancelled', `the dump of ${this.#job.disk} was given up`))
    this.#snapshot?.abandon()
    await this.#parts.snapshots.discard(this.#draft)
  }
}
