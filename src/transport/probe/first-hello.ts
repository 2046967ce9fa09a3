// The first frame of a connection that was taken: it must be a HELLO that we understand, soon, and nothing may come behind it before WELCOME.

import type { Clock } from '../../kernel/clock.ts'
import { faultOf } from '../../kernel/fault.ts'
import { encodeProbeFrame, ProbeFrameDecoder } from '../../wire/probe/frame-codec.ts'
import { PROBE_VERSION, type PROBE_BYE_CODES, type ProbeFrame } from '../../wire/probe/frame.ts'
import { PROBE_HELLO_MS_MAX } from './limits.ts'
import type { ProbeLink } from './probe-link.ts'

export type Hello = Extract<ProbeFrame, { kind: 'hello' }>

/** Says why, and closes. */
export function sendAway(link: ProbeLink, code: (typeof PROBE_BYE_CODES)[number], text: string): void {
  link.attach({ bytes() {}, drained() {}, down() {} })
  link.send(encodeProbeFrame({ kind: 'bye', code, text }))
  link.close()
}

/** Calls `onHello` once, or sends the link away. `onSettled` comes before either, or when the link has ended. */
export function takeFirstHello(link: ProbeLink, clock: Clock, onHello: (hello: Hello) => void, onSettled: () => void = () => undefined): void {
  const decoder = new ProbeFrameDecoder()
  let isSettled = false
  const settle = (act: () => void): void => {
    if (isSettled) return
    isSettled = true
    timer.cancel()
    onSettled()
    act()
  }
  const timer = clock.setTimer(PROBE_HELLO_MS_MAX, () => settle(() => link.close()))
  const judge = (frames: readonly ProbeFrame[]): void => {
    const [first, ...more] = frames
    if (first === undefined) return
    settle(() => {
      if (first.kind !== 'hello' || more.length > 0) sendAway(link, 'malformed', 'the first frame must be HELLO, and nothing may follow before WELCOME')
      else if (first.versionMin > PROBE_VERSION || first.versionMax < PROBE_VERSION) sendAway(link, 'version', `this program speaks version ${PROBE_VERSION}`)
      else onHello(first)
    })
  }
  link.attach({
    drained: () => undefined,
    down: () => settle(() => undefined),
    bytes(chunk) {
      try {
        judge(decoder.push(chunk))
      } catch (error) {
        settle(() => sendAway(link, 'malformed', faultOf(error).message))
      }
    },
  })
}
