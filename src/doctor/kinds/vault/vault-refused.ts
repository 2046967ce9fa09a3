import type { FaultKind } from '../../contract.ts'

export const vaultRefused: FaultKind = {
  code: 'vault-refused',
  severity: 'failure',
  symptom: 'The vault did not take the dump',
  cause: 'What was sent does not hold together: it names segments that are not there, or its length or checksum is another. Nothing of it is listed; the segments that came whole are kept for the next try.',
  confidence: 'certain',
  advice: 'Let the dump run again; if it fails in the same way, update the agent and see its log.',
  cures: [
    { on: 'client', commands: ['holdfast version'], steps: ['A single failure can follow from a cut at the wrong time. When it comes again, a defect is likely: report it with the log of both sides.'] },
  ],
  check: 'The next dump of the disk ends well.',
  faultCodes: ['vault-refused'],
  words: ['[vault-refused]', '"code":"vault-refused"'],
  patterns: [/: FAILED: .*\[vault-refused\]/, /"code":"vault-refused"/],
  samples: [
    { line: '{"level":50,"time":"2026-11-26T21:10:04.112Z","run":"20261126211001","code":"vault-refused","error":"the dump names a segment that the vault does not have","msg":"a run could not be made"}', from: 'the texts of Holdfast' },
  ],
}
