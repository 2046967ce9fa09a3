// What happens to connections between server and client.

import type { FaultKind } from '../contract.ts'
import { clientLeftStuck } from './network/client-left-stuck.ts'
import { clientWentAway } from './network/client-went-away.ts'
import { connectRefused } from './network/connect-refused.ts'
import { connectTimedOut } from './network/connect-timed-out.ts'
import { connectionEndedEarly } from './network/connection-ended-early.ts'
import { connectionsLostAtOnce } from './network/connections-lost-at-once.ts'
import { idleConnectionCut } from './network/idle-connection-cut.ts'
import { keepaliveHalfCure } from './network/keepalive-half-cure.ts'
import { nameNotFound } from './network/name-not-found.ts'
import { noAcknowledgement } from './network/no-acknowledgement.ts'
import { noReply } from './network/no-reply.ts'

export const NETWORK_KINDS: readonly FaultKind[] = [
  clientLeftStuck,
  clientWentAway,
  connectRefused,
  connectTimedOut,
  connectionEndedEarly,
  connectionsLostAtOnce,
  idleConnectionCut,
  keepaliveHalfCure,
  nameNotFound,
  noAcknowledgement,
  noReply,
]
