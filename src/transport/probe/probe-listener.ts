// The listening end of a measurement between two machines: takes one control channel and the probe connections that name its session, and
// nothing else. Pure of sockets: it is given links (listenForProbes). One measurement at a time; a second caller is told `busy`.
//
//   first frame               what follows
//   HELLO control             WELCOME with a fresh session; orders of the channel go to a hand, what it sees comes back
//   HELLO probe, its session  given to the hand
//   anything else             BYE, and the connection is closed

import type { Clock } from '../../kernel/clock.ts'
import type { Log } from '../../kernel/log.ts'
import type { Random } from '../../kernel/random.ts'
import { encodeProbeFrame } from '../../wire/probe/frame-codec.ts'
import { isProbeOrder, PROBE_MAGIC, PROBE_VERSION } from '../../wire/probe/frame.ts'
import { ControlChannel } from './control-channel.ts'
import { sendAway, takeFirstHello, type Hello } from './first-hello.ts'
import { PROBE_SESSION_MS_MAX, PROBE_UNKNOWN_MAX } from './limits.ts'
import { ProbeHand } from './probe-hand.ts'
import type { ProbeLink, ProbeNetwork } from './probe-link.ts'

export interface ProbeListenerOptions {
  readonly clock: Clock
  readonly random: Random
  readonly log: Log
  readonly network: ProbeNetwork
  readonly program: string
  readonly host: string
  /** Fingerprint of the key that TLS connections to this listener show. */
  readonly tlsKey: string
  readonly onBegin: (caller: string) => void
  /** A measurement has ended; `isDone`: its caller said so. */
  readonly onEnd: (isDone: boolean, reason: string) => void
}

interface Session {
  readonly id: Uint8Array
  readonly channel: ControlChannel
  readonly hand: ProbeHand
}

export class ProbeListener {
  readonly #options: ProbeListenerOptions
  #unknown = 0
  #session: Session | undefined

  constructor(options: ProbeListenerOptions) {
    this.#options = options
  }

  /** A connection whose first frame must say what it is. */
  take(link: ProbeLink): void {
    if (this.#unknown >= PROBE_UNKNOWN_MAX) return link.close()
    this.#unknown += 1
    takeFirstHello(link, this.#options.clock, (hello) => this.#takeHello(link, hello), () => (this.#unknown -= 1))
  }

  /** Ends what goes on. */
  close(): void {
    this.#session?.channel.close('stopping', 'the listener stops')
  }

  #takeHello(link: ProbeLink, hello: Hello): void {
    if (hello.role === 'probe') {
      if (this.#session === undefined || !Buffer.from(this.#session.id).equals(hello.session)) return sendAway(link, 'unknown-session', 'no such measurement goes on here')
      return this.#session.hand.accept(link, hello.connection)
    }
    if (this.#session !== undefined) return sendAway(link, 'busy', 'another measurement goes on here')
    this.#begin(link, hello)
  }

  #begin(link: ProbeLink, hello: Hello): void {
    const { clock, random, log, network, program, host, tlsKey, onBegin } = this.#options
    const id = random.bytes(16)
    const channel = new ControlChannel(link, clock)
    const hand = new ProbeHand({ clock, network, session: id, program, host, emit: (event) => channel.send(event) })
    this.#session = { id, channel, hand }
    const limit = clock.setTimer(PROBE_SESSION_MS_MAX, () => channel.close('stopping', 'the measurement took too long'))
    let isDone = false
    log.info('a measurement begins', { caller: link.remote, program: hello.program })
    onBegin(`${hello.host} (${link.remote})`)
    link.send(encodeProbeFrame({ kind: 'welcome', magic: PROBE_MAGIC, version: PROBE_VERSION, session: id, connection: 0, remote: link.remote, local: link.local, program, host, tlsKey }))
    channel.listen({
      frame: (frame) => {
        if (isProbeOrder(frame)) hand.order(frame)
        else if (frame.kind === 'bye') {
          isDone = frame.code === 'done'
          channel.close('done', 'as the caller wished')
        }
      },
      down: (reason) => {
        limit.cancel()
        hand.close()
        this.#session = undefined
        this.#options.onEnd(isDone, reason.message)
      },
    })
  }
}
