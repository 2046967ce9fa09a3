// The agent's side of enrolment: one link, ENROL with the token's secret, ENROLLED or GOAWAY. The key the link was made with is the one
// that is enrolled.

import type { Clock } from '../../kernel/clock.ts'
import { withTimeout } from '../../kernel/clock.ts'
import { Fault } from '../../kernel/fault.ts'
import { encodeFrame } from '../../wire/tether/frame-encode.ts'
import { FrameDecoder } from '../../wire/tether/frame-decoder.ts'
import { VERSION_MAX, VERSION_MIN } from '../../wire/tether/frame.ts'
import { goawayCodeOf } from '../../wire/tether/goaway.ts'
import { HANDSHAKE_MS_MAX } from './limits.ts'
import type { RawLink } from './link.ts'

/** Enrols over `link`. Resolves with the name the server knows the host by. */
export function enrolOver(link: RawLink, secret: string, hostName: string, program: string, clock: Clock): Promise<string> {
  return withTimeout(clock, HANDSHAKE_MS_MAX, 'the enrolment', () => new Promise<string>((resolve, reject) => {
    const decoder = new FrameDecoder()
    link.attach({
      bytes(chunk) {
        try {
          for (const frame of decoder.push(chunk)) {
            if (frame.kind === 'enrolled') resolve(frame.hostName)
            else if (frame.kind === 'goaway') reject(new Fault('enrolment-refused', `the server refused: ${frame.text || goawayCodeOf(frame.code)}`))
            else reject(new Fault('wire-malformed', `the server answered the enrolment with ${frame.kind}`))
            link.close()
          }
        } catch (error) {
          reject(error as Error)
          link.close()
        }
      },
      drained() {},
      down: (_loss, text) => reject(new Fault('connection-lost', `the server ended the connection during the enrolment: ${text}`)),
    })
    const frame = encodeFrame({ kind: 'enrol', versionMin: VERSION_MIN, versionMax: VERSION_MAX, token: secret, hostName, program })
    link.send([frame], frame.length)
  }))
}
