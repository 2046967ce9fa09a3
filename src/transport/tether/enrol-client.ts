// The agent's side of enrolment: one link, ENROL with the token's secret, ENROLLED or GOAWAY. The key the link was made with is the one
// that is enrolled.

import type { Clock } from '../../kernel/clock.ts'
import { withTimeout } from '../../kernel/clock.ts'
import { Fault } from '../../kernel/fault.ts'
import { encodeFrame } from '../../wire/tether/frame-encode.ts'
import { FrameDecoder } from '../../wire/tether/frame-decoder.ts'
import { VERSION_MAX, VERSION_MIN } from '../../wire/tether/frame.ts'
import { GOAWAY_CODES, goawayCodeOf, type GoawayCode } from '../../wire/tether/goaway.ts'
import { HANDSHAKE_MS_MAX } from './limits.ts'
import type { RawLink } from './link.ts'

/** What the server's GOAWAY means for the enrolment: only its word about the token or the version is final. */
function refusalOf(code: GoawayCode, text: string): Fault {
  const said = `the server refused: ${text === '' ? code : text}`
  if (code === 'version-unsupported') return new Fault('version-unsupported', said)
  if (GOAWAY_CODES[code].redial === 'slow') return new Fault('enrolment-refused', said)
  return new Fault('connection-lost', said, { next: 'Try the same token again in a moment.' })
}

/** Enrols over `link`. Rejects with `enrolment-refused` or `version-unsupported`, which are final, or why it cannot be known. The same key may try again. Resolves with the name the server knows the host by. */
export function enrolOver(link: RawLink, secret: string, hostName: string, program: string, clock: Clock): Promise<string> {
  return withTimeout(clock, HANDSHAKE_MS_MAX, 'the enrolment', () => new Promise<string>((resolve, reject) => {
    const decoder = new FrameDecoder()
    link.attach({
      bytes(chunk) {
        try {
          for (const frame of decoder.push(chunk)) {
            if (frame.kind === 'enrolled') resolve(frame.hostName)
            else if (frame.kind === 'goaway') reject(refusalOf(goawayCodeOf(frame.code), frame.text))
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
