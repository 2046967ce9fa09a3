// bsdtcp, ssh and local: packets and streams in tokens over one pipe. A packet's handle is the token's.

import type { Clock } from '../../kernel/clock.ts'
import { decodePacket, encodePacket } from '../../wire/amanda/packet.ts'
import type { Carrier, CarrierHooks } from './client-connection.ts'
import { TokenLink } from './token-link.ts'
import type { TokenPipe } from './token-pipe.ts'

export function tokenCarrier(pipe: TokenPipe, clock: Clock, hooks: CarrierHooks): Carrier {
  const link = new TokenLink(pipe, clock, {
    onPacket: (handle, payload) => hooks.onPacket(handle, decodePacket(payload)),
    onLost: (cause) => hooks.onLost(cause),
  })
  return {
    sendPacket: (handle, packet) => link.send(handle, packet.kind === 'ack' ? encodePacket({ kind: 'ack', body: '' }) : encodePacket(packet)),
    forget: (handle) => link.sendEnd(handle),
    whySilent: () => undefined,
    openStreams: (named) => Promise.resolve(named.map(([name, handle]) => link.addStream(handle, name))),
    close: (isGraceful) => link.close(isGraceful),
  }
}
