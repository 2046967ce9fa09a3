// A thread that dumps: it waits for orders of the coordinator (archive-threads.ts), carries each out with synchronous calls, and sends blocks. It never returns
// to its event loop: it sleeps on a shared word until a message is there. Between two dumps it holds nothing but its code; when nobody needs it for long it ends.

import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads'
import { assert } from '../kernel/assert.ts'
import { faultOf } from '../kernel/fault.ts'
import { openSyncFile } from '../kernel/sync-file.ts'
import { openTreeCalls } from '../posix/tree-calls.ts'
import { BaseTree } from './base-tree.ts'
import { chosenPaths } from './chosen-paths.ts'
import { DirectoryDump } from './directory-dump.ts'
import { DiskProbe } from './directory-probe.ts'
import { IndexWriter } from './index-writer.ts'
import { MemberPath } from './member-path.ts'
import { OwnerNames } from './owner-names.ts'
import { PatternSet } from './patterns/pattern-set.ts'
import type { ArchiveSettings } from './settings.ts'
import type { RenameFindings } from './snapshot/contract.ts'
import { scanBase } from './snapshot/base-scan.ts'
import { DirectoryEncoder } from './snapshot/directory-encoder.ts'
import { planRenames, RenamePlanView } from './snapshot/rename-plan.ts'
import { SnapshotReader } from './snapshot/snapshot-reader.ts'
import { BLOCK_BYTES, RUNG_WORD, STATE_BUSY, STATE_GONE, STATE_IDLE, STATE_WORD, STOP_WORD, type BlockMessage, type CoordinatorMessage, type DumpOrder, type IdleMessage, type PoolMessage, type UnitOrder, type WorkerMessage } from './unit-messages.ts'
import { UnitOutput, type LentBlock } from './unit-output.ts'
import { walkUnit } from './unit-walk.ts'
import type { RecipeOutput } from './vault/recipe-output.ts'
import { openSegmentTools, type SegmentTools } from './vault/segment-tools.ts'
import { VaultThread } from './vault/vault-thread.ts'

export interface WorkerStart {
  /** Words of unit-messages.ts. */
  readonly bell: SharedArrayBuffer
  /** How long it waits for another dump; 0: it ends with the first. */
  readonly idleMs: number
}

/** A unit ends at the directory in which it comes to this. Large enough that messages cost nothing, small enough that the other threads are near. */
const BUDGET = { entries: 8000, bytes: 3 * BLOCK_BYTES - 96 * 1024 }
/** The first unit is the top alone: what is in it is work for all threads. */
const TOP_BUDGET = { ...BUDGET, entries: 1 }
/** Of a dump into a vault next to nothing comes out of a unit: what counts is what is read. */
const VAULT_BUDGET = { entries: 8000, bytes: 24 * BLOCK_BYTES }

const port = parentPort as MessagePort
assert(parentPort !== null, 'the archive worker runs as a worker thread')
const { bell, idleMs } = workerData as WorkerStart
const bellWords = new Int32Array(bell)

/** The dump is over, whatever this thread is doing. */
class Stopped extends Error {}

/** Asked for each directory and each block: a thread ends by itself, and soon. */
function checkStop(): void {
  if (Atomics.load(bellWords, STOP_WORD) !== 0) throw new Stopped()
}

function nextMessage(): CoordinatorMessage | PoolMessage | undefined {
  return (receiveMessageOnPort(port) as { readonly message: CoordinatorMessage | PoolMessage } | undefined)?.message
}

function receive(): CoordinatorMessage {
  for (;;) {
    const rung = Atomics.load(bellWords, RUNG_WORD)
    checkStop()
    const message = nextMessage()
    if (message !== undefined) {
      assert(message.kind !== 'dump' && message.kind !== 'quit', 'a dump is going on')
      return message
    }
    if (vault?.work() === true) continue
    vault?.rest(true)
    Atomics.wait(bellWords, RUNG_WORD, rung)
    vault?.rest(false)
  }
}

