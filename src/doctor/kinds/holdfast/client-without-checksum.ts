import type { FaultKind } from '../../contract.ts'

export const clientWithoutChecksum: FaultKind = {
  code: 'client-without-checksum',
  severity: 'notice',
  symptom: 'A client sent no checksum of its data',
  cause: 'A client of stock Amanda before 3.5, or a plug-in, counts none. The dump is kept; that it arrived unchanged rests on the connection alone.',
  confidence: 'certain',
  advice: 'Nothing, or give the client an agent of Holdfast, which counts one.',
  cures: [
    { on: 'client', commands: ['holdfast version'], steps: ['Update the client.'] },
  ],
  check: 'The line is not in the next report.',
  words: ['sent no checksum of its data'],
  patterns: [/the client sent no checksum of its data/],
  samples: [
    { line: '? the client sent no checksum of its data', from: 'the texts of Holdfast' },
  ],
}
