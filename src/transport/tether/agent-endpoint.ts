// The agent's end of its tether: one peer, the server, which it dials and keeps. It serves the server's requests with the handler it
// is given.

import type { BufferPool } from '../../kernel/buffer-pool.ts'
import type { Clock } from '../../kernel/clock.ts'
import type { EventSink, Log } from '../../kernel/log.ts'
import type { Random } from '../../kernel/random.ts'
import type { RequestHandler } from '../contract.ts'
import { RECEIVE_BUDGET_BYTES, REPLAY_BUDGET_BYTES } from './limits.ts'
import type { LinkDialer } from './link.ts'
import { TetherPeer, type LinkEvent } from './peer.ts'
import type { VersionRange } from './session-types.ts'

export interface AgentEndpointOptions {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly dialer: LinkDialer
  readonly handler: RequestHandler
  /** The name this host believes to have. */
  readonly hostName: string
  /** 16 bytes that stay with the machine. */
  readonly machineId: Uint8Array
  readonly program: string
  readonly buffers: BufferPool
  readonly onLinkEvent: EventSink<LinkEvent>
  /** The server accepted our next key (SPKI): dial with it from now on. */
  readonly onKeyAccepted?: (spki: Uint8Array) => void
  /** The server asks for a renewal of our key. */
  readonly onRenewalAsked?: () => void
  /** Versions of the protocol this agent speaks; by default all that the program knows. */
  readonly versions?: VersionRange
  readonly heartbeatMs?: number
  readonly deadAfterMs?: number
  readonly sessionHoldMs?: number
}

/** Starts dialling at once. End it with `end('shutting-down', …)`. */
export function startAgentEndpoint(options: AgentEndpointOptions): TetherPeer {
  const { clock, random, log, dialer, handler, hostName, machineId, program, buffers, onLinkEvent, onKeyAccepted, onRenewalAsked, versions, heartbeatMs, deadAfterMs, sessionHoldMs } = options
  const peer = new TetherPeer({
    host: 'server',
    clock,
    log,
    dialer,
    handler,
    onLinkEvent,
    onRenewed: (phase, spki) => {
      if (phase === 'accept') onKeyAccepted?.(spki)
      else if (phase === 'ask') onRenewalAsked?.()
    },
    session: {
      role: 'agent',
      hostName,
      machineId,
      instanceId: random.bytes(16),
      program,
      randomBytes: (count) => random.bytes(count),
      buffers,
      replayBudget: { limitBytes: REPLAY_BUDGET_BYTES, usedBytes: 0 },
      receiveBudget: { limitBytes: RECEIVE_BUDGET_BYTES, usedBytes: 0 },
      ...versions,
      ...(heartbeatMs === undefined ? {} : { heartbeatMs }),
      ...(deadAfterMs === undefined ? {} : { deadAfterMs }),
      ...(sessionHoldMs === undefined ? {} : { sessionHoldMs }),
    },
  })
  peer.start()
  return peer
}
