// The frames of the probe protocol. However the bytes are cut, the frames, or the refusal, are the same.

import { encodeProbeFrame, ProbeFrameDecoder } from '../../../src/wire/probe/frame-codec.ts'
import { PROBE_MAGIC, PROBE_VERSION, type ProbeFrame } from '../../../src/wire/probe/frame.ts'
import { cutUp, must, outcomeOf, type FuzzTarget } from '../target.ts'

const SESSION = Buffer.alloc(16, 0x33)

const FRAMES: readonly ProbeFrame[] = [
  { kind: 'hello', magic: PROBE_MAGIC, versionMin: PROBE_VERSION, versionMax: PROBE_VERSION, role: 'control', session: Buffer.alloc(16), connection: 0, local: '10.0.0.1:5', program: 'holdfast 1', host: 'laptop' },
  { kind: 'welcome', magic: PROBE_MAGIC, version: PROBE_VERSION, session: SESSION, connection: 0, remote: '10.0.0.1:5', local: '10.0.0.2:7', program: 'holdfast 1', host: 'desk', tlsKey: 'sha256:x' },
  { kind: 'bye', code: 'busy', text: 'another measurement' },
  { kind: 'ping', token: 1, sentUs: 1_700_000_000_000_000 },
  { kind: 'pong', token: 1, sentUs: 1, receivedUs: 2, answeredUs: 3 },
  { kind: 'open', connection: 9, mode: 'keepalive', intervalMs: 5000, security: 'tls', lastWord: 'dialler' },
  { kind: 'speak', connection: 9, bytes: 1400 },
  { kind: 'pour', connection: 9, bytesMax: 2 ** 40, limitMs: 3000 },
  { kind: 'dial', token: 3, port: 10_080, host: '10.0.0.1' },
  { kind: 'ended', connection: 9, end: 'reset', idleMs: 6000, text: 'ECONNRESET' },
  { kind: 'say', token: 2, padding: Buffer.alloc(300, 0x61) },
  { kind: 'data', payload: Buffer.alloc(2000, 0x62) },
  { kind: 'last' },
]

const probe: FuzzTarget = {
  name: 'probe-frames',
  summary: 'frames of the probe protocol, in pieces (src/wire/probe)',
  codes: ['wire-malformed'],
  corpus: () => [Buffer.concat(FRAMES.map(encodeProbeFrame)), ...FRAMES.map(encodeProbeFrame)],
  words: ['HFP1', '\u0001\u0000\u0000', '3'.repeat(16)],
  run(input) {
    const whole = outcomeOf(() => new ProbeFrameDecoder().push(input))
    const inPieces = outcomeOf(() => {
      const decoder = new ProbeFrameDecoder()
      return cutUp(input).flatMap((piece) => decoder.push(piece))
    })
    must(whole === inPieces, 'pieces give what the whole gives')
    const frames = new ProbeFrameDecoder().push(input)
    const again = new ProbeFrameDecoder().push(Buffer.concat(frames.map(encodeProbeFrame)))
    must(JSON.stringify(again) === JSON.stringify(frames), 'what was read can be written')
  },
}

export const PROBE_TARGETS: readonly FuzzTarget[] = [probe]
