// The threads that write, as seen by the thread that reads: items are handed to them in order, as far as they depend on each other, and come back as reports. With no
// threads the caller's thread does the work, step by step the same.

import { Worker } from 'node:worker_threads'
import { Fault, faultOf } from '../../kernel/fault.ts'
import type { FaultCode } from '../../kernel/fault-codes.ts'
import { moduleFile } from '../../kernel/module-file.ts'
import { atCalls } from '../../posix/at-calls.ts'
import { BATCH_BYTES } from './batch.ts'
import type { FeedItem, FeedSink } from './archive-feed.ts'
import type { OutcomeReport } from './outcomes.ts'
import { TreeWriter, type WriterOrder } from './tree-writer.ts'

/** What a writer is told; each is answered once. */
export type WriterCall =
  | { readonly kind: 'batch'; readonly buffer: ArrayBuffer; readonly usedBytes: number }
  | { readonly kind: 'renames'; readonly renames: (FeedItem & { kind: 'renames' })['renames'] }
  | { readonly kind: 'forget' | 'links' | 'implied' | 'directories' | 'close' }

export type WriterAnswer =
  | { readonly kind: 'done'; readonly buffer?: ArrayBuffer; readonly report?: OutcomeReport }
  | { readonly kind: 'failed'; readonly code: FaultCode; readonly message: string }

/** Carries out one call; what both the worker and the caller's thread do. */
export function carryOut(writer: TreeWriter, call: WriterCall): WriterAnswer {
  try {
    switch (call.kind) {
      case 'batch':
        writer.run(call.buffer, call.usedBytes)
        return { kind: 'done', buffer: call.buffer }
      case 'renames':
        writer.rename(call.renames)
        break
      case 'forget':
        writer.forget()
        break
      case 'links':
        writer.finishLinks()
        break
      case 'implied':
        writer.finishImplied()
        break
      case 'directories':
        writer.finishDirectories()
        break
      case 'close':
        writer.close()
        return { kind: 'done', report: writer.outcomes.report() }
    }
    return { kind: 'done' }
  } catch (error) {
    const fault = faultOf(error)
    return { kind: 'failed', code: fault.code, message: fault.message }
  }
}

/** One writer: calls are carried out in order. */
interface Channel {
  call(call: WriterCall): Promise<WriterAnswer>
  /** Behind a call of `close`. */
  end(): Promise<void>
}

/** MiB. What a writer holds are lists of directories; what it takes by default it would also keep. */
const LIMITS = { maxYoungGenerationSizeMb: 8, maxOldGenerationSizeMb: 512 }
/** Batches handed over and not yet done, for each writer. */
const AHEAD_MAX = 3

function localChannel(order: WriterOrder): Channel {
  const writer = new TreeWriter(atCalls(), order)
  return { call: (call) => Promise.resolve(carryOut(writer, call)), end: () => Promise.resolve() }
}

function workerChannel(order: WriterOrder): Channel {
  const worker = new Worker(moduleFile('./writer-worker', import.meta.url), { workerData: order, resourceLimits: LIMITS })
  const waiting: ((answer: WriterAnswer) => void)[] = []
  let ended: WriterAnswer | undefined
  const end = (answer: WriterAnswer): void => {
    ended ??= answer
    for (const each of waiting.splice(0)) each(ended)
  }
  worker.on('message', (answer: WriterAnswer) => waiting.shift()?.(answer))
  worker.on('error', (error) => end({ kind: 'failed', code: 'internal', message: faultOf(error).message }))
  const gone = new Promise<void>((resolve) => void worker.once('exit', () => resolve()))
  worker.on('exit', () => end({ kind: 'failed', code: 'internal', message: 'a thread that writes ended' }))
  return {
    call(call) {
      if (ended !== undefined) return Promise.resolve(ended)
      worker.postMessage(call, call.kind === 'batch' ? [call.buffer] : [])
      return new Promise((resolve) => waiting.push(resolve))
    },
    // By itself, behind its `close`: a thread that is ended from outside while it loads native code takes the process with it.
    end: () => gone,
  }
}

