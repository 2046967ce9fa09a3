// What the two programs of the tether world do: one side asks for a job, the other opens streams, answers with their numbers and writes;
// the asker reads at its own pace. Every byte is known in advance, so delivery is checked to the byte. Jobs that a restart took
// away are asked for again.

import { allocateRequest, allocateStream } from '../../src/transport/tether/session.ts'
import type { SessionEffect } from '../../src/transport/tether/session-types.ts'
import type { Random } from '../../src/kernel/random.ts'
import { fail } from '../world.ts'
import type { Side, TetherPair } from './tether-pair.ts'

const PATTERN_BYTES = 65_521
const PATTERN = Buffer.from(Uint8Array.from({ length: PATTERN_BYTES * 6 }, (_unused, index) => (((index % PATTERN_BYTES) * 31) ^ ((index % PATTERN_BYTES) >> 7)) & 0xff))

/** One stream of a job. */
export interface StreamPlan {
  readonly bytes: number
  readonly endCode: string
  /** The reader gives up after so many bytes; -1: never. */
  readonly stopAfter: number
  readonly writeMs: number
  readonly readMs: number
  /** A silent phase of the writer, and of the reader, in the middle. */
  readonly silentMs: number
  readonly mediaMs: number
}

interface Job {
  readonly id: number
  readonly asker: Side
  readonly plans: readonly StreamPlan[]
  state: 'waiting' | 'asked' | 'done'
  streamsRead: number
  streamsWritten: number
}

interface Writer {
  readonly job: Job
  readonly plan: StreamPlan
  readonly key: number
  written: number
  isPaused: boolean
  isOver: boolean
}

interface Reader {
  readonly job: Job
  readonly plan: StreamPlan
  readonly key: number
  received: number
  unread: number
  isReading: boolean
  /** When it was stopped; what the same step delivers after that is dropped. */
  stoppedAtMs: number
  hasPaused: boolean
}

interface SideState {
  generation: number
  readonly writers: Map<number, Writer>
  readonly readers: Map<number, Reader>
  readonly asked: Map<number, { readonly job: Job; opened: number }>
  readonly committed: Map<number, number>
}

export class TetherProgram {
  readonly jobs: Job[] = []
  readonly #pair: () => TetherPair
  readonly #random: Random
  readonly #sides: Record<Side, SideState>

  constructor(pair: () => TetherPair, random: Random) {
    this.#pair = pair
    this.#random = random
    const create = (): SideState => ({ generation: 0, writers: new Map(), readers: new Map(), asked: new Map(), committed: new Map() })
    this.#sides = { agent: create(), server: create() }
  }

  get isDone(): boolean {
    return this.jobs.every((job) => job.state === 'done')
  }

  describe(): string {
    const open = this.jobs.filter((job) => job.state !== 'done')
    const of = (side: Side): string => [...this.#sides[side].readers].map(([id, reader]) => `${side} reads ${id}: ${reader.received} of ${reader.plan.bytes}`).concat([...this.#sides[side].writers].filter(([, writer]) => !writer.isOver).map(([id, writer]) => `${side} writes ${id}: ${writer.written} of ${writer.plan.bytes}`)).join(', ')
    return `${open.length} jobs open (${open.map((job) => `${job.id} ${job.state} ${job.streamsRead}/${job.streamsWritten}/${job.plans.length}`).join(' ')}); ${of('agent')} ${of('server')}`
  }

  add(asker: Side, plans: readonly StreamPlan[]): void {
    const job: Job = { id: this.jobs.length + 1, asker, plans, state: 'waiting', streamsRead: 0, streamsWritten: 0 }
    this.jobs.push(job)
    this.#later(asker, 0, () => this.#ask(job))
  }

  /** Everything this side knew is gone; its jobs are asked for again. */
  forget(side: Side): void {
    const state = this.#sides[side]
    state.generation += 1
    state.writers.clear()
    state.readers.clear()
    state.asked.clear()
    state.committed.clear()
    for (const job of this.jobs) {
      if (job.state === 'done' || job.asker !== side) continue
      job.state = 'waiting'
      this.#later(side, 500, () => this.#ask(job))
    }
  }

  #ask(job: Job): void {
    const side = job.asker
    if (job.state !== 'waiting') return
    const pair = this.#pair()
    job.state = 'asked'
    job.streamsRead = 0
    job.streamsWritten = 0
    const request = allocateRequest(pair.sessions[side])
    this.#sides[side].asked.set(request, { job, opened: 0 })
    pair.post(side, { kind: 'request', request, service: 'sendbackup', body: String(job.id) })
  }

