// A real run on a vault, recorded, and every beginning of it judged: the archiver in its threads, block threads, a directory on a real disk; dumps of two trees that change, one that is
// broken off, a prune beside dumps, three processes one after the other. Each beginning is what a power cut at that step could leave.

import { hash } from 'node:crypto'
import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { ThreadPool } from '../src/archive/thread-pool.ts'
import { SnapshotFiles } from '../src/agent/snapshot-files.ts'
import { dumpToVault } from '../src/agent/vault/vault-dump.ts'
import { readAll } from '../src/kernel/byte-stream.ts'
import { systemClock } from '../src/kernel/clock.ts'
import { Fault } from '../src/kernel/fault.ts'
import { silentLog } from '../src/kernel/log.ts'
import { nodeDisk } from '../src/kernel/node-disk.ts'
import { seededRandom, systemRandom, type Random } from '../src/kernel/random.ts'
import { openScratchFile, openSyncFile } from '../src/kernel/sync-file.ts'
import type { Vault } from '../src/storage/vault/contract.ts'
import { openVault } from '../src/storage/vault/open-vault.ts'
import { makeVaultFiles } from '../src/storage/vault/slot-files.ts'
import { localBlockThreads } from '../src/stream/vault/block-work.ts'
import { startBlockThreads } from '../src/stream/vault/block-threads.ts'
import { createVaultKeys } from '../src/stream/vault/keys.ts'
import { PLAIN_SETTINGS } from '../testkit/inline-archive.ts'
import { editTree, makeRandomTree } from '../testkit/tree.ts'
import { DiskTrace } from './disk-trace.ts'
import type { Survival } from './disk-image.ts'
import { RememberedOpens } from './remembered-opens.ts'
import { judgeVault, type JudgedVault } from './vault-judge.ts'

const NEVER = new AbortController().signal
const DUMP_BYTES_MAX = 1 << 26
const ACCESS = { create: (file: string) => openSyncFile(file, 'create'), open: (file: string) => openSyncFile(file, 'read'), scratch: openScratchFile }
/** What a power cut leaves of what was not durable: nothing, all of it, the names without the bytes, any part. */
const NOTHING_LEFT = { name: 'nothing', survival: 'none', random: seededRandom } as const
const LEFT: readonly { readonly name: string; readonly survival: Survival; readonly random: (step: number) => Random }[] = [
  NOTHING_LEFT,
  { name: 'everything', survival: 'any', random: () => ({ bytes: (count) => new Uint8Array(count), int: () => 0 }) },
  { name: 'only names', survival: 'names', random: seededRandom },
  { name: 'some', survival: 'any', random: seededRandom },
]
/** Small, so that a short run has checkpoints, merges of the index and packs that are written anew. */
const LIMITS = { freshRowsMax: 60, checkpointBytesMin: 3000 }

interface TracePromise {
  /** Steps that had been done. */
  readonly step: number
  readonly listed?: string
  readonly excused?: readonly string[]
}

export class VaultTrace {
  readonly #trace: DiskTrace
  readonly #judged: JudgedVault
  readonly #promises: readonly TracePromise[]
  readonly #sums: ReadonlyMap<string, string>
  /** Before this step there was no vault yet. */
  readonly first: number

  private constructor(trace: DiskTrace, judged: JudgedVault, promises: readonly TracePromise[], sums: ReadonlyMap<string, string>, first: number) {
    this.#trace = trace
    this.#judged = judged
    this.#promises = promises
    this.#sums = sums
    this.first = first
  }

  get steps(): number {
    return this.#trace.length
  }

  get dumps(): number {
    return this.#sums.size
  }

  /** A run in `dir`, which must be empty. `scale`: of the trees. */
  static async record(dir: string, scale: number): Promise<VaultTrace> {
    const trace = new DiskTrace(dir)
    const disk = trace.record(nodeDisk)
    const directory = path.join(dir, 'vault')
    const { master, config } = await makeVaultFiles(disk, directory, { domain: 'vault', createdMs: 1 }, { name: 'main', label: 'a trace', secret: { kind: 'file', bytes: systemRandom.bytes(32) }, createdMs: 1 }, systemRandom)
    const first = trace.length
    const vaultId = Buffer.from(config.id, 'hex')
    const promises: TracePromise[] = []
    const run = new RealRun(dir, scale, trace, promises)
    await using threads = startBlockThreads()
    const process = async (work: (vault: Vault) => Promise<void>): Promise<void> => {
      const owner = { host: 'here', pid: 1, process: '', sinceMs: 0 }
      await using vault = await openVault({ disk, directory, keys: createVaultKeys(master, vaultId, systemRandom), threads, clock: systemClock, random: systemRandom, log: silentLog, owner, isGone: () => true, limits: LIMITS }, 'write')
      await work(vault)
    }
    await process(async (vault) => {
      await run.dump(vault, 'one')
      await Promise.all([run.dump(vault, 'one'), run.dump(vault, 'two')])
    })
    await process(async (vault) => {
      await Promise.all([run.dump(vault, 'one'), run.breakOff(vault), run.prune(vault, 2)])
      await run.dump(vault, 'two')
    })
    await process(async (vault) => {
      await Promise.all([run.dump(vault, 'one'), run.prune(vault, 1), vault.check('data', () => {}, NEVER)])
    })
    const judged = { directory: '/vault', master, vaultId, threads: localBlockThreads(), opens: new RememberedOpens(), limits: LIMITS }
    return new VaultTrace(trace, judged, promises, run.sums, first)
  }

