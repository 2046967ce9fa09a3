// A thread of dumps, from the outside: one dump after the other is given to it, and it goes on living between them. Starting one costs a tenth of a second, and as
// much again until its code is compiled. It always ends itself: one that is ended from outside while it loads native code takes the process with it.

import { Worker, type MessagePort } from 'node:worker_threads'
import { Fault, faultOf } from '../kernel/fault.ts'
import { moduleFile } from '../kernel/module-file.ts'
import type { WorkerStart } from './archive-worker.ts'
import { BELL_BYTES, RUNG_WORD, STATE_BUSY, STATE_IDLE, STATE_WORD, STOP_WORD, type CoordinatorMessage, type DumpOrder, type IdleMessage, type PoolMessage, type WorkerMessage } from './unit-messages.ts'

/** MiB. Nearly all that a worker holds lies outside the heap of the engine. */
const LIMITS = { maxYoungGenerationSizeMb: 1, maxOldGenerationSizeMb: 256 }

/** Of one dump. */
export interface ThreadListener {
  message(message: WorkerMessage): void
  /** It was not asked to. */
  failed(reason: Fault): void
}

export class ArchiveThread {
  readonly #worker: Worker
  readonly #bell: Int32Array
  #listener: ThreadListener | undefined
  #isGone = false
  #isStopped = false
  #settle: () => void = () => undefined
  /** Resolves when the thread holds nothing of its dump any more. */
  settled: Promise<void> = Promise.resolve()

  /** `idleMs`: how long it waits for another dump; 0: it ends with the first. */
  constructor(idleMs: number) {
    const bell = new SharedArrayBuffer(BELL_BYTES)
    this.#bell = new Int32Array(bell)
    const workerData: WorkerStart = { bell, idleMs }
    this.#worker = new Worker(moduleFile('./archive-worker', import.meta.url), { workerData, resourceLimits: LIMITS })
    // Taken by the first dump from the start.
    Atomics.store(this.#bell, STATE_WORD, STATE_IDLE)
    this.#worker.on('message', (message: WorkerMessage | IdleMessage) => {
      if (message.kind === 'idle') this.#free()
      else this.#listener?.message(message)
    })
    this.#worker.on('error', (error) => this.#listener?.failed(faultOf(error)))
    this.#worker.on('exit', () => {
      this.#isGone = true
      if (!this.#isStopped) this.#listener?.failed(new Fault('internal', 'a thread of a dump ended early'))
      this.#free()
    })
  }

  /** Rung when there is something to look at. */
  get bell(): SharedArrayBuffer {
    return this.#bell.buffer as SharedArrayBuffer
  }

  get isGone(): boolean {
    return this.#isGone
  }

  /** False when it has just ended. Only for one that is settled. */
  begin(order: DumpOrder, listener: ThreadListener): boolean {
    if (this.#isGone || Atomics.compareExchange(this.#bell, STATE_WORD, STATE_IDLE, STATE_BUSY) !== STATE_IDLE) return false
    this.settled = new Promise((resolve) => (this.#settle = resolve))
    this.#listener = listener
    this.#isStopped = false
    Atomics.store(this.#bell, STOP_WORD, 0)
    this.#worker.ref()
    this.#post(order)
    return true
  }

  send(message: CoordinatorMessage, moved: readonly MessagePort[] = []): void {
    if (!this.#isGone && !this.#isStopped) this.#post(message, moved)
  }

  /** It ends its dump at the next directory or block. */
  stop(): void {
    this.#isStopped = true
    Atomics.store(this.#bell, STOP_WORD, 1)
    this.#ring()
  }

  /** Nobody has another dump for it. */
  quit(): void {
    if (!this.#isGone) this.#post({ kind: 'quit' })
  }

  #post(message: CoordinatorMessage | PoolMessage, moved: readonly MessagePort[] = []): void {
    this.#worker.postMessage(message, moved)
    this.#ring()
  }

  #ring(): void {
    Atomics.add(this.#bell, RUNG_WORD, 1)
    Atomics.notify(this.#bell, RUNG_WORD)
  }

  #free(): void {
    this.#listener = undefined
    // A process that has nothing else to do does not wait for a thread that has nothing to do.
    this.#worker.unref()
    this.#settle()
  }
}