  #later(side: Side, afterMs: number, run: () => void): void {
    const { generation } = this.#sides[side]
    const { time } = this.#pair()
    const due = (): void => {
      if (generation !== this.#sides[side].generation) return
      // The program stands still with its process.
      const untilMs = this.#pair().stalledUntilMs(side)
      if (untilMs > time.nowMs) time.at(untilMs, due)
      else run()
    }
    time.at(time.nowMs + afterMs, due)
  }

  effect(side: Side, effect: SessionEffect): void {
    const state = this.#sides[side]
    const pair = this.#pair()
    switch (effect.kind) {
      case 'reset':
        return this.forget(side)
      case 'packet':
        if (effect.packet === 'req') return this.#serve(side, effect.request, Number(effect.body))
        if (effect.packet === 'rep') state.asked.delete(effect.request)
        return
      case 'stream-opened': {
        const asked = state.asked.get(effect.request)
        const plan = asked?.job.plans[asked.opened]
        if (asked === undefined || plan === undefined) return fail(`${side}: stream ${effect.stream} of an unknown request`)
        state.readers.set(effect.stream, { job: asked.job, plan, key: asked.job.id * 7919 + asked.opened, received: 0, unread: 0, isReading: false, stoppedAtMs: Number.POSITIVE_INFINITY, hasPaused: false })
        asked.opened += 1
        return
      }
      case 'deliver':
        return this.#receive(side, effect.stream, effect.piece)
      case 'stream-ended':
        return this.#end(side, effect.stream, effect.code)
      case 'room': {
        const writer = state.writers.get(effect.stream)
        if (writer !== undefined) this.#later(side, writer.plan.writeMs, () => this.#write(side, effect.stream, writer))
        return
      }
      case 'stopped': {
        const writer = state.writers.get(effect.stream)
        if (writer !== undefined) writer.isOver = true
        return
      }
      case 'finished': {
        const writer = state.writers.get(effect.stream)
        if (writer === undefined) return
        state.writers.delete(effect.stream)
        return this.#count(writer.job, 'streamsWritten')
      }
      case 'committed': {
        const readerSide = side === 'agent' ? 'server' : 'agent'
        const committed = this.#sides[readerSide].committed.get(effect.stream)
        if (committed !== undefined && effect.offset > committed) fail(`${side}: ${effect.offset} bytes of stream ${effect.stream} called durable, the reader committed ${committed}`)
        return
      }
      case 'established':
        if (!effect.isResumed) pair.splitter = this.#splitter()
        return
      default:
    }
  }

  #splitter(): (chunk: Uint8Array) => readonly Uint8Array[] {
    return (chunk) => {
      if (chunk.length < 2 || this.#random.int(8) > 0) return [chunk]
      const at = 1 + this.#random.int(chunk.length - 1)
      return [chunk.subarray(0, at), chunk.subarray(at)]
    }
  }

