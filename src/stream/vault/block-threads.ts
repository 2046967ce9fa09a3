// The threads that open, check and make blocks, as seen by the thread that owns links and files. They are started when there is work for them. Each has a few calls at
// hand; what is beyond waits here, in order. Bytes of a call are copied into shared memory of the thread, unless they lie in shared memory already.

import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { Fault, faultOf } from '../../kernel/fault.ts'
import { moduleFile } from '../../kernel/module-file.ts'
import type { BlockAnswer, BlockCall, BlockResult, BlockThreadMessage } from './block-calls.ts'
import type { BlockThreads } from './contract.ts'
import type { SealedBlock } from '../../wire/vault/uplink.ts'

/** MiB. What a thread holds lies outside the heap of the engine. */
const LIMITS = { maxYoungGenerationSizeMb: 2, maxOldGenerationSizeMb: 64 }
const THREADS_MAX = 4
/** Calls that a thread has at hand: one that it works on, and the next. */
const AT_HAND_MAX = 2
/** Shared memory of a call grows in steps, so that it is seldom made anew. */
const SLOT_STEP_BYTES = 256 * 1024

interface Waiting {
  readonly call: BlockCall
  resolve(result: BlockResult): void
  reject(reason: Fault): void
}

interface Thread {
  readonly worker: Worker
  /** In the order in which they will be answered. */
  readonly atHand: Waiting[]
  /** One for each call at hand, used in turn. */
  readonly slots: SharedArrayBuffer[]
  turn: number
  readonly gone: Promise<void>
  isGone: boolean
}

/** The call's bytes in shared memory: where they are, or in the thread's next slot. */
function shared(thread: Thread, bytes: Uint8Array): Uint8Array {
  if (bytes.buffer instanceof SharedArrayBuffer) return bytes
  const turn = (thread.turn = (thread.turn + 1) % AT_HAND_MAX)
  let slot = thread.slots[turn]
  if (slot === undefined || slot.byteLength < bytes.length) thread.slots[turn] = slot = new SharedArrayBuffer(Math.ceil(bytes.length / SLOT_STEP_BYTES) * SLOT_STEP_BYTES)
  const copy = new Uint8Array(slot, 0, bytes.length)
  copy.set(bytes)
  return copy
}

/** Small byte arrays may be views into large buffers, which would be copied whole. */
function own(bytes: Uint8Array): Uint8Array {
  return bytes.byteLength === bytes.buffer.byteLength ? bytes : new Uint8Array(bytes)
}

function ownBlock({ vaultId, key, block }: { readonly vaultId: Uint8Array; readonly key: Uint8Array; readonly block: SealedBlock }, sealed: Uint8Array): { vaultId: Uint8Array; key: Uint8Array; block: SealedBlock } {
  return { vaultId: own(vaultId), key: own(key), block: { ...block, packId: own(block.packId), ids: own(block.ids), lengths: block.lengths.slice(), sealed } }
}

function messageOf(thread: Thread, call: BlockCall): BlockCall {
  switch (call.kind) {
    case 'check':
      return { kind: 'check', idKey: own(call.idKey), block: ownBlock(call.block, shared(thread, call.block.block.sealed)) }
    case 'open': {
      const wanted = call.wanted === undefined ? undefined : { idKey: own(call.wanted.idKey), ids: own(call.wanted.ids), starts: call.wanted.starts.slice(), lengths: call.wanted.lengths.slice() }
      return { kind: 'open', block: ownBlock(call.block, shared(thread, call.block.block.sealed)), wanted }
    }
    case 'seal': {
      const { vaultId, key, packId, ids, lengths } = call.facts
      return { ...call, facts: { ...call.facts, vaultId: own(vaultId), key: own(key), packId: own(packId), ids: own(ids), lengths: lengths.slice() }, plain: shared(thread, call.plain) }
    }
  }
}

class WorkerThreads implements BlockThreads {
  readonly #count: number
  readonly #threads: Thread[] = []
  readonly #queue: Waiting[] = []
  #ended: Fault | undefined

