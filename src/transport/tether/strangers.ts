// Links whose key nobody knows: they finished TLS and may enrol, nothing else. Each gets the handshake's time for its first frame, and
// they are bounded in number, in all and by address, so that a crowd of strangers costs the hosts that are known nothing: when there
// are too many, the oldest goes.
//
//   first frame                          answer
//   ENROL, a common version, good token  ENROLLED
//   ENROL, no common version             GOAWAY version-unsupported
//   ENROL, a token that is not good      GOAWAY enrol-refused
//   anything else                        GOAWAY unknown-key
//   garbage                              GOAWAY malformed
//   none in time / one too many waits    GOAWAY handshake-timeout / busy

import type { Clock, Timer } from '../../kernel/clock.ts'
import { Fault, faultOf } from '../../kernel/fault.ts'
import type { Log } from '../../kernel/log.ts'
import { encodeFrame } from '../../wire/tether/frame-encode.ts'
import { FrameDecoder } from '../../wire/tether/frame-decoder.ts'
import { FRAME_TYPES, VERSION_MAX, VERSION_MIN, type EnrolFrame } from '../../wire/tether/frame.ts'
import { GOAWAY_CODES, type GoawayCode } from '../../wire/tether/goaway.ts'
import type { AgentRegistry } from './agent-registry.ts'
import { ENROLMENTS_PER_MINUTE_MAX, HANDSHAKE_MS_MAX, STRANGERS_MAX, STRANGERS_PER_ADDRESS_MAX } from './limits.ts'
import type { RawLink } from './link.ts'
import type { VersionRange } from './session-types.ts'

interface StrangersOptions {
  readonly clock: Clock
  readonly log: Log
  readonly registry: AgentRegistry
  readonly versions?: VersionRange
  /** A host has another key now; the session of the old one is over. */
  readonly onEnrolled: (host: string) => void
}

interface Stranger {
  readonly link: RawLink
  readonly fingerprint: string
  readonly remote: string
  readonly address: string
  timer?: Timer
}

const MINUTE_MS = 60_000

/**
 * `link` for the peer of a known key, unless its first byte begins an ENROL frame: the answer to an enrolment was lost and the agent asks
 * again. Then the link is over for the peer, and `onEnrol` gets it with what came.
 */
export function divertEnrolment(link: RawLink, onEnrol: (link: RawLink, early: Uint8Array) => void): RawLink {
  let isDiverted = false
  return {
    send(chunks, bytes) {
      if (!isDiverted) link.send(chunks, bytes)
    },
    close() {
      if (!isDiverted) link.close()
    },
    attach(sink) {
      let target = sink
      let isFirst = true
      link.attach({
        bytes(chunk) {
          if (!isFirst || chunk[0] !== FRAME_TYPES.enrol) {
            isFirst = false
            return target.bytes(chunk)
          }
          isFirst = false
          isDiverted = true
          sink.down('closed', 'the agent enrols again')
          onEnrol({ send: (chunks, bytes) => link.send(chunks, bytes), close: () => link.close(), attach: (other) => void (target = other) }, chunk)
        },
        drained: (bytes) => target.drained(bytes),
        down: (loss, text) => target.down(loss, text),
      })
    },
  }
}

/** Says GOAWAY on a link that nobody reads and ends it. */
export function turnAway(link: RawLink, code: GoawayCode, text: string): void {
  const frame = encodeFrame({ kind: 'goaway', code: GOAWAY_CODES[code].number, text })
  link.send([frame], frame.length)
  link.close()
}

export class Strangers {
  readonly #options: StrangersOptions
  /** In the order of their coming. */
  readonly #waiting = new Set<Stranger>()
  #enrolments = 0

  constructor(options: StrangersOptions) {
    this.#options = options
  }