  #serve(side: Side, request: number, jobId: number): void {
    const job = this.jobs[jobId - 1]
    if (job === undefined) return fail(`${side}: request for job ${jobId}`)
    const pair = this.#pair()
    const state = this.#sides[side]
    const numbers = job.plans.map((plan, index) => {
      const stream = allocateStream(pair.sessions[side])
      pair.post(side, { kind: 'open', stream, request })
      state.writers.set(stream, { job, plan, key: job.id * 7919 + index, written: 0, isPaused: false, isOver: false })
      return stream
    })
    pair.post(side, { kind: 'reply', request, packet: 'prep', body: 'working' })
    pair.post(side, { kind: 'reply', request, packet: 'rep', body: numbers.join(' ') })
    for (const stream of numbers) {
      const writer = state.writers.get(stream)
      if (writer !== undefined) this.#later(side, 1, () => this.#write(side, stream, writer))
    }
    // The asker's direction carries nothing.
    for (const stream of numbers) pair.post(side, { kind: 'stop', stream, code: 'cancelled', text: 'one way' })
  }

  #write(side: Side, stream: number, writer: Writer): void {
    if (writer.isOver) return
    const { plan } = writer
    if (!writer.isPaused && writer.written >= plan.bytes / 2 && plan.silentMs > 0) {
      writer.isPaused = true
      return this.#later(side, plan.silentMs, () => this.#write(side, stream, writer))
    }
    const left = plan.bytes - writer.written
    if (left === 0) {
      writer.isOver = true
      return this.#pair().post(side, { kind: 'end', stream, code: plan.endCode, text: 'end' })
    }
    const bytes = Math.min(left, 1 + this.#random.int(this.#random.int(4) === 0 ? 200_000 : 20_000))
    const from = (writer.key + writer.written) % PATTERN_BYTES
    writer.written += bytes
    this.#pair().post(side, { kind: 'write', stream, piece: PATTERN.subarray(from, from + bytes) })
  }

  #receive(side: Side, stream: number, piece: Buffer): void {
    const reader = this.#sides[side].readers.get(stream)
    if (reader === undefined) return fail(`${side}: bytes for stream ${stream}, which nobody reads`)
    const from = (reader.key + reader.received) % PATTERN_BYTES
    if (Buffer.compare(piece, PATTERN.subarray(from, from + piece.length)) !== 0) return fail(`${side}: stream ${stream} is wrong at ${reader.received}`)
    reader.received += piece.length
    reader.unread += piece.length
    this.#pair().buffers[side].give(piece)
    const { plan } = reader
    if (reader.received > plan.bytes) return fail(`${side}: stream ${stream} has ${reader.received} bytes of ${plan.bytes}`)
    const { nowMs } = this.#pair().time
    if (reader.stoppedAtMs < nowMs) return fail(`${side}: bytes for stream ${stream} after it was stopped`)
    if (reader.stoppedAtMs === nowMs) return
    if (plan.stopAfter >= 0 && reader.received > plan.stopAfter) {
      reader.stoppedAtMs = nowMs
      return this.#pair().post(side, { kind: 'stop', stream, code: 'disk-full', text: 'enough' })
    }
    if (!reader.isReading) {
      reader.isReading = true
      this.#later(side, plan.readMs, () => this.#consume(side, stream, reader))
    }
  }

  #consume(side: Side, stream: number, reader: Reader): void {
    if (!reader.hasPaused && reader.plan.mediaMs > 0 && reader.received > reader.plan.bytes / 3) {
      reader.hasPaused = true
      return this.#later(side, reader.plan.mediaMs, () => this.#consume(side, stream, reader))
    }
    reader.isReading = false
    if (reader.stoppedAtMs < Number.POSITIVE_INFINITY) return
    const bytes = reader.unread
    reader.unread = 0
    const pair = this.#pair()
    pair.post(side, { kind: 'consumed', stream, bytes })
    const committed = reader.received
    this.#sides[side].committed.set(stream, committed)
    if (this.#random.int(3) === 0) pair.post(side, { kind: 'commit', stream, offset: committed })
  }

  #end(side: Side, stream: number, code: string): void {
    const reader = this.#sides[side].readers.get(stream)
    const writer = this.#sides[side].writers.get(stream)
    if (reader === undefined) {
      // The direction that carries nothing: the asker never ends it but by our STOP.
      if (writer === undefined && code !== 'cancelled') fail(`${side}: end of stream ${stream}, which nobody reads`)
      return
    }
    this.#sides[side].readers.delete(stream)
    const isWhole = reader.received === reader.plan.bytes
    const isStopped = reader.stoppedAtMs < Number.POSITIVE_INFINITY
    if (code !== '' && code !== reader.plan.endCode && !isStopped) return fail(`${side}: stream ${stream} ended with ${code}`)
    if (code === '' && !isWhole && !isStopped) return fail(`${side}: stream ${stream} ended well with ${reader.received} of ${reader.plan.bytes} bytes`)
    this.#count(reader.job, 'streamsRead')
  }

  #count(job: Job, what: 'streamsRead' | 'streamsWritten'): void {
    if (job.state !== 'asked') return
    job[what] += 1
    if (job.streamsRead >= job.plans.length && job.streamsWritten >= job.plans.length) job.state = 'done'
  }
}
