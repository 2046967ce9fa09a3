// A thread that dumps: it waits for orders of the coordinator (archive-threads.ts), carries each out with synchronous calls, and sends blocks. It never returns
// to its event loop: it sleeps on a shared word until a message is there.

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
import { DirectoryEncoder } from './snapshot/directory-encoder.ts'
import { planRenames, RenamePlanView } from './snapshot/rename-plan.ts'
import { SnapshotReader } from './snapshot/snapshot-reader.ts'
import { BLOCK_BYTES, type BlockMessage, type CoordinatorMessage, type UnitOrder, type WorkerMessage } from './unit-messages.ts'
import { UnitOutput, type LentBlock } from './unit-output.ts'
import { walkUnit } from './unit-walk.ts'

export interface WorkerStart {
  readonly settings: ArchiveSettings
  readonly blocks: readonly SharedArrayBuffer[]
  /** One word: rises with each message. */
  readonly bell: SharedArrayBuffer
}

/** A unit ends at the directory in which it comes to this. Large enough that messages cost nothing, small enough that the other threads are near. */
const BUDGET = { entries: 3000, bytes: 2 * BLOCK_BYTES - 96 * 1024 }

const port = parentPort as MessagePort
assert(parentPort !== null, 'the archive worker runs as a worker thread')
const { settings, blocks, bell } = workerData as WorkerStart
const bellWord = new Int32Array(bell)

function receive(): CoordinatorMessage {
  for (;;) {
    const rung = Atomics.load(bellWord, 0)
    const received = receiveMessageOnPort(port) as { readonly message: CoordinatorMessage } | undefined
    if (received !== undefined) return received.message
    Atomics.wait(bellWord, 0, rung)
  }
}

function send(message: WorkerMessage): void {
  port.postMessage(message)
}

/** What goes with a block is not copied on its way. */
function sendBlock(message: BlockMessage): void {
  const moved = [message.index, message.blanks, message.records].flatMap((part) => (part === undefined ? [] : [part.buffer as ArrayBuffer]))
  port.postMessage(message, moved)
}

/** The dump is over, whatever this unit is doing. */
class Stopped extends Error {}

class Worker {
  readonly #calls = openTreeCalls()
  readonly #index = new IndexWriter(settings.index === 'attributes')
  readonly #output: UnitOutput
  readonly #excludes = settings.excludes.length === 0 ? undefined : new PatternSet(settings.excludes)
  #directories: DirectoryDump | undefined
  #base: BaseTree | undefined
  #unit = 0
  readonly #lent: number[] = []

  constructor() {
    this.#output = new UnitOutput({ take: () => this.#take(), send: (message) => sendBlock({ kind: 'block', unit: this.#unit, ...message }) }, this.#index)
  }

  #openBase(): SnapshotReader {
    assert(settings.basePath !== undefined, 'there is no base')
    return SnapshotReader.open(openSyncFile(settings.basePath, 'read'))
  }

  plan(): void {
    const base = this.#openBase()
    const probe = new DiskProbe(this.#calls, settings, this.#excludes)
    send({ kind: 'planned', findings: planRenames(base, probe) })
    probe.close()
    base.close()
  }

  build(findings: RenameFindings): void {
    this.#base = new BaseTree(this.#openBase(), new RenamePlanView(findings))
  }

  #start(): DirectoryDump {
    return new DirectoryDump(
      {
        calls: this.#calls,
        settings,
        owners: new OwnerNames(settings.passwd, settings.group),
        output: this.#output,
        index: this.#index,
        path: new MemberPath(),
        askLink: (key, linkCount, path) => this.#askLink(key, linkCount, path),
        base: this.#base,
        encoding: settings.hasSnapshot ? new DirectoryEncoder() : undefined,
        excludes: this.#excludes,
        chosen: settings.includes === undefined ? undefined : chosenPaths(settings.includes),
      },
      Buffer.from(`${settings.top}\0`, 'latin1'),
    )
  }

  run(order: UnitOrder): void {
    this.#unit = order.unit
    this.#lent.push(...order.blocks)
    const startBytes = this.#output.bytes
    this.#directories ??= this.#start()
    const rest = walkUnit(order.groups, this.#directories, BUDGET, () => this.#output.bytes)
    this.#output.flush()
    const unfilled = this.#output.giveBack()
    if (unfilled !== undefined) this.#lent.push(unfilled)
    send({ kind: 'done', unit: order.unit, rest, unused: this.#lent.splice(0), estimatedBytes: this.#output.bytes - startBytes })
  }

  close(): void {
    this.#directories?.close()
    this.#base?.close()
  }

  #take(): LentBlock {
    let number = this.#lent.shift()
    if (number === undefined) {
      send({ kind: 'want', unit: this.#unit })
      const message = receive()
      if (message.kind === 'stop') throw new Stopped()
      assert(message.kind === 'grant', 'a block was wanted')
      number = message.block
    }
    const shared = blocks[number]
    assert(shared !== undefined, 'a block that does not exist')
    return { number, bytes: new Uint8Array(shared) }
  }

  #askLink(key: string, linkCount: number, path: string): string | undefined {
    send({ kind: 'question', unit: this.#unit, key, linkCount, path })
    const message = receive()
    if (message.kind === 'stop') throw new Stopped()
    assert(message.kind === 'answer', 'an answer was wanted')
    return message.target
  }
}

try {
  const worker = new Worker()
  for (let message = receive(); message.kind !== 'stop'; message = receive()) {
    if (message.kind === 'plan') worker.plan()
    else if (message.kind === 'base') worker.build(message.findings)
    else if (message.kind === 'unit') worker.run(message)
    else assert(false, `${message.kind} was not wanted`)
  }
  worker.close()
} catch (error) {
  if (!(error instanceof Stopped)) {
    const fault = faultOf(error)
    send({ kind: 'failed', code: fault.code, text: fault.message })
  }
}
port.close()