  constructor(count: number) {
    this.#count = count
  }

  check(block: Parameters<BlockThreads['check']>[0], idKey: Uint8Array): Promise<Uint8Array | undefined> {
    return this.#call({ kind: 'check', block, idKey }) as Promise<Uint8Array | undefined>
  }

  open(block: Parameters<BlockThreads['open']>[0], wanted?: Parameters<BlockThreads['open']>[1]): Promise<Uint8Array> {
    return this.#call({ kind: 'open', block, wanted }) as Promise<Uint8Array>
  }

  seal({ compressLevel, ...facts }: Parameters<BlockThreads['seal']>[0], plain: Uint8Array): Promise<SealedBlock> {
    return this.#call({ kind: 'seal', facts, compressLevel, plain }) as Promise<SealedBlock>
  }

  /** What waits is rejected; what threads have at hand is done first. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#end(new Fault('cancelled', 'the threads for blocks have ended'))
    await Promise.all(this.#threads.map(({ gone }) => gone))
  }

  #call(call: BlockCall): Promise<BlockResult> {
    if (this.#ended !== undefined) return Promise.reject(this.#ended)
    return new Promise((resolve, reject) => {
      this.#queue.push({ call, resolve, reject })
      this.#dispatch()
    })
  }

  #dispatch(): void {
    while (this.#queue.length > 0 && this.#ended === undefined) {
      const thread = this.#chosen()
      const next = thread === undefined ? undefined : this.#queue.shift()
      if (thread === undefined || next === undefined) return
      try {
        const message = messageOf(thread, next.call)
        thread.atHand.push(next)
        thread.worker.postMessage(message)
      } catch (error) {
        next.reject(faultOf(error))
      }
    }
  }

  /** The thread with the least at hand; a new one rather than one that is at work. */
  #chosen(): Thread | undefined {
    let least: Thread | undefined
    for (const thread of this.#threads) if (least === undefined || thread.atHand.length < least.atHand.length) least = thread
    if (least !== undefined && (least.atHand.length === 0 || this.#threads.length >= this.#count)) return least.atHand.length < AT_HAND_MAX ? least : undefined
    const started = this.#start()
    this.#threads.push(started)
    return started
  }

  #start(): Thread {
    const worker = new Worker(moduleFile('./block-worker', import.meta.url), { resourceLimits: LIMITS })
    const gone = new Promise<void>((resolve) => void worker.once('exit', () => resolve()))
    const thread: Thread = { worker, atHand: [], slots: [], turn: 0, gone, isGone: false }
    worker.on('message', (answer: BlockAnswer) => {
      const waiting = thread.atHand.shift()
      if (answer.kind === 'done') waiting?.resolve(answer.result)
      else waiting?.reject(new Fault(answer.code, answer.text, { context: answer.context }))
      this.#dispatch()
    })
    worker.on('error', (error) => this.#lose(thread, faultOf(error)))
    worker.on('exit', () => {
      thread.isGone = true
      this.#lose(thread, new Fault('internal', 'a thread for blocks ended early'))
    })
    return thread
  }

  /** A thread that died: nothing is right any more, so nothing goes on. */
  #lose(thread: Thread, reason: Fault): void {
    for (const waiting of thread.atHand.splice(0)) waiting.reject(reason)
    this.#end(reason)
  }

  #end(reason: Fault): void {
    if (this.#ended !== undefined) return
    this.#ended = reason
    for (const waiting of this.#queue.splice(0)) waiting.reject(reason)
    for (const { worker, isGone } of this.#threads) if (!isGone) worker.postMessage({ kind: 'close' } satisfies BlockThreadMessage)
  }
}

/** `count`: one a core, four at most. Must be disposed of. */
export function startBlockThreads(count: number = Math.min(availableParallelism(), THREADS_MAX)): BlockThreads {
  return new WorkerThreads(Math.max(1, count))
}
