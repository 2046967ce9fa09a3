// The server's end of the control socket. Whatever a client sends, every call that has an id gets one answer, and serving it ends.

import { sourceOf, type ByteSink } from '../../../src/kernel/byte-stream.ts'
import { Fault } from '../../../src/kernel/fault.ts'
import { serveControl } from '../../../src/server/control/control-connection.ts'
import { cutUp, must, type FuzzTarget } from '../target.ts'

const REQUESTS = [
  { kind: 'dump', selection: [{ host: 'h', disks: ['/'] }], level: 'full', wait: true },
  { kind: 'flush' },
  { kind: 'status' },
  { kind: 'watch', untilRun: '20260101000000' },
  { kind: 'cancel', run: '20260101000000' },
  { kind: 'enrol-token', host: 'laptop', validForMs: 5000 },
  { kind: 'rename', from: 'a', to: 'b' },
  { kind: 'restore-to-agent', request: { host: 'h', disk: '/', toHost: 'h', target: '/t', paths: ['a'] } },
  { kind: 'measure-path', host: 'h', upToMs: 40_000, pourMs: 1000 },
  { kind: 'stop', afterRun: true },
] as const

const control: FuzzTarget = {
  name: 'control',
  summary: 'lines of the control socket, as the server reads them (src/server/control)',
  codes: [],
  corpus: () => [Buffer.from(REQUESTS.map((request, index) => `${JSON.stringify({ id: index + 1, request })}\n`).join('')), Buffer.from('{"id":1,"request":{"kind":"status"}}\n')],
  words: ['{"id":1,"request":', '"kind":"status"', '"kind":', '{}', '[]', 'null', '\n', '}\n', '"__proto__":', '1e999', '\\ud800', '"'],
  inputBytesMax: 64 * 1024,
  async run(input) {
    let written = ''
    const output: ByteSink = {
      write(piece) {
        written += Buffer.from(piece).toString('utf8')
        return Promise.resolve()
      },
      end: () => Promise.resolve(),
      fail: () => undefined,
    }
    let handled = 0
    await serveControl(sourceOf(...cutUp(input)), output, () => {
      handled++
      return Promise.reject(new Fault('cancelled', 'not here'))
    }, new AbortController().signal)
    const answers = written.split('\n').filter((line) => line !== '').map((line) => JSON.parse(line) as { id?: unknown })
    must(answers.every(({ id }) => typeof id === 'number') && answers.length >= handled, 'every request is answered')
  },
}

export const CONTROL_TARGETS: readonly FuzzTarget[] = [control]
