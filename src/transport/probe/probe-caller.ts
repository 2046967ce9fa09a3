// The calling end of a measurement between two machines: says HELLO on a link and is given the control channel, or told that what answers is not
// ours. Anything may answer on a port that an operator names, so what is not understood is a value and no fault.

import type { Clock } from '../../kernel/clock.ts'
import { Fault, faultOf } from '../../kernel/fault.ts'
import { encodeProbeFrame, ProbeFrameDecoder } from '../../wire/probe/frame-codec.ts'
import { PROBE_MAGIC, PROBE_VERSION, type ProbeFrame } from '../../wire/probe/frame.ts'
import { ControlChannel } from './control-channel.ts'
import { PROBE_HELLO_MS_MAX } from './limits.ts'
import type { ProbeLink } from './probe-link.ts'

export type Welcome = Extract<ProbeFrame, { kind: 'welcome' }>

export type CallOutcome =
  | { readonly kind: 'ours'; readonly channel: ControlChannel; readonly welcome: Welcome }
  /** What answered does not speak the protocol; `text` says how that was seen. */
  | { readonly kind: 'foreign'; readonly text: string }

/** Rejects with `agent-busy` or `version-unsupported` when one of ours sends us away. */
export function callProbe(link: ProbeLink, clock: Clock, names: { readonly program: string; readonly host: string }): Promise<CallOutcome> {
  return new Promise((resolve, reject) => {
    const decoder = new ProbeFrameDecoder()
    let isSettled = false
    const settle = (act: () => void): void => {
      if (isSettled) return
      isSettled = true
      timer.cancel()
      act()
    }
    const foreign = (text: string): void =>
      settle(() => {
        link.close()
        resolve({ kind: 'foreign', text })
      })
    const timer = clock.setTimer(PROBE_HELLO_MS_MAX, () => foreign(`it said nothing for ${PROBE_HELLO_MS_MAX / 1000} s`))
    link.attach({
      drained: () => undefined,
      down: (end, text) => foreign(`it ended the connection (${end}: ${text})`),
      bytes(chunk) {
        try {
          for (const frame of decoder.push(chunk)) {
            if (frame.kind === 'welcome') settle(() => resolve({ kind: 'ours', channel: new ControlChannel(link, clock), welcome: frame }))
            else if (frame.kind === 'bye') settle(() => reject(new Fault(frame.code === 'version' ? 'version-unsupported' : 'agent-busy', `${link.remote} does not take the measurement: ${frame.text}`, { next: 'Wait until the other measurement has ended, or start the listener anew.' })))
            else foreign('it sent something else than was expected')
          }
        } catch (error) {
          foreign(faultOf(error).message)
        }
      },
    })
    link.send(encodeProbeFrame({ kind: 'hello', magic: PROBE_MAGIC, versionMin: PROBE_VERSION, versionMax: PROBE_VERSION, role: 'control', session: new Uint8Array(16), connection: 0, local: link.local, ...names }))
  })
}
