// Carries the search for an idle limit out on real hands: its effects become orders, what the hands see becomes its events, its wishes to be
// woken become timers.

import type { Timer } from '../../kernel/clock.ts'
import { Fault } from '../../kernel/fault.ts'
import type { ProbeEvent } from '../../wire/probe/frame.ts'
import type { IdleFacts, PathEnd } from '../../wire/probe/path-facts.ts'
import { createIdleSearch, stepIdleSearch, type SearchEffect, type SearchEvent } from './idle-search.ts'
import type { ProbeExchange } from './probe-exchange.ts'
import { planProbes } from './probe-plan.ts'

export interface IdleOptions {
  readonly upToMs: number
  readonly security: 'plain' | 'tls'
  readonly speakers: readonly PathEnd[]
  readonly isKept: boolean
  readonly roundTripMs: number
}

function searchEventOf(end: PathEnd, event: ProbeEvent): SearchEvent | undefined {
  switch (event.kind) {
    case 'opened':
    case 'answered':
    case 'heard':
      return { kind: event.kind, connection: event.connection }
    case 'spoke':
      return { kind: 'spoke', connection: event.connection, idleMs: event.idleMs }
    case 'ended':
      // That TCP gave up after its own time is silence.
      return { kind: 'ended', connection: event.connection, end, how: event.end === 'reset' ? 'reset' : event.end === 'timed-out' ? 'silence' : 'closed', idleMs: event.idleMs }
    default:
      return undefined
  }
}

/** Rejects with `cancelled`; every other end is in the facts. */
export function measureIdle(exchange: ProbeExchange, options: IdleOptions, onElapsed: (elapsedMs: number) => void, signal: AbortSignal): Promise<IdleFacts> {
  const { rig } = exchange
  const { clock } = rig
  const { upToMs, security, speakers, isKept, roundTripMs } = options
  const search = createIdleSearch(planProbes({ upToMs, speakers, isKept }), speakers, roundTripMs)
  const startedMs = clock.monotonicMs()
  const cutsBefore = rig.cutCount()
  return new Promise((resolve, reject) => {
    let timer: Timer | undefined
    const waiting: SearchEvent[] = []
    let isStepping = false
    const end = (act: () => void): void => {
      timer?.cancel()
      exchange.watch(undefined)
      signal.removeEventListener('abort', onAbort)
      act()
    }
    const onAbort = (): void => {
      for (const hand of ['dialler', 'acceptor'] as const) rig.order(hand, { kind: 'drop', connection: 0 })
      end(() => reject(new Fault('cancelled', 'the measurement was ended')))
    }
    const carryOut = (effect: SearchEffect): void => {
      switch (effect.kind) {
        case 'open': {
          const { connection, mode, intervalMs, speaker } = effect.probe
          return rig.order('dialler', { kind: 'open', connection, mode, intervalMs, security, lastWord: speaker })
        }
        case 'speak':
          return rig.order(effect.end, { kind: 'speak', connection: effect.connection, bytes: 0 })
        case 'drop':
          return exchange.drop(effect.connection)
        case 'wake':
          timer?.cancel()
          timer = effect.atMs === Number.POSITIVE_INFINITY ? undefined : clock.setTimer(Math.max(0, effect.atMs - clock.monotonicMs()), () => give({ kind: 'wake' }))
          return
        case 'over':
          return end(() => resolve(effect.facts))
      }
    }
    /** A local hand answers an order at once, so events come while effects are carried out. */
    const give = (event: SearchEvent): void => {
      waiting.push(event)
      if (isStepping) return
      isStepping = true
      for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) for (const effect of stepIdleSearch(search, next, clock.monotonicMs())) carryOut(effect)
      isStepping = false
      onElapsed(clock.monotonicMs() - startedMs)
    }
    exchange.watch({
      event: (hand, event) => {
        const given = searchEventOf(hand, event)
        if (given !== undefined) give(given)
      },
      heard: () => give(rig.cutCount() === cutsBefore ? { kind: 'control-heard' } : { kind: 'control-cut' }),
      down: () => give({ kind: 'control-cut' }),
    })
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) return onAbort()
    give({ kind: 'start' })
  })
}
