// What happens to connections between server and client.

import type { FaultKind } from '../contract.ts'
import { amandadCannotStart } from './network/amandad-cannot-start.ts'
import { clientBusy } from './network/client-busy.ts'
import { clientLeftStuck } from './network/client-left-stuck.ts'
import { clientWentAway } from './network/client-went-away.ts'
import { connectRefused } from './network/connect-refused.ts'
import { connectTimedOut } from './network/connect-timed-out.ts'
import { connectionEndedEarly } from './network/connection-ended-early.ts'
import { connectionResetAtOnce } from './network/connection-reset-at-once.ts'
import { connectionsLostAtOnce } from './network/connections-lost-at-once.ts'
import { hostUnreachable } from './network/host-unreachable.ts'
import { idleConnectionCut } from './network/idle-connection-cut.ts'
import { keepaliveHalfCure } from './network/keepalive-half-cure.ts'
import { localhostNotFound } from './network/localhost-not-found.ts'
import { nameNotFound } from './network/name-not-found.ts'
import { networkUnreachable } from './network/network-unreachable.ts'
import { noAcknowledgement } from './network/no-acknowledgement.ts'
import { noReply } from './network/no-reply.ts'
import { notAmandad } from './network/not-amandad.ts'
import { portRangeNotAllowed } from './network/port-range-not-allowed.ts'
import { replyNotAcknowledged } from './network/reply-not-acknowledged.ts'
import { requestTooLarge } from './network/request-too-large.ts'
import { reservedPortDenied } from './network/reserved-port-denied.ts'
import { reservedPortsBusy } from './network/reserved-ports-busy.ts'
import { sourceAddressMissing } from './network/source-address-missing.ts'
import { streamNotConnected } from './network/stream-not-connected.ts'

export const NETWORK_KINDS: readonly FaultKind[] = [
  amandadCannotStart,
  clientBusy,
  clientLeftStuck,
  clientWentAway,
  connectRefused,
  connectTimedOut,
  connectionEndedEarly,
  connectionResetAtOnce,
  connectionsLostAtOnce,
  hostUnreachable,
  idleConnectionCut,
  keepaliveHalfCure,
  localhostNotFound,
  nameNotFound,
  networkUnreachable,
  noAcknowledgement,
  noReply,
  notAmandad,
  portRangeNotAllowed,
  replyNotAcknowledged,
  requestTooLarge,
  reservedPortDenied,
  reservedPortsBusy,
  sourceAddressMissing,
  streamNotConnected,
]
