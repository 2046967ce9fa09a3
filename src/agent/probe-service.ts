// The service `probe`: lends the server a hand at this end of the path between them (docs/protocol/probe.md). The hand opens connections to the
// server's own port and to no other address that the request could name, holds them and tells what it saw. One measurement at a time; all of
// it ends with the request's stream.

import { Fault } from '../kernel/fault.ts'
import type { IncomingRequest } from '../transport/contract.ts'
import { ControlChannel } from '../transport/probe/control-channel.ts'
import { ProbeHand } from '../transport/probe/probe-hand.ts'
import { streamPipe } from '../transport/probe/stream-pipe.ts'
import { formatConnectReply } from '../wire/amanda/connect-reply.ts'
import { isProbeOrder } from '../wire/probe/frame.ts'
import { parseProbeRequest } from '../wire/probe/probe-request.ts'
import type { AgentContext } from './service-parts.ts'

/** Resolves when the measurement has ended. Throws `wire-malformed`, or `agent-busy` while another goes on. */
export async function serveProbe(request: IncomingRequest, context: AgentContext): Promise<void> {
  const { clock, probeNetwork, version, log } = context
  const session = parseProbeRequest(request.body)
  if (probeNetwork === undefined) throw new Fault('not-permitted', 'this agent makes no connections for measurements')
  if (context.isProbing) throw new Fault('agent-busy', 'another measurement of the path goes on')
  context.isProbing = true
  try {
    const stream = request.openStream()
    const channel = new ControlChannel(streamPipe(stream), clock)
    const hand = new ProbeHand({ clock, network: probeNetwork, session, program: `holdfast ${version}`, host: request.peer.host, emit: (event) => channel.send(event) })
    request.rep(formatConnectReply([['CTL', stream.handle]]))
    log.info('the path to the server is measured')
    const reason = await new Promise<Fault>((resolve) => {
      channel.listen({
        frame: (frame) => {
          // An agent opens no port, and connections to nobody but its server, whoever has the server's key.
          if (frame.kind === 'listen') channel.send({ kind: 'listening', port: 0 })
          else if (isProbeOrder(frame) && frame.kind !== 'dial') hand.order(frame)
          else if (frame.kind === 'bye') channel.close('done', 'as the server wished')
        },
        down: resolve,
      })
    })
    hand.close()
    log.info('the measurement of the path has ended', { reason: reason.message })
  } finally {
    context.isProbing = false
  }
}
