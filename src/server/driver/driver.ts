// Carries out what driver-step.ts decides: starts and aborts dumps and tapes through the doors it is given, tells the step what became of
// them, and ends when everything has. Owns the driver's state; nobody else changes it.

import { assert } from '../../kernel/assert.ts'
import type { Clock } from '../../kernel/clock.ts'
import { Fault, faultOf } from '../../kernel/fault.ts'
import type { DumpId } from '../../catalog/contract.ts'
import type { HoldingAllotment, HoldingDiskRoom, HoldingPiece } from '../../storage/holding/contract.ts'
import type { JobTransition } from './driver-draft.ts'
import { driverStep } from './driver-step.ts'
import type { DriverEffect, DriverEvent, DriverState, DumpResult, FaultFacts, TapeResult, VolumeNews } from './driver-state.ts'

export interface DriverDoors {
  readonly clock: Clock
  /** Makes one dump, on the holding disks in the room it is given; never rejects for what can go wrong with a dump. */
  dump(effect: Extract<DriverEffect, { kind: 'start-dump' }>, signal: AbortSignal, room: HoldingAllotment): Promise<DumpResult>
  tape(id: DumpId, path: string, signal: AbortSignal): Promise<TapeResult>
  holdingRooms(): Promise<readonly HoldingDiskRoom[]>
  /** Everything that is only news: waits, retries, ends, degraded. */
  onNews(effect: Extract<DriverEffect, { kind: 'waits' | 'retry' | 'end-job' | 'degraded' }>): void
  /** After every step; viewOf (driver-view.ts) makes of it what Amanda tells. */
  onState?(state: DriverState): void
  /** For whoever counts them. */
  onTransition?(transition: JobTransition): void
}

export function factsOf(fault: Fault): FaultFacts {
  return { code: fault.code, message: fault.message, retry: fault.retry }
}

export class Driver {
  readonly #doors: DriverDoors
  readonly #controllers = new Map<string, AbortController>()
  /** Dumps that wait for more room. */
  readonly #wanting = new Map<DumpId, PromiseWithResolvers<readonly HoldingPiece[]>>()
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

  /** What has become of the volume that is being filled. */
  volume(news: VolumeNews): void {
    this.#dispatch(news)
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
        this.#doors.onState?.(step.state)
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
      case 'give-room':
        return this.#answerRoom(effect.id)?.resolve(effect.pieces)
      case 'refuse-room':
        return this.#answerRoom(effect.id)?.reject(new Fault('holding-full', effect.fault.message))
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
      await this.#measure()
      this.#controllers.delete(key)
      this.#dispatch(event)
    }
    finish().catch((error: unknown) => this.#ended.reject(error))
  }

  /** Disks that do not answer keep the room they had: what is given of it fails when it is written to. */
  async #measure(): Promise<void> {
    const disks = await this.#doors.holdingRooms().catch(() => undefined)
    if (disks !== undefined && !this.#state.hasEnded) this.#dispatch({ kind: 'holding-room', disks })
  }

  #answerRoom(id: DumpId): PromiseWithResolvers<readonly HoldingPiece[]> | undefined {
    const wanting = this.#wanting.get(id)
    this.#wanting.delete(id)
    return wanting
  }

  async #moreRoom(id: DumpId): Promise<readonly HoldingPiece[]> {
    await this.#measure()
    const wanting = Promise.withResolvers<readonly HoldingPiece[]>()
    this.#wanting.set(id, wanting)
    this.#dispatch({ kind: 'room-wanted', id })
    return wanting.promise
  }

  async #dump(effect: Extract<DriverEffect, { kind: 'start-dump' }>, signal: AbortSignal): Promise<DriverEvent> {
    const { id } = effect
    try {
      const result = await this.#doors.dump(effect, signal, { pieces: effect.pieces, more: () => this.#moreRoom(id) })
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