export class Writers implements FeedSink {
  readonly #channels: readonly Channel[]
  readonly #queue: FeedItem[] = []
  readonly #free: ArrayBuffer[] = []
  /** Calls that were not answered. */
  #outstanding = 0
  #failure: Fault | undefined
  #wake: (() => void) | undefined

  constructor(order: Omit<WriterOrder, 'writer'>, threads: number) {
    this.#channels = threads === 0 ? [localChannel({ ...order, writer: 0 })] : Array.from({ length: threads }, (_, writer) => workerChannel({ ...order, writer }))
  }

  buffer(): ArrayBuffer {
    return this.#free.pop() ?? new ArrayBuffer(BATCH_BYTES)
  }

  take(item: FeedItem): void {
    this.#queue.push(item)
    this.#dispatch()
  }

  /** Resolves when there is room for more; rejects with what ended a writer. */
  async ready(): Promise<void> {
    await this.#until(() => this.#queue.length === 0 && this.#outstanding < AHEAD_MAX * this.#channels.length)
  }

  /** Everything that was taken is done, then what waits for the end: links, ordinary modes, directories. Resolves to the reports. */
  async finish(): Promise<OutcomeReport[]> {
    await this.#until(() => this.#queue.length === 0 && this.#outstanding === 0)
    for (const kind of ['links', 'implied', 'directories'] as const) await this.#callAll({ kind })
    const answers = await this.#callAll({ kind: 'close' })
    return answers.flatMap(({ report }) => report ?? [])
  }

  /** Ends the writers; what they were doing is broken off. */
  async end(): Promise<void> {
    this.#queue.length = 0
    if (this.#failure === undefined && this.#outstanding === 0) await Promise.all(this.#channels.map((channel) => channel.call({ kind: 'close' })))
    else await Promise.all(this.#channels.map((channel) => channel.call({ kind: 'close' }).then(() => undefined)))
    await Promise.all(this.#channels.map((channel) => channel.end()))
  }

  #dispatch(): void {
    for (let item = this.#queue[0]; item !== undefined; item = this.#queue[0]) {
      if (item.kind !== 'batch') {
        if (this.#outstanding > 0) return
        this.#queue.shift()
        if (item.kind === 'renames') this.#renames(item)
        continue
      }
      this.#queue.shift()
      void this.#call(item.writer, { kind: 'batch', buffer: item.buffer, usedBytes: item.usedBytes })
    }
  }

  #renames({ renames }: FeedItem & { kind: 'renames' }): void {
    this.#channels.forEach((_, writer) => void this.#call(writer, { kind: 'forget' }))
    this.#queue.unshift({ kind: 'barrier' })
    void this.#call(0, { kind: 'renames', renames })
  }

  async #callAll(call: WriterCall): Promise<(WriterAnswer & { kind: 'done' })[]> {
    const answers = await Promise.all(this.#channels.map((_, writer) => this.#call(writer, call)))
    if (this.#failure !== undefined) throw this.#failure
    return answers.flatMap((answer) => (answer.kind === 'done' ? [answer] : []))
  }

  async #call(writer: number, call: WriterCall): Promise<WriterAnswer> {
    this.#outstanding++
    const answer = await (this.#channels[writer]?.call(call) ?? Promise.resolve<WriterAnswer>({ kind: 'failed', code: 'internal', message: `there is no writer ${writer}` }))
    this.#outstanding--
    if (answer.kind === 'failed') this.#failure ??= new Fault(answer.code, answer.message)
    else if (answer.buffer?.byteLength === BATCH_BYTES) this.#free.push(answer.buffer)
    this.#dispatch()
    this.#wake?.()
    return answer
  }

  async #until(isSo: () => boolean): Promise<void> {
    for (;;) {
      if (this.#failure !== undefined) throw this.#failure
      if (isSo()) return
      await new Promise<void>((resolve) => (this.#wake = resolve))
      this.#wake = undefined
    }
  }
}
