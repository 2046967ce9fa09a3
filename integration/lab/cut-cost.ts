// What the cuts of a link cost, from what the agent logged: its side has the dump's data in flight.

import type { AgentLogEntry } from './holdfast.ts'

export interface CutCost {
  readonly cuts: number
  /** Sent and not acknowledged when links were lost; with what the server may have had in flight, the most that may be sent again. */
  readonly bytesInFlight: number
  readonly bytesResent: number
  /** Milliseconds from the loss of a link to the next, the longest. */
  readonly longestOutageMs: number
  /** The heartbeat that was learned last. */
  readonly learnedHeartbeatMs: number | undefined
}

export function cutCost(log: readonly AgentLogEntry[]): CutCost {
  const of = (message: string, field: string): number[] => log.filter(({ msg }) => msg === message).map((entry) => Number(entry[field]))
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0)
  const inFlight = of('link lost, dumps wait', 'unacknowledgedBytes')
  return {
    cuts: inFlight.length,
    bytesInFlight: sum(inFlight),
    bytesResent: sum(of('link back, dumps go on', 'resentBytes')),
    longestOutageMs: Math.max(0, ...of('link back, dumps go on', 'outageMs')),
    learnedHeartbeatMs: of('the heartbeat was adapted to the path', 'heartbeatMs').at(-1),
  }
}
