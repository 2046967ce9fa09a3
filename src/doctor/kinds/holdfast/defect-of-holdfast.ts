import type { FaultKind } from '../../contract.ts'

export const defectOfHoldfast: FaultKind = {
  code: 'defect-of-holdfast',
  severity: 'failure',
  symptom: 'Holdfast met something that it did not expect',
  cause: 'A defect of Holdfast. Nothing that was stored before is touched by it.',
  confidence: 'possible',
  advice: 'Report it with the lines before it in the logs of server and agent, and try again.',
  cures: [
    { on: 'server and client', commands: ['holdfast version', 'tail -n 200 /var/log/holdfast/server.log'], steps: ['The next run tries again by itself.'] },
  ],
  check: 'The next run ends well.',
  faultCodes: ['internal'],
  words: ['"code":"internal"', '[defect-of-holdfast]'],
  patterns: [/"code":"internal"/, /: FAILED: .*\[defect-of-holdfast\]/],
  samples: [
    { line: '{"level":50,"time":"2026-11-26T21:10:04.112Z","run":"20261126211001","code":"internal","error":"x is not a function","msg":"a run could not be made"}', from: 'the texts of Holdfast' },
  ],
}