/** What is left of the dump before is not heard. Undefined: the thread is to end. */
function nextDump(): DumpOrder | undefined {
  for (;;) {
    const rung = Atomics.load(bellWords, RUNG_WORD)
    for (let message = nextMessage(); message !== undefined; message = nextMessage()) {
      if (message.kind === 'dump') return message
      if (message.kind === 'quit') return undefined
    }
    const isLate = Atomics.wait(bellWords, RUNG_WORD, rung, Atomics.load(bellWords, STATE_WORD) === STATE_BUSY ? Number.POSITIVE_INFINITY : idleMs) === 'timed-out'
    if (isLate && Atomics.compareExchange(bellWords, STATE_WORD, STATE_IDLE, STATE_GONE) === STATE_IDLE) return undefined
  }
}

function send(message: WorkerMessage | IdleMessage): void {
  port.postMessage(message)
}

/** Of the dump that goes on, if that goes into a vault. */
let vault: VaultThread | undefined
/** Of the last one: the next is likely to go into the same vault. */
let knownTools: { readonly key: string; readonly tools: SegmentTools } | undefined

async function beginVault(owners: OwnerNames): Promise<VaultThread> {
  const message = receive()
  assert(message.kind === 'vault', 'the vault was wanted')
  const { start } = message
  const key = JSON.stringify([start.vaultId, start.idKey, start.seed, start.compressLevel].map((part) => (typeof part === 'number' ? part : Buffer.from(part).toString('hex'))))
  if (knownTools?.key !== key) knownTools = { key, tools: await openSegmentTools(start) }
  return new VaultThread(start, knownTools.tools, { checkStop, bell: bellWords, ownersUsed: () => [...owners.used] })
}

/** What goes with a block is not copied on its way. */
function sendBlock(message: BlockMessage): void {
  const moved = [message.index, message.blanks, message.records].flatMap((part) => (part === undefined ? [] : [part.buffer as ArrayBuffer]))
  port.postMessage(message, moved)
}

/** One dump. */
class Dump {
  readonly #calls = openTreeCalls()
  readonly #settings: ArchiveSettings
  readonly #blocks: DumpOrder['blocks']
  readonly #owners: OwnerNames
  readonly #index: IndexWriter
  readonly #output: UnitOutput | RecipeOutput
  readonly #excludes: PatternSet | undefined
  #directories: DirectoryDump | undefined
  #base: BaseTree | undefined
  #reader: SnapshotReader | undefined
  #unit = 0
  readonly #lent: number[] = []

  constructor({ settings, blocks }: DumpOrder, owners: OwnerNames) {
    this.#settings = settings
    this.#blocks = blocks
    this.#owners = owners
    this.#index = new IndexWriter(settings.index === 'attributes')
    this.#excludes = settings.excludes.length === 0 ? undefined : new PatternSet(settings.excludes)
    const output = new UnitOutput({ take: () => this.#take(), send: (message) => sendBlock({ kind: 'block', unit: this.#unit, ...message }) }, this.#index)
    this.#output = vault === undefined ? output : vault.createOutput(output)
  }

  /** The snapshot of the base. */
  #source(): SnapshotReader {
    const { basePath } = this.#settings
    assert(basePath !== undefined, 'there is no base')
    return (this.#reader ??= SnapshotReader.open(openSyncFile(basePath, 'read')))
  }

  #probed<Found>(look: (probe: DiskProbe) => Found): Found {
    const probe = new DiskProbe(this.#calls, this.#settings, this.#excludes, checkStop)
    try {
      return look(probe)
    } finally {
      probe.close()
    }
  }

  #scan(part: number, parts: number): void {
    const findings = this.#probed((probe) => scanBase(this.#source().part(part, parts), probe))
    send({ kind: 'scanned', findings })
  }

  #plan(): void {
    const findings = this.#probed((probe) => planRenames(this.#source(), probe))
    send({ kind: 'planned', findings })
  }