  /** Power is lost behind step `step`: whatever is left, the vault opens and restores what it lists, a prune removes garbage alone, and then it restores what is kept. Throws InvariantFailure. */
  async judge(step: number, left: readonly number[] = [...LEFT.keys()]): Promise<void> {
    const listed = new Set<string>()
    for (const promise of this.#promises) {
      if (promise.step > step) break
      if (promise.listed !== undefined) listed.add(promise.listed)
      for (const run of promise.excused ?? []) listed.delete(run)
    }
    for (const kind of left) {
      const { name, survival, random } = LEFT[kind % LEFT.length] ?? NOTHING_LEFT
      const image = this.#trace.after(step)
      image.powerCut(survival, random(step))
      const isRight = ({ run }: { readonly run: string }, restored: Uint8Array): boolean => hash('sha256', restored) === this.#sums.get(run)
      await judgeVault(this.#judged, image, { runs: listed, isRight }, `power lost at step ${step} (${this.#trace.describe(step)}), ${name} left`, { last: 1 })
    }
  }
}

/** What happens in the run, and what was promised when. */
class RealRun {
  readonly sums = new Map<string, string>()
  readonly #dir: string
  readonly #scale: number
  readonly #trace: DiskTrace
  readonly #promises: TracePromise[]
  readonly #threads = new ThreadPool(1000)
  readonly #kept: SnapshotFiles
  readonly #edits = new Map<string, number>()
  #runs = 0

  constructor(dir: string, scale: number, trace: DiskTrace, promises: TracePromise[]) {
    this.#dir = dir
    this.#scale = scale
    this.#trace = trace
    this.#promises = promises
    this.#kept = new SnapshotFiles(nodeDisk, path.join(dir, 'state'), undefined, 2)
  }

  async dump(vault: Vault, tree: string): Promise<void> {
    const { run, manifest } = await this.#dumpTo(vault, tree, NEVER)
    this.#promises.push({ step: this.#trace.length, listed: run })
    const reader = await vault.openDump(manifest)
    if (reader === undefined) throw new Error(`dump ${run} cannot be opened`)
    await using open = reader
    this.sums.set(run, hash('sha256', await readAll(open.read(0, open.bytes), DUMP_BYTES_MAX)))
  }

  /** A dump that its maker gives up when some of it was stored. */
  async breakOff(vault: Vault): Promise<void> {
    const stop = new AbortController()
    await this.#dumpTo(vault, 'broken', stop.signal, () => stop.abort()).catch(() => undefined)
  }

  async prune(vault: Vault, last: number): Promise<void> {
    const plan = await vault.planPrune({ last }, systemClock.wallMs())
    this.#promises.push({ step: this.#trace.length, excused: plan.removed.map(({ dump }) => dump.run) })
    await vault.prune(plan, () => {}, NEVER, true)
  }

  async #dumpTo(vault: Vault, tree: string, signal: AbortSignal, onBlock: () => void = () => {}): Promise<{ readonly run: string; readonly manifest: string }> {
    const top = this.#treeOf(tree)
    const run = String(20_261_127_000_001 + this.#runs++)
    const intake = await vault.beginDump({ host: 'client', disk: tree, run, level: 0, baseRun: undefined, domain: '', maker: 'archive', compressLevel: 1, startedMs: 1 })
    intake.beforeCommit(() => Promise.resolve({ header: '', endedMs: 1 }))
    const sendBlock = intake.sendBlock.bind(intake)
    intake.sendBlock = async (block) => {
      await sendBlock(block)
      onBlock()
    }
    try {
      const { committed } = await dumpToVault({ uplink: intake, kept: this.#kept, access: ACCESS, threads: this.#threads }, { host: 'client', disk: tree, device: top, run, settings: { ...PLAIN_SETTINGS, top }, isUnrecorded: false, isReread: false }, { say: () => Promise.resolve() }, signal)
      return { run, manifest: committed.manifest }
    } finally {
      await intake.abandon(new Fault('cancelled', 'the dump is over'))
    }
  }

  /** Made at the first use and changed at each later one. */
  #treeOf(tree: string): string {
    const top = path.join(this.#dir, tree)
    const edits = this.#edits.get(tree) ?? 0
    this.#edits.set(tree, edits + 1)
    if (edits > 0) editTree(top, edits, 6)
    else {
      mkdirSync(top)
      makeRandomTree(top, tree.length, { fileCount: 12 * this.#scale, dirCount: 3, fileBytesMax: 20_000 })
    }
    return top
  }
}
