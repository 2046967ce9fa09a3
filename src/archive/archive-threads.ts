// The threads of a dump, and the blocks they share with this one. Brings what they make into the order of the tree (unit-sequence.ts).

import type { ArchiveThread } from './archive-thread.ts'
import type { BlockPool } from './block-pool.ts'
import { Fault } from '../kernel/fault.ts'
import type { FaultCode } from '../kernel/fault-codes.ts'
import type { ArchiveSettings } from './settings.ts'
import { findingsOf, type ScanFindings } from './snapshot/base-scan.ts'
import type { RenameFindings } from './snapshot/contract.ts'
import { threadCount, ThreadPool } from './thread-pool.ts'
import { type BlockMessage, type CoordinatorMessage, type LinkQuestion, type WorkerMessage } from './unit-messages.ts'
import { UnitSequence } from './unit-sequence.ts'
import { WHOLE_TREE } from './unit-walk.ts'
import type { VaultStart } from './vault/vault-messages.ts'

/** What a dump into a vault needs of its threads beside. */
export interface ThreadCompanion {
  /** For thread `number` of `bells.length`. */
  startOf(number: number, bells: readonly SharedArrayBuffer[]): VaultStart
}

interface Thread {
  readonly thread: ArchiveThread
  isFree: boolean
}

export class ArchiveThreads {
  readonly #sequence = new UnitSequence([WHOLE_TREE])
  readonly #threads: Thread[]
  readonly #blocks: readonly SharedArrayBuffer[]
  readonly #pool: BlockPool
  readonly #threadPool: ThreadPool
  readonly #answer: (question: LinkQuestion) => string | undefined
  #failure: Fault | undefined
  #wake: (() => void) | undefined
  #isStopped = false
  #stopped: Promise<void> | undefined
  /** What a level above 0 builds on is known. */
  #isPlanned = false
  readonly #scans: ScanFindings[] = []
  /** Bytes that units of an estimate counted. */
  estimatedBytes = 0

  /** `answer` is asked for large files with several names, in the order of the tree. */
  constructor(settings: ArchiveSettings, pool: BlockPool, answer: (question: LinkQuestion) => string | undefined, threadPool = new ThreadPool(), companion?: ThreadCompanion) {
    this.#answer = answer
    this.#threadPool = threadPool
    this.#pool = pool
    this.#blocks = pool.take()
    const count = threadCount()
    this.#threads = Array.from({ length: count }, () => ({ thread: this.#startThread(settings, companion !== undefined), isFree: true }))
    if (companion !== undefined) {
      const bells = this.#threads.map(({ thread }) => thread.bell)
      for (const [number, { thread }] of this.#threads.entries()) {
        const start = companion.startOf(number, bells)
        thread.send({ kind: 'vault', start }, [start.port])
      }
    }
    if (settings.basePath === undefined) this.#isPlanned = true
    else for (const number of this.#threads.keys()) this.#send(number, { kind: 'scan', part: number, parts: count })
    this.#dispatch()
  }

  #startThread(settings: ArchiveSettings, isForVault: boolean): ArchiveThread {
    return this.#threadPool.begin({ kind: 'dump', settings, blocks: this.#blocks, isForVault }, { message: (message) => this.#receive(message), failed: (reason) => this.#fail(reason) })
  }

  /** The next block of the archive, undefined after the last. Rejects with what ended the dump. */
  async next(): Promise<BlockMessage | undefined> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure
      const block = this.#sequence.takeBlock()
      if (block !== undefined) return block
      if (this.#sequence.isFinished) return undefined
      this.#dispatch()
      await new Promise<void>((resolve) => (this.#wake = resolve))
      this.#wake = undefined
    }
  }

  bytesOf({ block, bytes }: BlockMessage): Uint8Array {
    return new Uint8Array(this.#blocks[block] ?? new SharedArrayBuffer(0), 0, bytes)
  }

  giveBack({ block }: BlockMessage): void {
    this.#sequence.giveBack(block)
    this.#dispatch()
  }

  /** Resolves when no thread works on the dump any more: each stops at the next directory or block. Later calls of `next` reject with `reason`. */
  async stop(reason: Fault): Promise<void> {
    this.#failure ??= reason
    this.#wake?.()
    if (!this.#isStopped) this.#stopped = this.#stopThreads()
    await this.#stopped
  }

  async #stopThreads(): Promise<void> {
    this.#isStopped = true
    for (const { thread } of this.#threads) thread.stop()
    await Promise.all(this.#threads.map(({ thread }) => thread.settled))
    for (const { thread } of this.#threads) this.#threadPool.giveBack(thread)
  }

  /** The good end: every block was given back, and nobody reads what was in them any more. */
  async end(): Promise<void> {
    await this.stop(new Fault('cancelled', 'the dump has ended'))
    this.#pool.giveBack(this.#blocks)
  }

  #fail(reason: Fault): void {
    this.#failure ??= reason
    this.#wake?.()
  }

  #send(number: number, message: CoordinatorMessage): void {
    this.#threads[number]?.thread.send(message)
  }

  #receive(message: WorkerMessage): void {
    if (this.#isStopped) return
    switch (message.kind) {
      case 'block':
        this.#sequence.addBlock(message)
        break
      case 'done': {
        this.estimatedBytes += message.estimatedBytes
        const thread = this.#threads[this.#sequence.finishUnit(message.unit, message.rest, message.unused, message.directories)]
        if (thread !== undefined) thread.isFree = true
        break
      }
      case 'question':
        this.#sequence.addQuestion(message)
        break
      case 'want':
        this.#sequence.addWant(message.unit)
        break
      case 'scanned':
        this.#addScan(message.findings)
        break
      case 'planned':
        this.#begin(message.findings)
        break
      case 'failed':
        this.#fail(new Fault(message.code as FaultCode, message.text))
        return
    }
    this.#dispatch()
    this.#wake?.()
  }

  #addScan(findings: ScanFindings): void {
    this.#scans.push(findings)
    if (this.#scans.length < this.#threads.length) return
    const known = findingsOf(this.#scans)
    if (known !== undefined) this.#begin(known)
    else this.#send(0, { kind: 'plan' })
  }

  #begin(findings: RenameFindings): void {
    for (const number of this.#threads.keys()) this.#send(number, { kind: 'base', findings })
    this.#isPlanned = true
  }

  /** Gives out all that can be given. */
  #dispatch(): void {
    if (!this.#isPlanned) return
    for (let asked = this.#sequence.takeQuestion(); asked !== undefined; asked = this.#sequence.takeQuestion()) this.#send(asked.worker, { kind: 'answer', target: this.#answer(asked.question) })
    for (let grant = this.#sequence.takeGrant(); grant !== undefined; grant = this.#sequence.takeGrant()) this.#send(grant.worker, { kind: 'grant', block: grant.block })
    for (const [number, thread] of this.#threads.entries()) {
      if (!thread.isFree) continue
      const order = this.#sequence.takeOrder(number)
      if (order === undefined) break
      thread.isFree = false
      this.#send(number, order)
    }
  }
}