  #build(findings: RenameFindings): void {
    this.#base = new BaseTree(this.#source(), new RenamePlanView(findings))
  }

  #start(): DirectoryDump {
    const settings = this.#settings
    const path = new MemberPath()
    return new DirectoryDump(
      {
        calls: this.#calls,
        settings,
        owners: this.#owners,
        output: this.#output,
        index: this.#index,
        path,
        askLink: (key, linkCount, path) => this.#askLink(key, linkCount, path),
        base: this.#base,
        keep: settings.hasSnapshot ? vault?.createKeep({ calls: this.#calls, settings, path, excludes: this.#excludes }) : undefined,
        encoding: settings.hasSnapshot ? new DirectoryEncoder() : undefined,
        excludes: this.#excludes,
        chosen: settings.includes === undefined ? undefined : chosenPaths(settings.includes),
      },
      Buffer.from(`${settings.top}\0`, 'latin1'),
    )
  }

  /** What has to be done for `message`. */
  take(message: CoordinatorMessage): void {
    if (message.kind === 'scan') this.#scan(message.part, message.parts)
    else if (message.kind === 'plan') this.#plan()
    else if (message.kind === 'base') this.#build(message.findings)
    else if (message.kind === 'unit') this.#run(message)
    else assert(false, `${message.kind} was not wanted`)
  }

  #run(order: UnitOrder): void {
    this.#unit = order.unit
    this.#lent.push(...order.blocks)
    const startBytes = this.#output.bytes
    this.#directories ??= this.#start()
    const startCount = this.#directories.count
    const budget = order.unit === 0 ? TOP_BUDGET : vault === undefined ? BUDGET : VAULT_BUDGET
    const rest = walkUnit(order.groups, this.#directories, budget, () => {
      checkStop()
      return this.#output.bytes
    })
    this.#output.flush()
    const unfilled = this.#output.giveBack()
    if (unfilled !== undefined) this.#lent.push(unfilled)
    send({ kind: 'done', unit: order.unit, rest, unused: this.#lent.splice(0), directories: this.#directories.count - startCount, estimatedBytes: this.#output.bytes - startBytes })
  }

  /** What is open stays open in the process when a thread ends. */
  close(): void {
    this.#directories?.close()
    this.#reader?.close()
  }

  #take(): LentBlock {
    checkStop()
    let number = this.#lent.shift()
    if (number === undefined) {
      send({ kind: 'want', unit: this.#unit })
      const message = receive()
      assert(message.kind === 'grant', 'a block was wanted')
      number = message.block
    }
    const shared = this.#blocks[number]
    assert(shared !== undefined, 'a block that does not exist')
    return { number, bytes: new Uint8Array(shared) }
  }

  #askLink(key: string, linkCount: number, path: string): string | undefined {
    send({ kind: 'question', unit: this.#unit, key, linkCount, path })
    const message = receive()
    assert(message.kind === 'answer', 'an answer was wanted')
    return message.target
  }
}

/** Until it is stopped, which is how a good dump ends too. False when it failed. */
async function isCarriedOut(order: DumpOrder): Promise<boolean> {
  let dump: Dump | undefined
  try {
    const owners = new OwnerNames(order.settings.passwd, order.settings.group)
    vault = order.isForVault ? await beginVault(owners) : undefined
    dump = new Dump(order, owners)
    for (;;) dump.take(receive())
  } catch (error) {
    if (error instanceof Stopped) return true
    const fault = faultOf(error)
    send({ kind: 'failed', code: fault.code, text: fault.message })
    return false
  } finally {
    dump?.close()
    vault?.close()
    vault = undefined
  }
}

for (let order = nextDump(); order !== undefined; order = nextDump()) {
  if (!(await isCarriedOut(order)) || idleMs === 0) break
  order = undefined
  Atomics.store(bellWords, STATE_WORD, STATE_IDLE)
  send({ kind: 'idle' })
}
port.close()
