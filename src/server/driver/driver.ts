// Carries out what driver-step.ts decides: starts and aborts dumps and tapes through the doors it is given, tells the step what became of
// them, and ends when everything has. Owns the driver's state; nobody else changes it.

import { assert } from '../../kernel/assert.ts'
import type { Clock } from '../../kernel/clock.ts'
import { Fault, faultOf } from '../../kernel/fault.ts'
import type { DumpId } from '../../catalog/contract.ts'
import { driverStep, type JobTransition } from './driver-step.ts'
import type { DriverEffect, DriverEvent, DriverState, DumpResult, FaultFacts, TapeResult } from './driver-state.ts'

export interface DriverDoors {
  readonly clock: Clock
  /** Makes one dump; never rejects for what can go wrong with a dump. */
  dump(effect: Extract<DriverEffect, { kind: 'start-dump' }>, signal: AbortSignal, onBytes: (bytes: number) => void): Promise<DumpResult>
  tape(id: DumpId, path: string, signal: AbortSignal): Promise<TapeResult>
  holdingFreeBytes(): Promise<number>
  /** Everything that is only news: waits, retries, ends, degraded. */
  onNews(effect: Extract<DriverEffect, { kind: 'waits' | 'retry' | 'end-job' | 'degraded' }>): void
  /** For whoever counts them. */
  onTransition?(transition: JobTransition): void
}

export function factsOf(fault: Fault): FaultFacts {
  return { code: fault.code, message: fault.message, retry: fault.retry }
}

export class Driver {
  readonly #doors: DriverDoors
  readonly #controllers = new Map<string, AbortController>()
  readonly #ended = Promise.withResolvers<void>()
  #state: DriverState
  #events: DriverEvent[] = []
  #isDispatching = false

  constructor(state: DriverState, doors: DriverDoors) {
    this.#state = state
    this.#doors = doors
  }

  /** Resolves when every job has ended; rejects only for a defect of ours. */
  run(): Promise<void> {
    this.#dispatch({ kind: 'started' })
    return this.#ended.promise
  }

  /** `ids` undefined: all, and nothing more is begun. */
  cancel(fault: Fault, ids?: readonly DumpId[]): void {
    this.#dispatch({ kind: 'cancel', fault: factsOf(fault), ...(ids === undefined ? {} : { ids }) })
  }

  /** Effects may lead to further events at once; those wait until the effects of this one are carried out. */
  #dispatch(event: DriverEvent): void {
    this.#events.push(event)
    if (this.#isDispatching) return
    this.#isDispatching = true
    try {
      for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
        const step = driverStep(this.#state, next, this.#doors.clock.monotonicMs())
        this.#state = step.state
        for (const transition of step.transitions) this.#doors.onTransition?.(transition)
        for (const effect of step.effects) this.#carryOut(effect)
      }
    } catch (error) {
      this.#ended.reject(error)
    } finally {
      this.#isDispatching = false
    }
  }

  #carryOut(effect: DriverEffect): void {
    switch (effect.kind) {
      case 'start-dump':
        return this.#start(`dump ${effect.id}`, (signal) => this.#dump(effect, signal))
      case 'start-tape':
        return this.#start(`tape ${effect.id}`, (signal) => this.#tape(effect.id, effect.path, signal))
      case 'abort-dump':
        return this.#controllers.get(`dump ${effect.id}`)?.abort(new Fault('cancelled', effect.fault.message))
      case 'abort-tape':
        return this.#controllers.get(`tape ${effect.id}`)?.abort(new Fault('cancelled', effect.fault.message))
      case 'wake':
        return this.#wakeAt(effect.atMs)
      case 'all-ended':
        return this.#ended.resolve()
      case 'waits':
      case 'retry':
      case 'end-job':
      case 'degraded':
        return this.#doors.onNews(effect)
    }
  }

  /** A timer may fire a little early; a tick before its time would be lost. */
  #wakeAt(atMs: number): void {
    const { clock } = this.#doors
    clock.setTimer(Math.max(1, Math.ceil(atMs - clock.monotonicMs())), () => {
      if (this.#state.hasEnded) return
      if (clock.monotonicMs() < atMs) this.#wakeAt(atMs)
      else this.#dispatch({ kind: 'tick' })
    })
  }

  #start(key: string, work: (signal: AbortSignal) => Promise<DriverEvent>): void {
    assert(!this.#controllers.has(key), `${key} runs twice`)
    const controller = new AbortController()
    this.#controllers.set(key, controller)
    const finish = async (): Promise<void> => {
      const event = await work(controller.signal)
      const bytes = await this.#doors.holdingFreeBytes().catch(() => 0)
      this.#controllers.delete(key)
      this.#dispatch({ kind: 'holding-free', bytes })
      this.#dispatch(event)
    }
    finish().catch((error: unknown) => this.#ended.reject(error))
  }

  async #dump(effect: Extract<DriverEffect, { kind: 'start-dump' }>, signal: AbortSignal): Promise<DriverEvent> {
    const { id } = effect
    try {
      const result = await this.#doors.dump(effect, signal, (bytes) => this.#dispatch({ kind: 'progress', id, bytes }))
      return { kind: 'dump-ended', id, result }
    } catch (error) {
      return { kind: 'dump-ended', id, result: { kind: 'failed', fault: factsOf(faultOf(error)) } }
    }
  }

  async #tape(id: DumpId, path: string, signal: AbortSignal): Promise<DriverEvent> {
    try {
      return { kind: 'tape-ended', id, result: await this.#doors.tape(id, path, signal) }
    } catch (error) {
      return { kind: 'tape-ended', id, result: { kind: 'failed', fault: factsOf(faultOf(error)) } }
    }
  }
}
