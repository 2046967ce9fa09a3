// The listening end of a measurement between two machines: takes one control channel and the probe connections that name its session, and
// nothing else. Pure of sockets: it is given links (listenForProbes). One measurement at a time; a second caller is told `busy`.
//
//   first frame               what follows
//   HELLO control             WELCOME with a fresh session; orders of the channel go to a hand, what it sees comes back
//   HELLO probe, its session  given to the hand
//   anything else             BYE, and the connection is closed

import type { Clock } from '../../kernel/clock.ts'
import { faultOf } from '../../kernel/fault.ts'
import type { Log } from '../../kernel/log.ts'
import type { Random } from '../../kernel/random.ts'
import { encodeProbeFrame, ProbeFrameDecoder } from '../../wire/probe/frame-codec.ts'
import { isProbeOrder, PROBE_MAGIC, PROBE_VERSION, type PROBE_BYE_CODES, type ProbeFrame } from '../../wire/probe/frame.ts'
import { ControlChannel } from './control-channel.ts'
import { PROBE_HELLO_MS_MAX, PROBE_SESSION_MS_MAX, PROBE_UNKNOWN_MAX } from './limits.ts'
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

type Hello = Extract<ProbeFrame, { kind: 'hello' }>

export class ProbeListener {
  readonly #options: ProbeListenerOptions
  #unknown = 0
  #session: Session | undefined

  constructor(options: ProbeListenerOptions) {
    this.#options = options
  }

  get isBusy(): boolean {
    return this.#session !== undefined
  }

  /** A connection whose first frame must say what it is. */
  take(link: ProbeLink): void {
    const { clock } = this.#options
    if (this.#unknown >= PROBE_UNKNOWN_MAX) return link.close()
    this.#unknown += 1
    let isKnown = false
    const know = (): void => {
      if (isKnown) return
      isKnown = true
      this.#unknown -= 1
      timer.cancel()
    }
    const timer = clock.setTimer(PROBE_HELLO_MS_MAX, () => {
      know()
      link.close()
    })
    const decoder = new ProbeFrameDecoder()
    link.attach({
      drained: () => undefined,
      down: know,
      bytes: (chunk) => {
        try {
          const [first, ...more] = decoder.push(chunk)
          if (first === undefined) return
          know()
          if (first.kind !== 'hello' || more.length > 0) this.#sendAway(link, 'malformed', 'the first frame must be HELLO, and nothing may follow before WELCOME')
          else this.#takeHello(link, first)
        } catch (error) {
          know()
          this.#sendAway(link, 'malformed', faultOf(error).message)
        }
      },
    })
  }

  /** Ends what goes on. */
  close(): void {
    this.#session?.channel.close('stopping', 'the listener stops')
  }

  #sendAway(link: ProbeLink, code: (typeof PROBE_BYE_CODES)[number], text: string): void {
    link.attach({ bytes() {}, drained() {}, down() {} })
    link.send(encodeProbeFrame({ kind: 'bye', code, text }))
    link.close()
  }

  #takeHello(link: ProbeLink, hello: Hello): void {
    if (hello.versionMin > PROBE_VERSION || hello.versionMax < PROBE_VERSION) return this.#sendAway(link, 'version', `this program speaks version ${PROBE_VERSION}`)
    if (hello.role === 'probe') {
      if (this.#session === undefined || !Buffer.from(this.#session.id).equals(hello.session)) return this.#sendAway(link, 'unknown-session', 'no such measurement goes on here')
      return this.#session.hand.accept(link, hello.connection)
    }
    if (this.#session !== undefined) return this.#sendAway(link, 'busy', 'another measurement goes on here')
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