  /** Takes in a link of an unknown key. `remote` is `address:port`; `early` is what came on it already. */
  add(link: RawLink, fingerprint: string, remote: string, early?: Uint8Array): void {
    const stranger: Stranger = { link, fingerprint, remote, address: remote.slice(0, Math.max(0, remote.lastIndexOf(':'))) }
    stranger.timer = this.#options.clock.setTimer(HANDSHAKE_MS_MAX, () => this.#refuse(stranger, 'handshake-timeout', 'nothing was said in time'))
    this.#waiting.add(stranger)
    const decoder = new FrameDecoder()
    const take = (chunk: Uint8Array): void => {
      if (!this.#waiting.has(stranger)) return
      try {
        const [frame] = decoder.push(chunk)
        if (frame === undefined) return
        if (frame.kind !== 'enrol') return this.#refuse(stranger, 'unknown-key', 'this key is not enrolled here')
        this.#forget(stranger)
        void this.#enrol(stranger, frame)
      } catch (error) {
        this.#refuse(stranger, 'malformed', faultOf(error).message)
      }
    }
    link.attach({ bytes: take, drained() {}, down: () => this.#forget(stranger) })
    if (early !== undefined) take(early)
    this.#bound(stranger.address)
  }

  #bound(address: string): void {
    const neighbours = [...this.#waiting].filter((other) => other.address === address)
    const [oldestOfAll] = this.#waiting
    const [oldestOfAddress] = neighbours
    if (neighbours.length > STRANGERS_PER_ADDRESS_MAX && oldestOfAddress !== undefined) this.#refuse(oldestOfAddress, 'busy', `more than ${STRANGERS_PER_ADDRESS_MAX} links of unknown keys from one address`)
    else if (this.#waiting.size > STRANGERS_MAX && oldestOfAll !== undefined) this.#refuse(oldestOfAll, 'busy', `more than ${STRANGERS_MAX} links of unknown keys`)
  }

  #forget(stranger: Stranger): void {
    stranger.timer?.cancel()
    this.#waiting.delete(stranger)
  }

  #refuse(stranger: Stranger, code: GoawayCode, text: string): void {
    if (!this.#waiting.has(stranger)) return
    this.#forget(stranger)
    this.#options.log.warn('a link of an unknown key was turned away', { remote: stranger.remote, code, text })
    turnAway(stranger.link, code, text)
  }

  async #enrol({ link, fingerprint, remote }: Stranger, frame: EnrolFrame): Promise<void> {
    const { registry, clock, log, onEnrolled } = this.#options
    const { versionMin, versionMax } = this.#options.versions ?? { versionMin: VERSION_MIN, versionMax: VERSION_MAX }
    if (Math.min(versionMax, frame.versionMax) < Math.max(versionMin, frame.versionMin)) {
      const text = `the server speaks versions ${versionMin} to ${versionMax}, the agent ${frame.versionMin} to ${frame.versionMax}`
      log.warn('an enrolment was refused', { remote, code: 'version-unsupported', reason: text })
      return turnAway(link, 'version-unsupported', text)
    }
    try {
      // Guessing is hopeless anyway; the bound keeps a guesser from keeping the disk busy.
      if (this.#enrolments >= ENROLMENTS_PER_MINUTE_MAX) throw new Fault('enrolment-refused', 'too many enrolments in this minute')
      this.#enrolments += 1
      clock.setTimer(MINUTE_MS, () => (this.#enrolments -= 1))
      const { host, isNew } = await registry.enrol(frame.token, fingerprint, clock.wallMs())
      log.info(isNew ? 'an agent was enrolled' : 'an agent was told again that it is enrolled', { host, remote })
      if (isNew) onEnrolled(host)
      const answer = encodeFrame({ kind: 'enrolled', hostName: host })
      link.send([answer], answer.length)
      link.close()
    } catch (error) {
      const fault = faultOf(error)
      log.warn('an enrolment was refused', { remote, reason: fault.message })
      turnAway(link, 'enrol-refused', fault.code === 'enrolment-refused' ? fault.message : 'the server cannot store the enrolment')
    }
  }
}
